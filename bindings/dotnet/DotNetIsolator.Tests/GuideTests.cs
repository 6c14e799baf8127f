using System.Runtime.InteropServices;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>
/// The tour that users of DotNetIsolator know from its README, step by step: the same calls in the same order, with what each of them gives.
/// </summary>
public sealed class GuideTests
{
    private static int s_counter;

    [Fact]
    public void The_first_program_prints_from_inside()
    {
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });
        runtime.Invoke(() => Console.WriteLine($"Running on {RuntimeInformation.OSArchitecture}"));
        Assert.Equal("Running on Wasm\n", runtime.GetStandardOutput());
        Assert.NotEqual(Architecture.Wasm, RuntimeInformation.OSArchitecture);
    }

    [Fact]
    public void The_second_compares_two_environments()
    {
        using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host);
        Surroundings inside = runtime.Invoke(Look);
        Assert.Equal("0 entries, PATH=(none)", inside.ToString());
        Assert.NotEqual(inside, Look());
        static Surroundings Look() => new(
            Environment.GetEnvironmentVariables().Count,
            $"PATH={Environment.GetEnvironmentVariable("PATH") ?? "(none)"}");
    }

    [Fact]
    public void Assemblies_come_from_a_function()
    {
        string own = typeof(GuideTests).Assembly.GetName().Name!;
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(assemblyName =>
        {
            if (assemblyName == own)
            {
                return File.ReadAllBytes(typeof(GuideTests).Assembly.Location);
            }

            return null;
        });
        using var runtime1 = new IsolatedRuntime(host);
        using var runtime2 = new IsolatedRuntime(host);
        Assert.Equal(3, runtime1.Invoke(() => 1 + 2) + (runtime2.Invoke(() => 0)));
    }

    [Fact]
    public void Lambdas_capture_objects()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        var person1 = new Person(3);
        var person2 = new Person(9);
        Assert.Equal(12, runtime.Invoke(() => person1.Age + person2.Age));
    }

    [Fact]
    public void What_is_changed_inside_stays_inside()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });
        s_counter = 0;
        int local = 0;
        runtime.Invoke(() =>
        {
            s_counter++;
            local++;
            Console.Write($"inside {s_counter} {local}");
        });
        Assert.Equal("inside 1 1", runtime.GetStandardOutput());
        Assert.Equal((0, 0), (s_counter, local));
    }

    [Fact]
    public void Objects_live_inside_and_their_methods_are_called()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        IsolatedObject first = runtime.CreateObject<Animal>();
        IsolatedObject second = runtime.CreateObject(typeof(Animal).Assembly.GetName().Name!, "DotNetIsolator.Tests", "GuideTests", "Animal");
        first.InvokeVoid("Grow", 123);
        TimeSpan age = first.Invoke<bool, TimeSpan>("GetAge", true);
        Assert.Equal(TimeSpan.FromDays(123 + 60), age);

        IsolatedMethod getAge = first.FindMethod("GetAge");
        Assert.Equal(TimeSpan.FromDays(123), getAge.Invoke<bool, TimeSpan>(first, false));
        Assert.Equal(TimeSpan.Zero, getAge.Invoke<bool, TimeSpan>(second, false));

        IsolatedMethod found = runtime.GetMethod(typeof(Animal), "GetAge");
        Assert.Equal(TimeSpan.FromDays(60), found.Invoke<bool, TimeSpan>(second, true));
    }

    [Fact]
    public void Guests_call_their_host()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        runtime.RegisterCallback("addTwoNumbers", (int a, int b) => a + b);
        runtime.RegisterCallback("getHostTime", () => DateTime.Now);
        DateTime before = DateTime.Now;
        (int sum, DateTime time) = runtime.Invoke(() => (
            DotNetIsolatorHost.Invoke<int>("addTwoNumbers", 123, 456),
            DotNetIsolatorHost.Invoke<DateTime>("getHostTime")));
        Assert.Equal(579, sum);
        Assert.InRange(time, before, DateTime.Now);
    }

    private sealed record Surroundings(int Count, string Example)
    {
        public override string ToString() => $"{Count} entries, {Example}";
    }

    private sealed record Person(int Age);

    private sealed class Animal
    {
        private int _days;

        public void Grow(int days) => _days += days;

        public TimeSpan GetAge(bool includeGestation) => TimeSpan.FromDays(_days + (includeGestation ? 60 : 0));
    }
}
