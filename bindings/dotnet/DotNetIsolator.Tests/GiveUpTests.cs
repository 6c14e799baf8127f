using System.Diagnostics;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What a token does to an asynchronous call.</summary>
public sealed class GiveUpTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task A_lambda_is_given_up_at_once()
    {
        using var cancel = new CancellationTokenSource();

        // It would never end.
        Task<int> call = _runtime.InvokeAsync(
            async () =>
            {
                await Task.Delay(Timeout.Infinite);
                return 1;
            },
            cancel.Token);
        await Task.Delay(50);
        Assert.False(call.IsCompleted);
        await cancel.CancelAsync();
        Assert.True(call.IsCanceled);
        var e = await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        Assert.Equal(cancel.Token, e.CancellationToken);
        Assert.Equal(5, await _runtime.InvokeAsync(async () =>
        {
            await Task.Yield();
            return 5;
        }));
        Assert.Equal(6, _runtime.Invoke(() => 6));
    }

    [Fact]
    public async Task A_token_that_is_cancelled_runs_nothing()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        foreach (Func<Task> begin in new Func<Task>[]
        {
            () => service.InvokeVoidAsync(nameof(Service.CountAsync), cancel.Token),
            () => service.InvokeAsync<int>(nameof(Service.CountAsync), cancel.Token),
            () => service.FindMethod(nameof(Service.CountAsync)).InvokeVoidAsync(service, cancel.Token),
            () => _runtime.InvokeAsync(async () => await Task.Yield(), cancel.Token),
            () => service.InvokeVoidAsync("ThereIsNoSuchMethod", cancel.Token),
        })
        {
            Task call = begin();
            Assert.True(call.IsCanceled);
            var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal(cancel.Token, e.CancellationToken);
        }

        Assert.Equal(0, service.Invoke<int>(nameof(Service.Count)));
    }

    [Fact]
    public async Task The_token_of_the_method_is_signalled_before_the_next_call()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        for (int round = 1; round <= 20; round++)
        {
            using var cancel = new CancellationTokenSource();
            Task call = service.InvokeVoidAsync(nameof(Service.ForeverAsync), cancel.Token);
            await WaitUntil(() => service.Invoke<int>(nameof(Service.Begun)) == round);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal(round, service.Invoke<int>(nameof(Service.Count)));
        }
    }

    [Fact]
    public async Task What_still_computes_is_cut_off_by_the_limits()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromSeconds(3) });
        using var cancel = new CancellationTokenSource();
        var computes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        runtime.RegisterCallback("computes", computes.SetResult);
        Task call = runtime.InvokeAsync(
            async () =>
            {
                await Task.Yield();
                DotNetIsolatorHost.Invoke("computes");
                while (true)
                {
                }
            },
            cancel.Token);
        await computes.Task;
        await cancel.CancelAsync();
        Assert.True(call.IsCanceled);
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => 1));
        Assert.True(e.IsFatal);
    }

    [Fact]
    public async Task No_handle_of_a_call_that_was_given_up_stays()
    {
        const int Most = 50;
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Handles] = Most } });
        using IsolatedObject service = runtime.CreateObject<Service>();
        for (int round = 0; round < 4 * Most; round++)
        {
            using var cancel = new CancellationTokenSource();
            Task call = service.InvokeVoidAsync(nameof(Service.EndlessAsync), cancel.Token);
            Task lambda = runtime.InvokeAsync(async () => await Task.Delay(Timeout.Infinite), cancel.Token);
            await cancel.CancelAsync();
            Assert.True(call.IsCanceled && lambda.IsCanceled);
        }

        // Those that were under way are given back by now, and so are those of the last rounds, with this call.
        Assert.Equal(0, service.Invoke<int>(nameof(Service.Count)));
        Assert.Equal(7, await service.InvokeAsync<int>(nameof(Service.SevenAsync)));
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_does_not_begin()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        using var inside = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        _runtime.RegisterCallback("wait", () =>
        {
            inside.Set();
            leave.Wait();
        });
        Task first = Task.Run(() => _runtime.Invoke(() => DotNetIsolatorHost.Invoke("wait")));
        inside.Wait();
        using var cancel = new CancellationTokenSource();
        Task second = service.InvokeVoidAsync(nameof(Service.CountAsync), cancel.Token);
        await cancel.CancelAsync();
        Assert.True(second.IsCanceled);
        leave.Set();
        await first;
        Assert.Equal(0, service.Invoke<int>(nameof(Service.Count)));
    }

    private static async Task WaitUntil(Func<bool> isTrue)
    {
        var watch = Stopwatch.StartNew();
        while (!isTrue())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60));
            await Task.Delay(1);
        }
    }

    private sealed class Service
    {
        private int _begun;
        private int _count;

        public int Begun() => _begun;

        public int Count() => _count;

        public async Task<int> CountAsync()
        {
            await Task.Yield();
            return ++_count;
        }

        public async Task<int> SevenAsync()
        {
            await Task.Delay(1);
            return 7;
        }

        public async Task EndlessAsync() => await Task.Delay(Timeout.Infinite);

        public async Task ForeverAsync(CancellationToken cancellation)
        {
            _begun++;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                _count++;
            }
        }
    }
}
