using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Runtimes that are written down and go on later.</summary>
public sealed class SleepTests
{
    private static int s_value;

    private static IsolatedRuntimeHost Host => SharedHost.Instance;

    private static Task<int> Never { get; } = new TaskCompletionSource<int>().Task;

    [Fact]
    public async Task A_call_that_waits_goes_on_elsewhere_days_later()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "order.sleep");
        using (var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Environment = { ["SHOP"] = "books" } }))
        {
            runtime.RegisterCallback("pay", (string item, Price price) => Never);
            var order = new Order("book", new Price(12.5m, "CHF"));
            Task<string> processing = runtime.InvokeAsync(async () =>
                $"{order.Item} paid {await DotNetIsolatorHost.InvokeAsync<int>("pay", order.Item, order.Price)} in {Environment.GetEnvironmentVariable("SHOP")}");
            runtime.Keep("order", processing);
            runtime.Invoke(static () => { s_value = 5; });
            using SuspendedRuntime suspended = runtime.Suspend();
            suspended.Save(path);

            // It works on as before.
            Assert.False(processing.IsCompleted);
            Assert.Equal(5, runtime.Invoke(static () => s_value));
        }

        using var other = new IsolatedRuntimeHost();
        using SuspendedRuntime loaded = SuspendedRuntime.Load(path);
        for (int i = 1; i <= 2; i++)
        {
            using IsolatedRuntime runtime = other.Resume(loaded);
            Assert.Equal(5, runtime.Invoke(static () => s_value));
            IsolatedPendingCall call = Assert.Single(runtime.PendingCalls);
            Assert.Equal("pay", call.Name);
            Assert.Equal(["book", new Price(12.5m, "CHF")], call.GetArguments(typeof(string), typeof(Price)));
            Task<string> processing = runtime.TakeUpAsync<string>("order");
            runtime.Answer(call.Id, i);
            Assert.Equal($"book paid {i} in books", await processing);
        }
    }

    [Fact]
    public async Task Each_way_to_end_a_pending_call_works()
    {
        byte[] bytes;
        using (var runtime = new IsolatedRuntime(Host))
        {
            runtime.RegisterCallback("ask", (int number) => Never);
            Task<string> asking = runtime.InvokeAsync(static async () =>
            {
                try
                {
                    return $"answer {await DotNetIsolatorHost.InvokeAsync<int>("ask", 7)}";
                }
                catch (HostCallException e)
                {
                    return e.Message;
                }
            });
            runtime.Keep("asking", asking);
            using SuspendedRuntime suspended = runtime.Suspend();
            bytes = suspended.ToArray();
        }

        using SuspendedRuntime again = SuspendedRuntime.FromBytes(bytes);
        using (IsolatedRuntime failing = Host.Resume(again))
        {
            failing.Fail(Assert.Single(failing.PendingCalls).Id, "nobody is there");
            Assert.Contains("nobody is there", await failing.TakeUpAsync<string>("asking"), StringComparison.Ordinal);
        }

        using (IsolatedRuntime restarting = Host.Resume(again))
        {
            ulong id = Assert.Single(restarting.PendingCalls).Id;
            var e = Assert.Throws<IsolatedException>(() => restarting.Restart(id));
            Assert.Contains("no callback is registered as `ask`", e.Message, StringComparison.Ordinal);
            restarting.RegisterCallback("ask", async (IsolatedRuntime caller, int number) =>
            {
                await Task.Yield();
                return ReferenceEquals(caller, restarting) ? number * 6 : -1;
            });
            restarting.Restart(id);
            Assert.Empty(restarting.PendingCalls);
            Assert.Equal("answer 42", await restarting.TakeUpAsync<string>("asking"));
            Assert.Equal(IsolatedErrorKind.BadHandle, Assert.Throws<IsolatedException>(() => restarting.Restart(id)).Kind);
        }

        // By its number, once.
        using IsolatedRuntime numbered = Host.Resume(again);
        ulong number = Assert.Single(numbered.UnfinishedCalls);
        Task<string> taken = numbered.TakeUpAsync<string>(number);
        numbered.Answer(Assert.Single(numbered.PendingCalls).Id, 1);
        Assert.Equal("answer 1", await taken);
        Assert.Empty(numbered.UnfinishedCalls);
        Assert.Equal(IsolatedErrorKind.BadHandle, (await Assert.ThrowsAsync<IsolatedException>(() => numbered.TakeUpAsync<string>(number))).Kind);
        Assert.Equal(IsolatedErrorKind.BadHandle, (await Assert.ThrowsAsync<IsolatedException>(() => numbered.TakeUpVoidAsync("nothing"))).Kind);
    }

    [Fact]
    public async Task A_call_that_was_taken_up_can_be_given_up_and_suspended_again()
    {
        using var runtime = new IsolatedRuntime(Host);
        runtime.RegisterCallback("ask", () => Never);
        Task<int> first = runtime.InvokeAsync(static async () => await DotNetIsolatorHost.InvokeAsync<int>("ask") + 1);
        runtime.Keep("asking", first);
        using SuspendedRuntime once = runtime.Suspend();
        using IsolatedRuntime second = Host.Resume(once);
        using var cancel = new CancellationTokenSource();
        Task<int> taken = second.TakeUpAsync<int>("asking", cancel.Token);
        using SuspendedRuntime twice = second.Suspend();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taken);
        using IsolatedRuntime third = Host.Resume(twice);
        Task<int> last = third.TakeUpAsync<int>("asking");
        third.Answer(Assert.Single(third.PendingCalls).Id, 41);
        Assert.Equal(42, await last);
    }

    [Fact]
    public void One_that_began_with_a_snapshot_goes_on_from_that()
    {
        using AppSnapshot snapshot = Host.Snapshot(static runtime => runtime.Invoke(static () => { s_value = 1; }));
        var options = new IsolatedRuntimeOptions { Snapshot = snapshot };
        using var runtime = new IsolatedRuntime(Host, options);
        runtime.Invoke(static () => { s_value++; });
        using SuspendedRuntime suspended = runtime.Suspend();
        using IsolatedRuntime again = Host.Resume(suspended, options);
        Assert.Equal(2, again.Invoke(static () => s_value));
        var e = Assert.Throws<IsolatedException>(() => Host.Resume(suspended));
        Assert.Equal(IsolatedErrorKind.BadSnapshot, e.Kind);
        Assert.Contains("IsolatedRuntimeOptions.Snapshot", e.Message, StringComparison.Ordinal);
        using var fresh = new IsolatedRuntime(Host);
        using SuspendedRuntime ofImage = fresh.Suspend();
        e = Assert.Throws<IsolatedException>(() => Host.Resume(ofImage, options));
        Assert.Contains("IsolatedRuntimeOptions.Cold", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_come_along_is_named_and_the_runtime_is_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using var runtime = new IsolatedRuntime(Host, new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory(folder.Path, "/data", Writable: true) } });
        runtime.Invoke(static () => { Opened.File = File.Create("/data/open"); });
        var e = Assert.Throws<IsolatedException>(runtime.Suspend);
        Assert.Equal(IsolatedErrorKind.NotFrozen, e.Kind);
        Assert.False(e.IsFatal);
        Assert.Contains("open", e.Message, StringComparison.Ordinal);
        runtime.Invoke(static () => Opened.File!.Dispose());
        using SuspendedRuntime suspended = runtime.Suspend();
        using IsolatedRuntime again = Host.Resume(suspended, new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory(folder.Path, "/data", Writable: true) } });
        Assert.True(again.Invoke(static () => File.Exists("/data/open")));
        Assert.Equal(IsolatedErrorKind.BadSnapshot, Assert.Throws<IsolatedException>(() => Host.Resume(suspended)).Kind);
    }

    [Fact]
    public void Misuse_is_told()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "wrong.sleep");
        Assert.Equal(IsolatedErrorKind.BadSnapshot, Assert.Throws<IsolatedException>(() => SuspendedRuntime.FromBytes("nothing that sleeps"u8)).Kind);
        Assert.Equal(IsolatedErrorKind.BadSnapshot, Assert.Throws<IsolatedException>(() => SuspendedRuntime.FromBytes([])).Kind);
        Assert.Equal(IsolatedErrorKind.Host, Assert.Throws<IsolatedException>(() => SuspendedRuntime.Load(path)).Kind);
        using (AppSnapshot snapshot = Host.Snapshot(static _ => { }))
        {
            snapshot.Save(path);
        }

        Assert.Equal(IsolatedErrorKind.BadSnapshot, Assert.Throws<IsolatedException>(() => SuspendedRuntime.Load(path)).Kind);
        using var runtime = new IsolatedRuntime(Host);
        runtime.Invoke(static () => { s_value = 3; });
        SuspendedRuntime suspended = runtime.Suspend();
        Assert.Throws<ArgumentException>(() => Host.Resume(suspended, new IsolatedRuntimeOptions { Environment = { ["A"] = "b" } }));
        byte[] bytes = suspended.ToArray();
        IsolatedErrorKind[] kinds =
        [
            .. new[] { bytes.Length - 1, bytes.Length / 2, 100 }.Select(length => Assert.Throws<IsolatedException>(() =>
            {
                using SuspendedRuntime cut = SuspendedRuntime.FromBytes(bytes.AsSpan(0, length));
                Host.Resume(cut).Dispose();
            }).Kind),
        ];
        Assert.All(kinds, kind => Assert.Equal(IsolatedErrorKind.BadSnapshot, kind));
        suspended.Dispose();
        Assert.Equal("SuspendedRuntime", Assert.Throws<ObjectDisposedException>(() => Host.Resume(suspended)).ObjectName);
        Assert.Throws<ObjectDisposedException>(suspended.ToArray);
        Assert.Equal(3, runtime.Invoke(static () => s_value));
        Assert.Empty(runtime.UnfinishedCalls);
    }

    public sealed record Price(decimal Amount, string Currency);

    public sealed record Order(string Item, Price Price);

    private static class Opened
    {
        public static FileStream? File { get; set; }
    }
}
