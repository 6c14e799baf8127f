using System.Reflection;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Hosts whose runtimes start prepared.</summary>
public sealed class WarmTests
{
    private static int s_value;

    [Fact]
    public void Lambdas_run_without_their_assembly_being_loaded_again()
    {
        int asked = 0;
        string own = typeof(WarmTests).Assembly.GetName().Name!;
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost()
            .WithAssemblyLoader(name =>
            {
                asked += name == own ? 1 : 0;
                return null;
            })
            .WithBinDirectoryAssemblyLoader(warm: true);
        for (int i = 0; i < 3; i++)
        {
            using var runtime = new IsolatedRuntime(host);
            int captured = i;
            var point = new LambdaTests.Point(i, 1);
            Assert.Equal(i + 1, runtime.Invoke(() => captured + point.Y));
            Assert.Equal(i, runtime.Invoke(() => s_value = captured));
            Assert.Equal(5, runtime.Invoke(static () => 5));
        }

        Assert.Equal(1, asked);
        using var cold = new IsolatedRuntime(host, new IsolatedRuntimeOptions { Cold = true });
        Assert.Equal(5, cold.Invoke(static () => 5));
        Assert.Equal(2, asked);
        using IsolatedRuntimeHost other = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: false);
        using var runtimeOfOther = new IsolatedRuntime(other);
        Assert.Equal(5, runtimeOfOther.Invoke(static () => 5));
    }

    [Fact]
    public void What_is_prepared_is_prepared_once_and_in_order()
    {
        int prepared = 0;
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader()
            .WithWarmRuntimes(runtime =>
            {
                Interlocked.Increment(ref prepared);
                using var other = new IsolatedRuntime(runtime.Host);
                Assert.Equal(0, other.Invoke(static () => s_value));
                runtime.Invoke(static () => { s_value = 20; });
            })
            .WithWarmRuntimes(static runtime => runtime.Invoke(static () => { s_value++; }));
        Assert.Equal(0, prepared);
        Parallel.For(0, 8, _ =>
        {
            using var runtime = new IsolatedRuntime(host);
            Assert.Equal(21, runtime.Invoke(static () => s_value++));
            Assert.Equal(22, runtime.Invoke(static () => s_value));
        });
        Assert.Equal(1, prepared);
        using (var cold = new IsolatedRuntime(host, new IsolatedRuntimeOptions { Cold = true }))
        {
            Assert.Equal(0, cold.Invoke(static () => s_value));
        }

        // Snapshots of the host's begin with it, and come before it.
        using AppSnapshot snapshot = host.Snapshot(static runtime => runtime.Invoke(static () => { s_value *= 2; }));
        using var from = new IsolatedRuntime(host, new IsolatedRuntimeOptions { Snapshot = snapshot });
        Assert.Equal(42, from.Invoke(static () => s_value));
        Assert.Contains(
            "before the first one", Assert.Throws<InvalidOperationException>(() => host.WithWarmRuntimes(static _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_given_to_a_runtime_is_its_own()
    {
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: true);
        host.RegisterCallback("ofHost", (IsolatedRuntime caller, int number) => number + 1);
        foreach (string name in new[] { "one", "two" })
        {
            using var runtime = new IsolatedRuntime(
                host, new IsolatedRuntimeOptions { Environment = { ["NAME"] = name }, StandardOutput = IsolatedOutput.Capture, MemoryLimit = 64 << 20 });
            runtime.RegisterCallback("own", () => name);
            runtime.Offer<SnapshotTests.IGreeter>("greeter", new SnapshotTests.Greeter(name));
            Assert.Equal($"{name} 8 {name} {name} x", runtime.Invoke(static () =>
            {
                Console.Write(Environment.GetEnvironmentVariable("NAME"));
                return $"{Environment.GetEnvironmentVariable("NAME")} {DotNetIsolatorHost.Invoke<int>("ofHost", 7)} {DotNetIsolatorHost.Invoke<string>("own")} "
                    + DotNetIsolatorHost.Get<SnapshotTests.IGreeter>("greeter").Greet("x");
            }));
            Assert.Equal(name, runtime.GetStandardOutput());
            Assert.Equal(0, runtime.Invoke(static () => s_value++));
            IsolatedRuntime fork = runtime.Fork();
            Assert.Equal((1, 1), (fork.Invoke(static () => s_value++), runtime.Invoke(static () => s_value)));
            fork.Dispose();
        }
    }

    [Fact]
    public void A_preparation_that_fails_is_tried_again()
    {
        int tries = 0;
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader().WithWarmRuntimes(runtime =>
        {
            if (++tries == 1)
            {
                throw new InvalidTimeZoneException("not yet");
            }

            int now = tries;
            runtime.Invoke(() => { s_value = now; });
        });
        Assert.Equal("not yet", Assert.Throws<InvalidTimeZoneException>(() => new IsolatedRuntime(host)).Message);
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal(2, runtime.Invoke(static () => s_value));
        host.Dispose();
        Assert.Equal("IsolatedRuntimeHost", Assert.Throws<ObjectDisposedException>(() => new IsolatedRuntime(host)).ObjectName);
        Assert.Equal(2, runtime.Invoke(static () => s_value));
    }

    [Fact]
    public void What_was_found_in_the_preparation_is_right_everywhere()
    {
        int runs = 0;
        Func<int> ran = static () => ++s_value;
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: true).WithWarmRuntimes(first =>
        {
            runs += first.Invoke(ran);
            first.RegisterCallback("nested", (IsolatedRuntime caller) => caller.Invoke(static () => s_value));
        });
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("nested", (IsolatedRuntime caller) => caller.Invoke(static () => s_value * 10));
        int captured = 3;

        // None of its lambdas has run but those that the preparation ran; from within a callback, too, they are found.
        Assert.Equal((1, 10), (runs, runtime.Invoke(static () => DotNetIsolatorHost.Invoke<int>("nested"))));
        Assert.Equal((2, 5, "x3"), (runtime.Invoke(ran), runtime.Invoke(() => captured + 2), runtime.Invoke(() => $"x{captured}")));
        using IsolatedRuntime fork = runtime.Fork();
        Assert.Equal((3, 5), (fork.Invoke(ran), fork.Invoke(() => captured + 2)));
        using SuspendedRuntime suspended = runtime.Suspend();
        using IsolatedRuntime woken = host.Resume(suspended);
        Assert.Equal((3, 4), (woken.Invoke(ran), woken.Invoke(ran)));

        // Names of the library's are nobody's business.
        runtime.Keep("mine", runtime.GetMethod(typeof(SnapshotTests), nameof(SnapshotTests.Square)));
        Assert.EndsWith("there is `mine`", Assert.Throws<IsolatedException>(() => runtime.Kept<IsolatedMethod>("yours")).Message, StringComparison.Ordinal);
        using AppSnapshot snapshot = host.Snapshot(static first => first.Keep("square", first.GetMethod(typeof(SnapshotTests), nameof(SnapshotTests.Square))));
        Assert.Equal(["square"], snapshot.KeptNames);
        using var last = new IsolatedRuntime(host, new IsolatedRuntimeOptions { Snapshot = snapshot });
        Assert.Equal((2, 25), (last.Invoke(ran), last.Kept<IsolatedMethod>("square").Invoke<int, int>(null, 5)));
    }

    [Fact]
    public void An_object_of_a_warm_runtime_crosses_as_any()
    {
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: true);
        using var first = new IsolatedRuntime(host);
        using var second = new IsolatedRuntime(host);
        var sent = new SnapshotTests.Fact(4, "four");
        Assert.Equal(sent, first.Invoke(() => sent));
        using IsolatedObject inside = first.CopyObject(new SnapshotTests.Fact(5, "five"));
        Assert.Equal(new SnapshotTests.Fact(5, "five"), inside.GetValue<SnapshotTests.Fact>());
        var e = Assert.Throws<IsolatedException>(() => second.GetMethod(typeof(SnapshotTests), nameof(SnapshotTests.Describe)).Invoke<IsolatedObject, SnapshotTests.Fact>(null, inside));
        Assert.Contains("another runtime", e.Message, StringComparison.Ordinal);
        Assert.Equal(Assembly.GetExecutingAssembly().GetName().Name, second.Invoke(static () => Assembly.GetExecutingAssembly().GetName().Name));
    }
}
