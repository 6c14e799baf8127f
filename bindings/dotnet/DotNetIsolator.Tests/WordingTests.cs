using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using DotNetIsolator.Interop;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Messages are for people who write C#.</summary>
public sealed partial class WordingTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void Every_setting_that_a_message_may_name_has_its_name_here()
    {
        List<string> names = [];
        for (nuint i = 0; NativeMethods.isolator_setting_name(i) is { Length: > 0 } name; i++)
        {
            names.Add(name.Text);
        }

        Assert.Equal(names.Distinct().Order(), Wording.Settings.Keys.Order());
        Assert.All(names, name => Assert.Equal($"raise {Wording.Settings[name]} now", Wording.Of($"raise `{name}` now")));
    }

    [Fact]
    public async Task No_message_speaks_rust()
    {
        List<Exception> errors = [];
        await Gather(errors);
        Assert.All(errors, e => IsCSharp(e.Message));

        // Every kind that a call can end with is among them, but for faults of the sandbox itself, and what the compiler of scripts says, whose tests ask that.
        IsolatedErrorKind[] seen = [.. errors.OfType<IsolatedException>().Select(e => e.Kind).Distinct().Order()];
        Assert.Equal(Enum.GetValues<IsolatedErrorKind>().Except([IsolatedErrorKind.Other, IsolatedErrorKind.Deadlock, IsolatedErrorKind.Compilation]), seen);
    }

    [Fact]
    public void Limits_are_named_as_options()
    {
        foreach ((IsolatedRuntimeOptions options, string option) in new[]
        {
            (new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(30) }, "IsolatedRuntimeOptions.CallTimeout"),
            (new IsolatedRuntimeOptions { CallCpuTime = TimeSpan.FromMilliseconds(30) }, "IsolatedRuntimeOptions.CallCpuTime"),
            (new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Callbacks] = 0 } }, "IsolatedRuntimeOptions.Limits[IsolatedLimit.Callbacks]"),
        })
        {
            using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
            runtime.RegisterCallback("f", () => { });
            var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => CallForever()));
            Assert.EndsWith($"Raise it with {option}", e.Message, StringComparison.Ordinal);
        }

        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 1 });
        using var only = new IsolatedRuntime(host);
        Assert.Contains("IsolatedRuntimeHostOptions.MaxRuntimes", Assert.Throws<IsolatedException>(() => new IsolatedRuntime(host)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_disposed_has_the_name_that_callers_know()
    {
        using IsolatedObject made = _runtime.CreateObject<object>();
        made.Dispose();
        Assert.Equal("IsolatedObject", Assert.Throws<ObjectDisposedException>(() => made.Invoke<int>("GetHashCode")).ObjectName);
        _runtime.Dispose();
        Assert.Equal("IsolatedRuntime", Assert.Throws<ObjectDisposedException>(() => _runtime.Invoke(() => 1)).ObjectName);
        var host = new IsolatedRuntimeHost();
        host.Dispose();
        Assert.Equal("IsolatedRuntimeHost", Assert.Throws<ObjectDisposedException>(() => new IsolatedRuntime(host)).ObjectName);
    }

    [Fact]
    public void Without_a_loader_the_message_names_one()
    {
        using var host = new IsolatedRuntimeHost();
        using var runtime = new IsolatedRuntime(host);
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => 1));
        Assert.StartsWith("Could not load assembly 'DotNetIsolator.Tests'. ", e.Message, StringComparison.Ordinal);
        Assert.Contains("WithBinDirectoryAssemblyLoader()", e.Message, StringComparison.Ordinal);

        // The original's message is what it was; the advice is beside it.
        e = Assert.Throws<IsolatedException>(runtime.CreateObject<WordingTests>);
        Assert.Contains("WithBinDirectoryAssemblyLoader()", e.Hint, StringComparison.Ordinal);
        Assert.Contains(e.Hint!, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_asynchronous_lambda_is_led_to_the_other_call()
    {
        Action call = () => _runtime.Invoke(async () => await Task.Yield());
        var e = Assert.Throws<IsolatedException>(call);
        Assert.Equal(IsolatedErrorKind.Async, e.Kind);
        Assert.Contains("InvokeAsync", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_by_interface_is_led_to_the_object()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke<IShape>(() => new Circle()));
        Assert.Contains("Invoke<IsolatedObject>", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<IsolatedException>(() => _runtime.Invoke<Shape>(() => new Circle()));
        Assert.Contains("Invoke<IsolatedObject>", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_name_gives_the_right_ones_nearest_first()
    {
        using IsolatedObject circle = _runtime.CreateObject<Circle>();
        foreach (Action call in new Action[]
        {
            () => circle.Invoke<double>("Aera"),
            () => circle.FindMethod("area"),
            () => _runtime.GetMethod(typeof(Circle), "Areaa"),
        })
        {
            var e = Assert.Throws<IsolatedException>(call);
            Assert.Equal("double Area()", e.Candidates[0]);
            Assert.Contains("double Area()", e.Message, StringComparison.Ordinal);
        }

        string assembly = typeof(WordingTests).Assembly.GetName().Name!;
        var type = Assert.Throws<IsolatedException>(() => _runtime.CreateObject(assembly, "DotNetIsolator.Tests", "WordingTests", "Circel"));
        Assert.Equal("DotNetIsolator.Tests.WordingTests+Circle", type.Candidates[0]);
        Assert.Contains("WordingTests+Circle", type.Message, StringComparison.Ordinal);
        type = Assert.Throws<IsolatedException>(() => _runtime.CreateObject(assembly, "Elsewhere", "WordingTests"));
        Assert.Equal("DotNetIsolator.Tests.WordingTests", type.Candidates[0]);
        Assert.Contains("'DotNetIsolator.Tests.WordingTests'", type.Hint, StringComparison.Ordinal);

        var missing = Assert.Throws<IsolatedException>(() => _runtime.CreateObject("DotNetIsolator.Test", null, "X"));
        Assert.Equal(assembly, missing.Candidates[0]);
        Assert.Contains(assembly, missing.Message, StringComparison.Ordinal);

        _runtime.RegisterCallback("price", (string item) => item.Length);
        var callback = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("prize", "x")));
        Assert.Contains("Did you mean 'price'?", callback.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_callback_threw_is_the_cause_on_this_side_only()
    {
        var thrown = new InvalidTimeZoneException("a secret of the host");
        _runtime.RegisterCallback("throws", (Action)(() => throw thrown));
        _runtime.RegisterCallback("other", (Action)(() => throw new InvalidOperationException("another")));
        _runtime.RegisterCallback("throwsLater", async Task () =>
        {
            await Task.Yield();
            throw thrown;
        });
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => DotNetIsolatorHost.Invoke("throws")));
        Assert.Same(thrown, e.InnerException);
        Assert.DoesNotContain("secret", e.GuestException!.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("InvalidTimeZone", e.GuestException.Text, StringComparison.Ordinal);
        Assert.Contains("a secret of the host", e.ToString(), StringComparison.Ordinal);

        // Wrapped, after another one that the guest caught, and by way of tasks.
        e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => Wrap("throws", "other")));
        Assert.Same(thrown, e.InnerException);
        e = await Assert.ThrowsAsync<IsolatedException>(() => _runtime.InvokeAsync(async () => await DotNetIsolatorHost.InvokeAsync("throwsLater")));
        Assert.Same(thrown, e.InnerException);
        string seen = _runtime.Invoke(() => Described("throws"));
        Assert.DoesNotContain("secret", seen, StringComparison.Ordinal);
        Assert.Null(Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => ThrowOwn())).InnerException);
    }

    [Fact]
    public void Each_host_logs_to_its_own_logger_and_a_failure_once()
    {
        var first = new Lines();
        var second = new Lines();
        using var one = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = first }).WithBinDirectoryAssemblyLoader();
        using var two = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = second }).WithBinDirectoryAssemblyLoader();
        Assert.DoesNotContain(first.All.Concat(second.All), line => line.Level >= LogLevel.Warning);
        foreach ((IsolatedRuntimeHost host, Lines mine, Lines other) in new[] { (one, first, second), (two, second, first) })
        {
            int others = other.Of(LogLevel.Error).Length;
            using var runtime = new IsolatedRuntime(host);
            runtime.RegisterCallback("throws", (Action)(() => throw new InvalidTimeZoneException("logged")));
            Assert.Throws<IsolatedException>(() => runtime.Invoke(() => DotNetIsolatorHost.Invoke("throws")));
            Assert.Single(mine.Of(LogLevel.Error), line => line.Contains("throws", StringComparison.Ordinal));
            Assert.Equal(others, other.Of(LogLevel.Error).Length);
        }
    }

    private static async Task Gather(List<Exception> errors)
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using var other = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedObject circle = runtime.CreateObject<Circle>();
        Add(() => runtime.Invoke(() => ThrowOwn()));
        Add(() => runtime.CreateObject("A", "N", "T"));
        Add(() => runtime.CreateObject("System.Private.CoreLib", "System", "Strin"));
        Add(() => circle.InvokeVoid("Nothing"));
        Add(() => runtime.GetMethod(typeof(Math), nameof(Math.Max)));
        Add(() => circle.InvokeVoid(nameof(Circle.Grow), "text"));
        Add(() => runtime.Invoke<IShape>(() => new Circle()));
        Add(() => runtime.GetMethod(typeof(Circle), nameof(Circle.Area)).Invoke<double>(other.CreateObject<Circle>()));
        Add(() => circle.InvokeVoid(nameof(Circle.LaterAsync)));
        Add(() => runtime.Invoke(() => new Stack(3)));
        await AddLater(() => circle.InvokeAsync<int>("Nothing"));
        Add(() => Make(new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory("/nowhere/at/all", "/x") } }));
        Add(() => Make(new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory("/", "relative") } }));
        Add(() => Make(new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Fuel] = 5 } }));
        Add(() => Make(new IsolatedRuntimeOptions { Limits = { [(IsolatedLimit)99] = 5 } }));
        Add(() => Make(new IsolatedRuntimeOptions { Environment = { ["A=B"] = "c" } }));
        Add(() => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { GuestDirectory = "/nowhere/at/all" }).Dispose());
        foreach (IsolatedLimit limit in new[] { IsolatedLimit.Memory, IsolatedLimit.CallTimeout, IsolatedLimit.Output, IsolatedLimit.Callbacks, IsolatedLimit.Handles, IsolatedLimit.Value })
        {
            var options = new IsolatedRuntimeOptions
            {
                StandardOutput = IsolatedOutput.Discard,
                Limits = { [limit] = limit == IsolatedLimit.Memory ? 4UL << 20 : limit == IsolatedLimit.CallTimeout ? 50_000_000UL : 5UL },
            };
            using var limited = new IsolatedRuntime(SharedHost.Instance, options);
            limited.RegisterCallback("f", () => { });
            Add(() => limited.Invoke(() => UseAll()));
        }

        using var exits = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Discard });
        Add(() => exits.Invoke(() => Environment.Exit(3)));
        Add(() => exits.Invoke(() => 1));
        using var traps = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Discard });
        Add(() => traps.Invoke(() => Environment.FailFast("enough")));
        using var broken = new IsolatedRuntimeHost().WithAssemblyLoader(_ => [1, 2, 3]);
        using var images = new IsolatedRuntime(broken);
        Add(() => images.CreateObject("A", "N", "T"));
        Add(() => SharedHost.Instance.LoadSnapshot(typeof(WordingTests).Assembly.Location));
        Add(() => SuspendedRuntime.FromBytes("nothing that sleeps"u8));
        using AppSnapshot snapshot = SharedHost.Instance.Snapshot(static _ => { });
        using var sleeps = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Snapshot = snapshot });
        using SuspendedRuntime asleep = sleeps.Suspend();
        Add(() => SharedHost.Instance.Resume(asleep));
        using SuspendedRuntime ofImage = other.Suspend();
        Add(() => SharedHost.Instance.Resume(ofImage, new IsolatedRuntimeOptions { Snapshot = snapshot }));
        Add(() => SharedHost.Instance.Resume(asleep, new IsolatedRuntimeOptions { Snapshot = snapshot, Culture = "de-CH" }));
        Add(() => SharedHost.Instance.Snapshot(static made => made.Invoke(static () => { Opened.File = File.Create("/tmp/left"); })));
        Add(() => sleeps.Kept<IsolatedObject>("nothing"));
        Add(() => sleeps.Answer(7));
        Add(() => sleeps.Inherit(circle));
        await AddLater(() => sleeps.TakeUpAsync<int>(7));
        using var cancelled = new IsolatedRuntime(SharedHost.Instance);
        cancelled.Cancel();
        Add(() => cancelled.Invoke(() => 1));

        void Add(Action call) => errors.Add(Assert.ThrowsAny<Exception>(call));

        async Task AddLater(Func<Task> call) => errors.Add(await Assert.ThrowsAnyAsync<Exception>(call));
    }

    private static void Make(IsolatedRuntimeOptions options) => new IsolatedRuntime(SharedHost.Instance, options).Dispose();

    private static void IsCSharp(string message)
    {
        foreach (string rust in new[] { "builder()", "`Limits", "HostLimits", "ISOLATOR_LIMIT", "ISOLATOR_HOST", "NativeRuntime", "NativeHost", "into_async" })
        {
            Assert.DoesNotContain(rust, message, StringComparison.Ordinal);
        }

        Assert.DoesNotMatch(RustPath(), message);
        Assert.DoesNotMatch(SnakeCase(), message);
    }

    /// <summary>Two colons between words, but for those of a method's full name, as IL writes it.</summary>
    [GeneratedRegex(@"(?<!\][\w./+`<>]*)\w::\w")]
    private static partial Regex RustPath();

    [GeneratedRegex(@"\b[a-z]+(_[a-z]+)+\b")]
    private static partial Regex SnakeCase();

    private static void ThrowOwn() => throw new InvalidOperationException("own");

    private static void Wrap(string name, string caught)
    {
        try
        {
            DotNetIsolatorHost.Invoke(name);
        }
        catch (HostCallException e)
        {
            try
            {
                DotNetIsolatorHost.Invoke(caught);
            }
            catch (HostCallException)
            {
                throw new InvalidOperationException("wrapped", e);
            }
        }
    }

    private static string Described(string name)
    {
        try
        {
            DotNetIsolatorHost.Invoke(name);
            return string.Empty;
        }
        catch (HostCallException e)
        {
            return $"{e} {e.InnerException} {e.Reason} {e.FailureNumber != 0}";
        }
    }

    private static void CallForever()
    {
        while (true)
        {
            DotNetIsolatorHost.Invoke("f");
        }
    }

    private static string UseAll()
    {
        List<byte[]> held = [];
        for (int i = 0; ; i++)
        {
            Console.WriteLine("output");
            DotNetIsolatorHost.Invoke("f");
            held.Add(new byte[1 << 16]);
        }
    }

    private interface IShape
    {
        double Area();
    }

    private abstract class Shape : IShape
    {
        public abstract double Area();
    }

    private sealed class Circle : Shape
    {
        private int _radius = 1;

        public override double Area() => _radius * Math.PI;

        public void Grow(int by) => _radius += by;

        public async Task LaterAsync() => await Task.Yield();
    }

    private sealed class Stack(int depth)
    {
        public Action Code { get; } = () => Console.WriteLine(depth);
    }

    private static class Opened
    {
        public static FileStream? File { get; set; }
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> All { get; } = new();

        public string[] Of(LogLevel level) => [.. All.Where(line => line.Level == level).Select(line => line.Text)];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));
    }
}
