using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Fuel, and limits of hosts and of single calls.</summary>
public sealed class CallLimitTests
{
    private static readonly Lazy<IsolatedRuntimeHost> Metered = new(
        () => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MeterFuel = true, MaxRuntimes = 4 }).WithBinDirectoryAssemblyLoader());

    [Fact]
    public void Fuel_is_counted_and_limited()
    {
        long used;
        using (var runtime = new IsolatedRuntime(Metered.Value))
        {
            IsolatedMethod work = runtime.GetMethod(typeof(Work), nameof(Work.Turns));
            Assert.Equal(1000, work.Invoke<int, int>(null, 1000));
            long before = (long)runtime.GetUsage().Fuel;
            work.Invoke<int, int>(null, 1000);
            long once = (long)runtime.GetUsage().Fuel - before;
            work.Invoke<int, int>(null, 100_000);
            used = (long)runtime.GetUsage().Fuel;
            Assert.True(once > 1000 && used - before - once > 20 * once, $"{once} of {used - before}");
        }

        using var small = new IsolatedRuntime(Metered.Value, new IsolatedRuntimeOptions { Fuel = used });
        IsolatedMethod again = small.GetMethod(typeof(Work), nameof(Work.Turns));
        Assert.Equal(1000, again.Invoke<int, int>(null, 1000));
        IsolatedException e = Assert.Throws<IsolatedException>(() => again.Invoke<int, int>(null, 100_000_000));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.Fuel), (e.Kind, e.Limit));
        Assert.Equal((ulong)used, small.GetUsage().Fuel);

        InvalidOperationException none = Assert.Throws<InvalidOperationException>(
            () => new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Fuel = 1000 }));
        Assert.Contains("IsolatedRuntimeHostOptions.MeterFuel", none.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(
            () => new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Fuel] = 1000 } }));
        Assert.Equal(0ul, new IsolatedRuntime(SharedHost.Instance).GetUsage().Fuel);
    }

    [Fact]
    public void A_call_has_its_own_fuel_which_comes_off_the_runtimes()
    {
        using var runtime = new IsolatedRuntime(Metered.Value, new IsolatedRuntimeOptions { Fuel = 1L << 40 });
        IsolatedMethod work = runtime.GetMethod(typeof(Work), nameof(Work.Turns));
        work.Invoke<int, int>(null, 1000);
        ulong before = runtime.GetUsage().Fuel;
        work.Invoke<int, int>(null, 1000);
        ulong once = runtime.GetUsage().Fuel - before;
        using (runtime.LimitCalls(fuel: 4 * (long)once))
        {
            // Each call has as much.
            for (int i = 0; i < 10; i++)
            {
                work.Invoke<int, int>(null, 1000);
            }
        }

        Assert.InRange(runtime.GetUsage().Fuel, before + (once * 8), before + (once * 14));
        work.Invoke<int, int>(null, 20_000);
        ulong used = runtime.GetUsage().Fuel;
        using (runtime.LimitCalls(fuel: 4 * (long)once))
        {
            IsolatedException e = Assert.Throws<IsolatedException>(() => work.Invoke<int, int>(null, 20_000));
            Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.Fuel), (e.Kind, e.Limit));
        }

        Assert.Equal(used + (4 * once), runtime.GetUsage().Fuel);
        using var other = new IsolatedRuntime(SharedHost.Instance);
        Assert.Throws<InvalidOperationException>(() => other.LimitCalls(fuel: 1));
    }

    [Fact]
    public async Task A_call_has_its_own_time()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        IsolatedMethod sleep = runtime.GetMethod(typeof(Work), nameof(Work.Sleep));
        IsolatedMethod delay = runtime.GetMethod(typeof(Work), nameof(Work.DelayAsync));
        using (runtime.LimitCalls(TimeSpan.FromSeconds(20)))
        {
            using (runtime.LimitCalls(TimeSpan.FromMinutes(1)))
            {
                Assert.Equal(1, sleep.Invoke<int, int>(null, 1));
                Assert.Equal(1, await delay.InvokeAsync<int>(null, 1));
            }

            // The one around it is there again; the end of it, too.
        }

        IsolatedCallLimits limits = runtime.LimitCalls(TimeSpan.FromMilliseconds(200));
        limits.Dispose();
        Assert.Equal(1000, sleep.Invoke<int, int>(null, 1000));
        limits.Dispose();
        using (runtime.LimitCalls(TimeSpan.FromMilliseconds(200)))
        {
            IsolatedException e = Assert.Throws<IsolatedException>(() => sleep.Invoke<int, int>(null, 600_000));
            Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout), (e.Kind, e.Limit));
        }

        using var second = new IsolatedRuntime(SharedHost.Instance);
        delay = second.GetMethod(typeof(Work), nameof(Work.DelayAsync));
        Task<int> limited;
        using (second.LimitCalls(TimeSpan.FromMilliseconds(200)))
        {
            limited = delay.InvokeAsync<int>(null, 600_000);
        }

        // It has the time that it began with.
        IsolatedException late = await Assert.ThrowsAsync<IsolatedException>(() => limited);
        Assert.Equal(IsolatedLimit.CallTimeout, late.Limit);
        Assert.Throws<ArgumentOutOfRangeException>(() => second.LimitCalls(TimeSpan.FromSeconds(-2)));
        second.Dispose();
        limits.Dispose();
    }

    [Fact]
    public void A_host_has_limits_for_all_its_runtimes()
    {
        var options = new IsolatedRuntimeHostOptions
        {
            MaxRuntimes = 2,
            MaxRunningCalls = 1,
            MaxMemory = 64 << 20,
            MaxCallbackDepth = 2,
            KeepResident = 1 << 20,
            StackSize = 2 << 20,
            Limits = { [IsolatedLimit.Output] = 10, [IsolatedLimit.Callbacks] = 5 },
        };
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost(options).WithBinDirectoryAssemblyLoader();
        using var first = new IsolatedRuntime(host);
        var second = new IsolatedRuntime(host);
        IsolatedException e = Assert.Throws<IsolatedException>(() => new IsolatedRuntime(host));
        Assert.Equal(IsolatedErrorKind.Host, e.Kind);

        // One call at a time, in all of them.
        first.RegisterCallback("other", (int n) => second.Invoke(() => 1) + n);
        e = Assert.Throws<IsolatedException>(() => first.Invoke(() => DotNetIsolatorHost.Invoke<int>("other", 1)));
        Assert.Equal(IsolatedErrorKind.GuestException, e.Kind);

        // Twice into the host, and no deeper.
        first.RegisterCallback("again", (int n) => Again(first, n));
        Assert.Equal(1, first.Invoke(() => DotNetIsolatorHost.Invoke<int>("again", 1)));
        e = Assert.Throws<IsolatedException>(() => first.Invoke(() => DotNetIsolatorHost.Invoke<int>("again", 2)));
        Assert.Equal(IsolatedErrorKind.GuestException, e.Kind);
        second.Dispose();

        // What the host says of every runtime.
        using var third = new IsolatedRuntime(host);
        e = Assert.Throws<IsolatedException>(() => third.Invoke(() => Console.WriteLine("more than ten bytes")));
        Assert.Equal(IsolatedLimit.Output, e.Limit);
        using var fourth = new IsolatedRuntime(host, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Discard, Limits = { [IsolatedLimit.Output] = IsolatedRuntimeOptions.NoLimit } });
        fourth.Invoke(() => Console.WriteLine("more than ten bytes"));
        e = Assert.Throws<IsolatedException>(() => fourth.Invoke(() => Work.Take(200)));
        Assert.True(e.GuestException?.TypeName == "System.OutOfMemoryException" || e.Limit is IsolatedLimit.HostMemory or IsolatedLimit.Memory, e.Message);

        Assert.Throws<ArgumentOutOfRangeException>(() => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxMemory = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { QueueTimeout = TimeSpan.FromTicks(-1) }));
        Assert.ThrowsAny<ArgumentException>(() => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { StackSize = 1 }));
    }

    [Fact]
    public void A_full_host_is_waited_for()
    {
        var options = new IsolatedRuntimeHostOptions { MaxRuntimes = 1, QueueTimeout = TimeSpan.FromMinutes(5) };
        using IsolatedRuntimeHost host = new(options);
        var first = new IsolatedRuntime(host);
        using var about = new ManualResetEventSlim();
        Task<int> waiting = Task.Run(() =>
        {
            about.Set();
            using var second = new IsolatedRuntime(host);
            return host.LiveRuntimes;
        });
        about.Wait();
        first.Dispose();
        Assert.Equal(1, waiting.GetAwaiter().GetResult());
    }

    [Fact]
    public void Address_space_can_be_taken_as_runtimes_come()
    {
        // More hosts than there is address space for, were it reserved.
        List<IsolatedRuntimeHost> hosts = [];
        try
        {
            for (int i = 0; i < 40; i++)
            {
                hosts.Add(new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { AllocateOnDemand = true }));
                using var runtime = new IsolatedRuntime(hosts[i]);
                Assert.Equal(5, runtime.GetMethod(typeof(Math), "Abs", [typeof(int)]).Invoke<int, int>(null, -5));
            }
        }
        finally
        {
            hosts.ForEach(host => host.Dispose());
        }
    }

    private static int Again(IsolatedRuntime runtime, int n) => n <= 1 ? n : runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("again", n + 1));

    internal static class Work
    {
        private static readonly List<byte[]> Kept = [];

        public static int Turns(int count)
        {
            int sum = 0;
            for (int i = 0; i < count; i++)
            {
                sum++;
            }

            return sum;
        }

        public static int Sleep(int milliseconds)
        {
            Thread.Sleep(milliseconds);
            return milliseconds;
        }

        public static async Task<int> DelayAsync(int milliseconds)
        {
            await Task.Delay(milliseconds);
            return milliseconds;
        }

        public static void Take(int megabytes)
        {
            for (int i = 0; i < megabytes; i++)
            {
                Kept.Add(new byte[1 << 20]);
            }
        }
    }
}
