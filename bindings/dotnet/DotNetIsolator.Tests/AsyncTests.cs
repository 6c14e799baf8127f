using Xunit;

namespace DotNetIsolator.Tests;

public sealed class AsyncTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task An_asynchronous_lambda_is_awaited()
    {
        int captured = 20;
        Assert.Equal(42, await _runtime.InvokeAsync(async () =>
        {
            await Task.Delay(20);
            return captured + 22;
        }));
        await _runtime.InvokeAsync(async () => await Task.Yield());
    }

    [Fact]
    public async Task Calls_wait_at_the_same_time()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        Task<string> a = service.InvokeAsync<string>(nameof(Service.LoadAsync), "a", 200);
        Task<string> b = service.InvokeAsync<string>(nameof(Service.LoadAsync), "b", 10);
        Assert.Same(b, await Task.WhenAny(a, b));

        // Others may call while they wait.
        Assert.Equal(1, service.Invoke<int>(nameof(Service.Done)));
        Assert.Equal(["a", "b"], await Task.WhenAll(a, b));
    }

    [Fact]
    public async Task An_exception_is_that_of_the_task()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        var e = await Assert.ThrowsAsync<IsolatedException>(() => service.InvokeVoidAsync(nameof(Service.FailAsync)));
        Assert.Contains("System.InvalidOperationException: later", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_cancels_what_the_method_awaits()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        using var cancel = new CancellationTokenSource();
        Task slow = service.InvokeVoidAsync(nameof(Service.ForeverAsync), cancel.Token);
        await Task.Delay(50);
        Assert.False(slow.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        Assert.Equal(1, service.Invoke<int>(nameof(Service.Done)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => service.InvokeVoidAsync(nameof(Service.ForeverAsync), cancel.Token));
    }

    [Fact]
    public async Task A_callback_that_returns_a_task_is_awaited_inside()
    {
        _runtime.RegisterCallback("fetch", async (string key) =>
        {
            await Task.Delay(20);
            return key.Length;
        });
        Assert.Equal(9, await _runtime.InvokeAsync(async () =>
        {
            Task<int> a = DotNetIsolatorHost.InvokeAsync<int>("fetch", "four");
            Task<int> b = DotNetIsolatorHost.InvokeAsync<int>("fetch", "seven");
            return await a + await b;
        }));
        Assert.Equal(3, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("fetch", "key")));
    }

    [Fact]
    public void A_task_is_no_value()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        var e = Assert.Throws<IsolatedException>(() => service.InvokeVoid(nameof(Service.FailAsync)));
        Assert.Equal(IsolatedErrorKind.Async, e.Kind);
    }

    [Fact]
    public async Task Disposal_ends_what_is_under_way()
    {
        var runtime = new IsolatedRuntime(SharedHost.Instance);
        Task slow = runtime.CreateObject<Service>().InvokeVoidAsync(nameof(Service.ForeverAsync));
        await Task.Delay(50);
        runtime.Dispose();
        var e = await Assert.ThrowsAsync<IsolatedException>(() => slow.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(IsolatedErrorKind.Dead, e.Kind);
    }

    [Fact]
    public async Task Work_that_a_call_left_behind_goes_on_with_later_calls()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        service.InvokeVoid(nameof(Service.StartAndLeave));
        for (int i = 0; i < 200 && service.Invoke<int>(nameof(Service.Done)) == 0; i++)
        {
            await _runtime.InvokeAsync(async () => await Task.Delay(10));
        }

        Assert.Equal(1, service.Invoke<int>(nameof(Service.Done)));
    }

    private sealed class Service
    {
        private int _done;

        public int Done() => _done;

        public async Task<string> LoadAsync(string key, int milliseconds)
        {
            await Task.Delay(milliseconds);
            _done++;
            return key;
        }

        public async Task FailAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("later");
        }

        public async Task ForeverAsync(CancellationToken cancellation)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                _done++;
            }
        }

        public async void StartAndLeave()
        {
            await Task.Delay(5);
            _done++;
        }
    }
}
