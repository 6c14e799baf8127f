using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Training.Tasks;

/// <summary>Tasks and what is awaited.</summary>
internal static class Asynchrony
{
    public static async Task Tasks(Checksum sum)
    {
        sum.Add(await ValueAsync(5));
        sum.Add(await ValueAsync(5L));
        sum.Add(await ValueAsync("text"));
        sum.Add(await ValueAsync(true));
        sum.Add(await ValueAsync(2.5));
        sum.Add(await ValueAsync(Types.Id(1)));
        sum.Add(await ValueAsync(3.5m));
        sum.Add(await ValueAsync((object)'o'));
        sum.Add(await ValueAsync((1, "b")));
        sum.Add(await ValueAsync(new List<int> { 1 }));
        sum.Add(await ValueAsync(Types.Time(1)));
        sum.Add(await ValueAsync(new byte[3]));
        await Task.CompletedTask;
        await Task.Yield();
        await Task.Delay(1);
        await Task.Run(() => sum.Add("ran"));
        sum.Add(await Task.Run(() => 6));
        sum.Add(await Task.Run(async () =>
        {
            await Task.Delay(1);
            return "inner";
        }));
        sum.Add(await Task.Factory.StartNew(state => (int)state! + 1, 7));
        sum.Add(await Task.FromResult(8).ConfigureAwait(false));
        await Task.Delay(1).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TaskCompletionSource<int> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> continued = source.Task.ContinueWith(t => t.Result + 1, TaskScheduler.Default);
        _ = Task.Run(() => source.SetResult(9));
        sum.Add(await continued);
        try
        {
            await FailAsync();
        }
        catch (InvalidOperationException e)
        {
            sum.Add(e.Message);
        }
        finally
        {
            await Task.Yield();
        }

        sum.Add((await Record(FailAsync()))!.GetType().Name);
        Task failed = Task.FromException(new TimeoutException("late"));
        sum.Add($"{failed.Status} {failed.IsFaulted} {failed.Exception!.InnerExceptions.Count}");
        await using Resource resource = new(sum);
        using Resource second = new(sum);
        sum.Add(await Fibonacci(10));
    }

    public static async Task Combined(Checksum sum)
    {
        int[] all = await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            await Task.Delay(i % 3);
            return i * i;
        }));
        sum.AddAll(all);
        await Task.WhenAll(Task.Delay(1), Task.Run(() => { }));
        await Task.WhenAll(new List<Task> { Task.Delay(1), Task.CompletedTask });
        sum.AddAll(await Task.WhenAll(Task.FromResult("a"), Task.FromResult("b")));
        sum.Add(await await Task.WhenAny(Task.FromResult(1), new TaskCompletionSource<int>().Task));
        Task any = await Task.WhenAny(Task.CompletedTask, new TaskCompletionSource().Task);
        sum.Add(any.IsCompletedSuccessfully);
        int total = 0;
        await foreach (Task<int> done in Task.WhenEach(Task.FromResult(2), Task.FromResult(3)))
        {
            total += await done;
        }

        sum.Add(total);
        try
        {
            await Task.WhenAll(FailAsync(), FailAsync(), Task.Delay(1));
        }
        catch (InvalidOperationException e)
        {
            sum.Add(e.Message);
        }

        sum.Add(await ValueAsync(1).WaitAsync(TimeSpan.FromSeconds(20)));
        try
        {
            await new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromMilliseconds(3));
        }
        catch (TimeoutException)
        {
            sum.Add("timed out");
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 4), new ParallelOptions { MaxDegreeOfParallelism = 1 }, async (i, stop) =>
        {
            await Task.Delay(1, stop);
            sum.Add(i);
        });
        await Task.Run(() => 1).ContinueWith(t => sum.Add(t.Result), TaskContinuationOptions.OnlyOnRanToCompletion);
        sum.Add(await FailAsync().ContinueWith(t => t.Exception!.InnerException!.Message));
        sum.Add(await Task.Run(() => Task.FromResult(4)).Unwrap2());
    }

    public static async Task ValueTasks(Checksum sum)
    {
        sum.Add(await Quick(1));
        sum.Add(await Quick(-1));
        sum.Add(await new ValueTask<string>("s"));
        await new ValueTask(Task.Delay(1));
        await Nothing();
        sum.Add(await Quick(2).AsTask());
        sum.Add(await Quick(-2).Preserve());
        sum.Add(await ValueTask.FromResult(2.5).ConfigureAwait(false));
        sum.Add(ValueTask.CompletedTask.IsCompleted);
        sum.Add(await Pooled(3));

        static async ValueTask<int> Quick(int i)
        {
            if (i < 0)
            {
                await Task.Yield();
            }

            return i * 2;
        }

        static async ValueTask Nothing() => await Task.Yield();

        [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> Pooled(int i)
        {
            await Task.Yield();
            return i;
        }
    }

    public static async Task Cancelling(Checksum sum)
    {
        using CancellationTokenSource source = new();
        using CancellationTokenRegistration registration = source.Token.Register(() => sum.Add("cancelled"));
        source.Token.Register(state => sum.Add(state), "state");
        Task waiting = Task.Delay(-1, source.Token);
        sum.Add(source.Token.CanBeCanceled && !source.IsCancellationRequested);
        await source.CancelAsync();
        try
        {
            await waiting;
        }
        catch (OperationCanceledException e)
        {
            sum.Add(e.GetType().Name + waiting.Status);
        }

        sum.AddThrown(source.Token.ThrowIfCancellationRequested);
        using CancellationTokenSource late = new(TimeSpan.FromMilliseconds(2));
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(late.Token, CancellationToken.None);
        sum.Add((await Record(Task.Delay(-1, linked.Token)))!.GetType().Name);
        Task<int> never = Task.FromCanceled<int>(new CancellationToken(true));
        sum.Add(never.IsCanceled);
        sum.Add((await Record(Task.Run(() => 1, new CancellationToken(true))))!.GetType().Name);
        using CancellationTokenSource reset = new();
        reset.CancelAfter(100_000);
        sum.Add(reset.TryReset());
    }

    public static async Task Timers(Checksum sum)
    {
        using PeriodicTimer periodic = new(TimeSpan.FromMilliseconds(1));
        for (int i = 0; i < 3; i++)
        {
            sum.Add(await periodic.WaitForNextTickAsync());
        }

        TaskCompletionSource ticked = new();
        int ticks = 0;
        await using (Timer timer = new(_ =>
        {
            if (++ticks == 2)
            {
                ticked.TrySetResult();
            }
        }, null, 1, 1))
        {
            await ticked.Task;
            timer.Change(Timeout.Infinite, Timeout.Infinite);
        }

        sum.Add(ticks >= 2);
        TaskCompletionSource elapsed = new();
        using System.Timers.Timer old = new(1) { AutoReset = false };
        old.Elapsed += (_, _) => elapsed.TrySetResult();
        old.Start();
        await elapsed.Task;
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
    }

    public static void Waiting(Checksum sum)
    {
        sum.Add(Task.Run(() => 5).Result);
        sum.Add(ValueAsync(6).GetAwaiter().GetResult());
        Task.Delay(1).Wait();
        Task.WaitAll(Task.Delay(1), Task.Run(() => { }));
        sum.Add(Task.WaitAny(Task.CompletedTask, Task.Delay(20_000)));
        sum.AddThrown(() => FailAsync().Wait());
        sum.AddThrown(() => FailAsync().GetAwaiter().GetResult());
        using ManualResetEventSlim slim = new();
        Task.Run(slim.Set);
        slim.Wait();
        using AutoResetEvent auto = new(false);
        ThreadPool.QueueUserWorkItem(_ => auto.Set());
        sum.Add(auto.WaitOne());
        using CountdownEvent countdown = new(2);
        Task.Run(() => countdown.Signal(2));
        countdown.Wait();
        sum.Add(Thread.CurrentThread.ManagedThreadId > 0 && !Thread.CurrentThread.IsThreadPoolThread | true);
        Thread.Sleep(1);
    }

    public static void Loops(Checksum sum)
    {
        long total = 0;
        Parallel.For(0, 50, i => Interlocked.Add(ref total, i));
        Parallel.ForEach(Enumerable.Range(0, 50), i => Interlocked.Add(ref total, i));
        Parallel.For(0, 50, () => 0L, (i, _, local) => local + i, local => Interlocked.Add(ref total, local));
        Parallel.ForEach(new List<string> { "a", "b" }, s => Interlocked.Add(ref total, s.Length));
        Parallel.Invoke(() => Interlocked.Increment(ref total), () => Interlocked.Increment(ref total));
        sum.Add(total);
    }

    private static async Task<T> ValueAsync<T>(T value)
    {
        await Task.Yield();
        return value;
    }

    private static async Task<int> Fibonacci(int n) => n < 2 ? n : await Fibonacci(n - 1) + await Fibonacci(n - 2);

    private static async Task FailAsync()
    {
        await Task.Yield();
        throw new InvalidOperationException("failed");
    }

    private static async Task<T> Unwrap2<T>(this Task<T> task) => await task;

    private static async Task<Exception?> Record(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e;
        }
    }

    private sealed class Resource(Checksum sum) : IAsyncDisposable, IDisposable
    {
        public void Dispose() => sum.Add("disposed");

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            sum.Add("disposed later");
        }
    }
}
