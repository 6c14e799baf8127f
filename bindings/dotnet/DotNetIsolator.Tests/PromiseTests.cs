using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What the library says that it does.</summary>
public sealed class PromiseTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void Fatal_is_what_ended_the_runtime_and_nothing_else()
    {
        using var small = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Value] = 1000 } });
        var e = Assert.Throws<IsolatedException>(() => small.Invoke(() => new string('x', 2000)));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.Value, false), (e.Kind, e.Limit, e.IsFatal));
        Assert.Equal(3, small.Invoke(() => 3));

        using var brief = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(50) });
        e = Assert.Throws<IsolatedException>(() => brief.Invoke(Forever));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout, true), (e.Kind, e.Limit, e.IsFatal));
        e = Assert.Throws<IsolatedException>(() => brief.Invoke(() => 3));
        Assert.Equal((IsolatedErrorKind.Dead, true), (e.Kind, e.IsFatal));
        Assert.False(Assert.Throws<IsolatedException>(() => _runtime.Invoke(Fail)).IsFatal);
    }

    [Fact]
    public async Task Cancel_ends_every_later_call_with_the_exception_that_it_promises()
    {
        foreach (bool asyncFirst in new[] { false, true })
        {
            var runtime = new IsolatedRuntime(SharedHost.Instance);
            using IsolatedObject made = runtime.CreateObject<Service>();
            IsolatedMethod number = made.FindMethod(nameof(Service.Number));
            Assert.Equal(1, number.Invoke<int>(made));
            Task waits = asyncFirst ? made.InvokeVoidAsync(nameof(Service.ForeverAsync)) : Task.CompletedTask;
            runtime.Cancel();
            if (asyncFirst)
            {
                await Assert.ThrowsAsync<OperationCanceledException>(() => waits);
                Assert.True(waits.IsCanceled);
            }

            for (int round = 0; round < 2; round++)
            {
                foreach (Action call in new Action[]
                {
                    () => number.Invoke<int>(made),
                    () => made.InvokeVoid(nameof(Service.Number)),
                    () => made.Invoke<int, int>(nameof(Service.Twice), 4),
                    () => made.FindMethod(nameof(Service.Number)),
                    () => made.FindMethod("Other"),
                    () => made.GetValue<Service>(),
                    () => runtime.GetMethod(typeof(Service), nameof(Service.Number)),
                    () => runtime.GetMethod(typeof(Service), nameof(Service.Twice), [typeof(int)]),
                    () => runtime.CreateObject<Service>(),
                    () => runtime.CreateObject<PromiseTests>(),
                    () => runtime.CopyObject(new Service()),
                    () => runtime.Invoke(() => 1),
                    () => runtime.RunPending(),
                })
                {
                    Assert.Throws<OperationCanceledException>(call);
                }

                await Assert.ThrowsAsync<OperationCanceledException>(() => made.InvokeVoidAsync(nameof(Service.ForeverAsync)));
                await Assert.ThrowsAsync<OperationCanceledException>(() => runtime.InvokeAsync(async () => await Task.Yield()));
            }

            Assert.True(runtime.GetUsage().Calls > 0);
            runtime.Dispose();
        }
    }

    [Fact]
    public void An_assembly_that_is_missing_inside_is_told_as_anywhere()
    {
        foreach (string name in new[] { "Missing", "Missing, Version=1.2.3.4, Culture=neutral, PublicKeyToken=null" })
        {
            Assert.Equal(MessageOfLoad(name), _runtime.Invoke(() => MessageOfLoad(name)));
        }

        Assert.StartsWith(
            "Could not load file or assembly 'Missing, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.",
            _runtime.Invoke(() => MessageOfLoad("Missing")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_that_is_missing_inside_is_told_as_anywhere()
    {
        string own = AppContext.BaseDirectory;
        string missing = typeof(ILogger).Assembly.GetName().Name!;
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(name =>
            name != missing && File.Exists(Path.Combine(own, name + ".dll")) ? File.ReadAllBytes(Path.Combine(own, name + ".dll")) : null);
        using var runtime = new IsolatedRuntime(host);
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => UsesLogging()));
        Assert.Equal("System.IO.FileNotFoundException", e.GuestException!.TypeName);
        Assert.Equal(
            $"Could not load file or assembly '{typeof(ILogger).Assembly.FullName}'. The system cannot find the file specified.",
            e.GuestException.Message.TrimEnd('\n'));
    }

    [Fact]
    public async Task Callbacks_may_return_value_tasks()
    {
        _runtime.RegisterCallback("number", async ValueTask<int> (int half) =>
        {
            await Task.Yield();
            return 2 * half;
        });
        _runtime.RegisterCallback("ready", ValueTask<string> () => new("at once"));
        int called = 0;
        _runtime.RegisterCallback("nothing", async ValueTask (CancellationToken gone) =>
        {
            await Task.Yield();
            called += gone.CanBeCanceled ? 1 : 0;
        });
        _runtime.RegisterCallback("fails", async ValueTask<int> () =>
        {
            await Task.Yield();
            throw new InvalidTimeZoneException("value task");
        });
        Assert.Equal("42 at once 7", await _runtime.InvokeAsync(async () =>
        {
            int number = await DotNetIsolatorHost.InvokeAsync<int>("number", 21);
            string ready = await DotNetIsolatorHost.InvokeAsync<string>("ready");
            await DotNetIsolatorHost.InvokeAsync("nothing");
            return $"{number} {ready} {DotNetIsolatorHost.Invoke<int>("number", 3) + 1}";
        }));
        Assert.Equal(1, called);
        var e = await Assert.ThrowsAsync<IsolatedException>(() => _runtime.InvokeAsync(async () => await DotNetIsolatorHost.InvokeAsync<int>("fails")));
        Assert.IsType<InvalidTimeZoneException>(e.InnerException);
    }

    [Fact]
    public void Raw_calls_take_any_number_of_arrays()
    {
        _runtime.RegisterCallback("none", () => new byte[] { 1 });
        _runtime.RegisterCallback("two", (byte[]? a, byte[]? b) => new byte[] { (byte)(a?.Length ?? 100), (byte)(b?.Length ?? 100) });
        _runtime.RegisterCallback("one", (byte[] a) => a);
        Assert.Equal([1], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("none")));
        Assert.Equal([2, 100], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("two", [1, 2], null)));
        Assert.Equal([0, 1], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw<object>("two", [], [9])));
        Assert.Equal([3, 4], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw<object>("one", [3, 4])));
    }

    [Fact]
    public void A_handle_may_be_released_as_in_the_original()
    {
        IsolatedObject made = _runtime.CreateObject<Service>();
        made.ReleaseGCHandle();
        Assert.Equal(nameof(IsolatedObject), Assert.Throws<ObjectDisposedException>(() => made.Invoke<int>(nameof(Service.Number))).ObjectName);
    }

    [Fact]
    public void Out_and_ref_arguments_come_back_in_an_array()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();

        // Nothing is passed for `out`; what comes back is the result, if there is one, and then each `out` and `ref` argument.
        object[] parsed = service.Invoke<string, object[]>(nameof(Service.TryParse), "12");
        Assert.Equal([true, 12], parsed.Select(value => value is bool ? value : Convert.ToInt32(value)));
        int[] swapped = service.Invoke<int, int, int[]>(nameof(Service.Swap), 1, 2);
        Assert.Equal([2, 1], swapped);
    }

    [Fact]
    public void What_a_call_leaves_behind_runs_before_the_next()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        service.InvokeVoid(nameof(Service.LeaveWork));
        Assert.Equal(1, service.Invoke<int>(nameof(Service.Done)));

        service.InvokeVoid(nameof(Service.LeaveTimer), 20);
        Thread.Sleep(50);
        Assert.Equal(2, service.Invoke<int>(nameof(Service.Done)));

        service.InvokeVoid(nameof(Service.LeaveTimer), 1);
        TimeSpan? next = _runtime.RunPending();
        while (next is { } wait)
        {
            Thread.Sleep(wait);
            next = _runtime.RunPending();
        }

        Assert.Equal(3, service.GetValue<Service>().Done());
    }

    [Fact]
    public void A_call_from_within_a_callback_runs_nothing_that_was_left_behind()
    {
        using IsolatedObject service = _runtime.CreateObject<Service>();
        _runtime.RegisterCallback("done", () => service.Invoke<int>(nameof(Service.Done)));
        Assert.Equal(0, service.Invoke<int>(nameof(Service.LeaveWorkAndAsk)));
        Assert.Equal(1, service.Invoke<int>(nameof(Service.Done)));
    }

    private static void Forever()
    {
        while (true)
        {
        }
    }

    private static void Fail() => throw new InvalidOperationException("no");

    private static string MessageOfLoad(string name)
    {
        try
        {
            return Assembly.Load(name).FullName!;
        }
        catch (FileNotFoundException e)
        {
            return e.Message;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string UsesLogging() => new EventId(3).ToString();

    private sealed class Service
    {
        private int _done;

        public int Number() => 1;

        public int Twice(int number) => 2 * number;

        public int Done() => _done;

        public async Task ForeverAsync() => await Task.Delay(Timeout.Infinite);

        public bool TryParse(string text, out int number) => int.TryParse(text, out number);

        public void Swap(ref int a, ref int b) => (a, b) = (b, a);

        public void LeaveWork() => Task.Run(() => _done++);

        public async void LeaveTimer(int milliseconds)
        {
            await Task.Delay(milliseconds);
            _done++;
        }

        public int LeaveWorkAndAsk()
        {
            LeaveWork();
            return DotNetIsolatorHost.Invoke<int>("done");
        }
    }
}
