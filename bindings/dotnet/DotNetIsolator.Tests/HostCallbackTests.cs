using System.Collections.Concurrent;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Callbacks of a whole host, and callbacks that are taken back.</summary>
public sealed class HostCallbackTests : IDisposable
{
    private readonly IsolatedRuntimeHost _host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Every_runtime_can_call_it_those_that_live_already_too()
    {
        using IsolatedRuntime before = new(_host);
        _host.RegisterCallback("add", (int a, int b) => a + b);
        _host.RegisterCallback("negate", (int a) => -a);
        using IsolatedRuntime after = new(_host);
        foreach (IsolatedRuntime runtime in new[] { before, after })
        {
            Assert.Equal(5, runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("add", 2, 3)));
            Assert.Equal(-7, runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("negate", 7)));
        }
    }

    [Fact]
    public void A_runtimes_own_comes_first_until_it_is_removed()
    {
        _host.RegisterCallback("who", () => "host");
        using IsolatedRuntime runtime = new(_host);
        using IsolatedRuntime other = new(_host);
        runtime.RegisterCallback("who", () => "own");
        Assert.Equal("own", Ask(runtime));
        Assert.Equal("host", Ask(other));
        Assert.True(runtime.UnregisterCallback("who"));
        Assert.False(runtime.UnregisterCallback("who"));
        Assert.Equal("host", Ask(runtime));
        _host.RegisterCallback("who", () => "host 2");
        Assert.Equal("host 2", Ask(runtime));
        Assert.True(_host.UnregisterCallback("who"));
        Assert.False(_host.UnregisterCallback("who"));
        Assert.Equal("UnknownName", Ask(runtime));
        Assert.Equal("UnknownName", Ask(other));
        runtime.RegisterCallback("who", () => "own again");
        Assert.Equal("own again", Ask(runtime));
    }

    [Fact]
    public void It_learns_which_runtime_calls()
    {
        using IsolatedRuntime a = new(_host);
        using IsolatedRuntime b = new(_host);
        _host.RegisterCallback("which", (IsolatedRuntime caller, int number) => Name(caller) + number);
        _host.RegisterCallback("whichLater", async (IsolatedRuntime caller, int number, CancellationToken gone) =>
        {
            await Task.Delay(1, gone);
            return Name(caller) + number;
        });
        string Name(IsolatedRuntime runtime) => ReferenceEquals(runtime, a) ? "a" : ReferenceEquals(runtime, b) ? "b" : "?";
        for (int i = 0; i < 3; i++)
        {
            foreach (IsolatedRuntime each in new[] { a, b })
            {
                string expected = Name(each) + i;
                Assert.Equal(expected, each.Invoke(() => DotNetIsolatorHost.Invoke<string>("which", i)));
                Assert.Equal(expected, each.Invoke(() => DotNetIsolatorHost.Invoke<string>("whichLater", i)));
                Assert.Equal(expected, each.InvokeAsync(() => DotNetIsolatorHost.InvokeAsync<string>("whichLater", i)).Result);
            }
        }

        // A runtime's own may ask as well.
        a.RegisterCallback("self", (IsolatedRuntime caller) => ReferenceEquals(caller, a));
        Assert.True(a.Invoke(() => DotNetIsolatorHost.Invoke<bool>("self")));
    }

    [Fact]
    public void It_may_call_the_runtime_that_calls_and_give_it_an_object()
    {
        _host.RegisterCallback("list", (IsolatedRuntime caller, int count) => caller.CreateObject(typeof(List<int>), count));
        using IsolatedRuntime runtime = new(_host);
        Assert.Equal(12, runtime.Invoke(() => DotNetIsolatorHost.Invoke<List<int>>("list", 12).Capacity));
    }

    [Fact]
    public void A_nested_call_of_another_runtime_tells_the_right_one()
    {
        using IsolatedRuntime inner = new(_host);
        using IsolatedRuntime outer = new(_host);
        _host.RegisterCallback("outerOnly", (IsolatedRuntime caller) =>
            inner.Invoke(() => DotNetIsolatorHost.Invoke<bool>("innerOnly")) && ReferenceEquals(caller, outer));
        _host.RegisterCallback("innerOnly", async (IsolatedRuntime caller) =>
        {
            await Task.Yield();
            return ReferenceEquals(caller, inner);
        });
        Assert.True(outer.Invoke(() => DotNetIsolatorHost.Invoke<bool>("outerOnly")));
    }

    [Fact]
    public void A_callback_may_remove_itself()
    {
        using IsolatedRuntime runtime = new(_host);
        runtime.RegisterCallback("who", () => runtime.UnregisterCallback("who").ToString());
        Assert.Equal("True", Ask(runtime));
        Assert.Equal("UnknownName", Ask(runtime));
        _host.RegisterCallback("who", () => _host.UnregisterCallback("who").ToString());
        Assert.Equal("True", Ask(runtime));
        Assert.Equal("UnknownName", Ask(runtime));
    }

    [Fact]
    public async Task A_call_that_is_under_way_ends_although_the_callback_is_removed()
    {
        TaskCompletionSource<int> result = new();
        TaskCompletionSource begun = new();
        _host.RegisterCallback("slow", () =>
        {
            begun.SetResult();
            return result.Task;
        });
        using IsolatedRuntime runtime = new(_host);
        Task<int> call = runtime.InvokeAsync(() => DotNetIsolatorHost.InvokeAsync<int>("slow"));
        await begun.Task;
        Assert.True(_host.UnregisterCallback("slow"));
        result.SetResult(8);
        Assert.Equal(8, await call);
    }

    [Fact]
    public void Many_runtimes_call_it_at_once()
    {
        ConcurrentDictionary<IsolatedRuntime, int> counts = new();
        _host.RegisterCallback("count", (IsolatedRuntime caller) => counts.AddOrUpdate(caller, 1, (_, count) => count + 1));
        Parallel.For(0, 8, _ =>
        {
            using IsolatedRuntime runtime = new(_host);
            Assert.Equal(50, runtime.Invoke(() =>
            {
                int last = 0;
                for (int i = 0; i < 50; i++)
                {
                    last = DotNetIsolatorHost.Invoke<int>("count");
                }

                return last;
            }));
        });
        Assert.Equal(Enumerable.Repeat(50, 8), counts.Values);
    }

    [Fact]
    public void Runtimes_that_outlive_the_host_can_still_call()
    {
        IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
        host.RegisterCallback("who", () => "host");
        using IsolatedRuntime runtime = new(host);
        host.Dispose();
        Assert.Equal("host", Ask(runtime));
    }

    [Fact]
    public void A_host_is_collected_although_its_callback_leads_to_it()
    {
        static WeakReference Make()
        {
            IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
            host.RegisterCallback("who", () => host.DotNetVersion);
            using IsolatedRuntime runtime = new(host);
            Assert.Equal(host.DotNetVersion, Ask(runtime));
            return new WeakReference(host);
        }

        WeakReference host = Make();
        for (int i = 0; i < 200 && host.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(5);
        }

        Assert.False(host.IsAlive);
    }

    [Fact]
    public void What_cannot_be_registered_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _host.RegisterCallback(string.Empty, () => 1));
        Assert.Throws<ArgumentNullException>(() => _host.RegisterCallback("x", null!));
        Assert.Throws<ArgumentNullException>(() => _host.UnregisterCallback(null!));
        Assert.Throws<ArgumentException>(() => _host.RegisterCallback("ref", (WithReference)((ref int _) => { })));
    }

    private delegate void WithReference(ref int value);

    private static string Ask(IsolatedRuntime runtime) => runtime.Invoke(() =>
    {
        try
        {
            return DotNetIsolatorHost.Invoke<string>("who");
        }
        catch (HostCallException e)
        {
            return e.Reason.ToString();
        }
    });
}
