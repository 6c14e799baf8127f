using System.Runtime.CompilerServices;
using DotNetIsolator.Interop;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Threads, the order in which things are disposed, and finalizers.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void A_runtime_may_be_used_by_one_thread_after_another()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedObject counter = runtime.CreateObject<ObjectTests.Counter>();
        for (int i = 0; i < 8; i++)
        {
            var thread = new Thread(() => counter.InvokeVoid("Add", 1));
            thread.Start();
            thread.Join();
        }

        Assert.Equal(8, counter.Invoke<int>("get_Total"));
    }

    [Fact]
    public void Two_callers_at_a_time_are_one_too_many()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using var inside = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        runtime.RegisterCallback("wait", () =>
        {
            inside.Set();
            leave.Wait();
        });
        Task first = Task.Run(() => runtime.Invoke(() => DotNetIsolatorHost.Invoke("wait")));
        inside.Wait();
        var e = Assert.Throws<InvalidOperationException>(() => runtime.Invoke(() => 1));
        Assert.Contains("one caller at a time", e.Message, StringComparison.Ordinal);
        leave.Set();
        first.Wait();
        Assert.Equal(1, runtime.Invoke(() => 1));
    }

    [Fact]
    public void Runtimes_work_at_the_same_time()
    {
        Parallel.For(0, 16, i =>
        {
            using var runtime = new IsolatedRuntime(SharedHost.Instance);
            for (int round = 0; round < 5; round++)
            {
                Assert.Equal(i + round, runtime.Invoke(() => i + round));
            }
        });
    }

    [Fact]
    public void Things_may_be_disposed_in_any_order()
    {
        // Runtime before objects.
        var runtime = new IsolatedRuntime(SharedHost.Instance);
        IsolatedObject kept = runtime.CreateObject<object>();
        IsolatedMethod method = kept.FindMethod("GetHashCode");
        runtime.Dispose();
        Assert.Throws<ObjectDisposedException>(() => method.Invoke<int>(kept));
        Assert.Throws<ObjectDisposedException>(() => runtime.Invoke(() => 1));
        Assert.Throws<ObjectDisposedException>(() => runtime.RegisterCallback("late", () => { }));
        kept.Dispose();
        kept.Dispose();
        runtime.Dispose();

        // Host before runtimes.
        var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        using var survivor = new IsolatedRuntime(host);
        host.Dispose();
        Assert.Equal(2, survivor.Invoke(() => 2));
        Assert.Throws<ObjectDisposedException>(() => new IsolatedRuntime(host));
        host.Dispose();

        // An object that was disposed.
        using IsolatedObject gone = survivor.CreateObject<object>();
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gone.Invoke<int>("GetHashCode"));
    }

    [Fact]
    public void A_callback_may_dispose_its_runtime()
    {
        var runtime = new IsolatedRuntime(SharedHost.Instance);
        runtime.RegisterCallback("end", runtime.Dispose);
        runtime.Invoke(() => DotNetIsolatorHost.Invoke("end"));
        Assert.Throws<ObjectDisposedException>(() => runtime.Invoke(() => 1));
    }

    [Fact]
    public void A_thousand_runtimes_are_made_used_and_gone()
    {
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 64 }).WithBinDirectoryAssemblyLoader();
        IsolatedMethod? last = null;
        for (int i = 0; i < 1000; i++)
        {
            using var runtime = new IsolatedRuntime(host);
            last = runtime.GetMethod(typeof(Math), "Max", [typeof(int), typeof(int)]);
            Assert.Equal(i, last.Invoke<int, int, int>(null, i, -i));
        }

        Assert.Equal(0, host.LiveRuntimes);
    }

    [Fact]
    public void The_most_runtimes_are_as_many_as_the_host_says()
    {
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 2 });
        using var one = new IsolatedRuntime(host);
        using (var two = new IsolatedRuntime(host))
        {
            Assert.Equal(IsolatedErrorKind.Host, Assert.Throws<IsolatedException>(() => new IsolatedRuntime(host)).Kind);
        }

        using var three = new IsolatedRuntime(host);
        Assert.Equal(2, host.LiveRuntimes);
    }

    [Fact]
    public void Forgotten_runtimes_and_objects_are_collected()
    {
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 200 }).WithBinDirectoryAssemblyLoader();
        for (int round = 0; round < 5; round++)
        {
            Forget(host, 10);
            Collect();
        }

        for (int i = 0; i < 50 && host.LiveRuntimes > 0; i++)
        {
            Collect();
            Thread.Sleep(20);
        }

        Assert.Equal(0, host.LiveRuntimes);
    }

    [Fact]
    public void Collections_in_the_middle_of_calls_do_no_harm()
    {
        using var stop = new CancellationTokenSource();
        Task collector = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        try
        {
            Parallel.For(0, 4, i =>
            {
                // Nothing but the call itself keeps these alive while it runs.
                for (int round = 0; round < 10; round++)
                {
                    Assert.Equal(i + 1, Started(i).Invoke(() => DotNetIsolatorHost.Invoke<int>("next")));
                    var runtime = new IsolatedRuntime(SharedHost.Instance);
                    IsolatedMethod add = runtime.CreateObject<ObjectTests.Counter>().FindMethod("Add");
                    for (int n = 0; n < 20; n++)
                    {
                        IsolatedObject counter = runtime.CopyObject(new ObjectTests.Counter(n));
                        add.InvokeVoid(counter, 1);
                        Assert.Equal(n + 1, counter.Invoke<int>("get_Total"));
                    }
                }
            });
        }
        finally
        {
            stop.Cancel();
            collector.Wait();
        }
    }

    [Fact]
    public void Objects_that_are_dropped_are_freed_inside()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        for (int i = 0; i < 200; i++)
        {
            // 200 MB in all, more than would fit if they stayed.
            using IsolatedObject bytes = runtime.CreateObject("System.Private.CoreLib", "System.Text", null, "StringBuilder", [1 << 19]);
        }

        Assert.Equal(3, runtime.Invoke(() => 3));
    }

    [Fact]
    public void The_native_library_is_looked_for_where_it_is_documented()
    {
        string file = NativeLibraryFinder.FileName;
        string[] found = [.. NativeLibraryFinder.LibraryCandidates("/somewhere/lib.so", ["/app"])];
        Assert.Equal("/somewhere/lib.so", found[0]);
        Assert.Contains(Path.Combine("/app", "runtimes", "linux-x64", "native", file), found);
        Assert.Equal(Path.Combine("/app", file), found[^1]);
        string folder = AppContext.BaseDirectory;
        Assert.Equal(Path.Combine(folder, file), NativeLibraryFinder.LibraryCandidates(folder, []).Single());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(IsolatedRuntimeHost host, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var runtime = new IsolatedRuntime(host);
            runtime.RegisterCallback("self", () => runtime.Host.LiveRuntimes);
            IsolatedObject kept = runtime.CreateObject<object>();
            Assert.NotEqual(0, kept.Invoke<int>("GetHashCode") | 1);
        }
    }

    private static IsolatedRuntime Started(int number)
    {
        var runtime = new IsolatedRuntime(SharedHost.Instance);
        runtime.RegisterCallback("next", () => number + 1);
        return runtime;
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
