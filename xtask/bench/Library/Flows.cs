using System.Threading.Channels;

namespace Bench.Library;

/// <summary>Asynchronous code, and what threads share.</summary>
internal static class Flows
{
    private static async Task<int> AddAsync(int a, int b)
    {
        await Task.Yield();
        return a + b;
    }

    private static async ValueTask<int> QuickAsync(int a) => await Task.FromResult(a) + 1;

    public static double Await() => AwaitAsync().GetAwaiter().GetResult();

    private static async Task<double> AwaitAsync()
    {
        long sum = 0;
        for (int i = 0; i < 300; i++)
        {
            sum += await AddAsync(i, 1);
            sum += await QuickAsync(i);
            await Task.CompletedTask;
        }

        return sum;
    }

    public static double Channels() => ChannelsAsync().GetAwaiter().GetResult();

    private static async Task<double> ChannelsAsync()
    {
        Channel<int> channel = Channel.CreateBounded<int>(10), results = Channel.CreateUnbounded<int>();
        Task producing = Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await channel.Writer.WriteAsync(i);
            }

            channel.Writer.Complete();
        });
        Task consuming = Task.Run(async () =>
        {
            await foreach (int i in channel.Reader.ReadAllAsync())
            {
                await results.Writer.WriteAsync(i * 2);
            }

            results.Writer.Complete();
        });
        await Task.WhenAll(producing, consuming);
        long sum = 0;
        await foreach (int i in results.Reader.ReadAllAsync())
        {
            sum += i;
        }

        return sum;
    }

    public static double All() => AllAsync().GetAwaiter().GetResult();

    private static async Task<double> AllAsync()
    {
        using CancellationTokenSource stop = new();
        int[] numbers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => i * 2, stop.Token)));
        using SemaphoreSlim gate = new(3);
        int sum = 0;
        await Parallel.ForEachAsync(numbers, stop.Token, async (n, token) =>
        {
            await gate.WaitAsync(token);
            Interlocked.Add(ref sum, n);
            gate.Release();
        });
        TaskCompletionSource<int> source = new();
        Task<int> after = source.Task.ContinueWith(t => t.Result + 1, TaskScheduler.Default);
        source.SetResult(5);
        return sum + await after;
    }

    private static async IAsyncEnumerable<int> CountAsync(int to)
    {
        for (int i = 0; i < to; i++)
        {
            if (i % 10 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }

    public static double AsyncStreams() => AsyncStreamsAsync().GetAwaiter().GetResult();

    private static async Task<double> AsyncStreamsAsync()
    {
        long sum = 0;
        await foreach (int i in CountAsync(1000))
        {
            sum += i;
        }

        return sum;
    }

    private static readonly Lock s_lock = new();

    public static double Locks()
    {
        object gate = new();
        using ReaderWriterLockSlim both = new();
        using SemaphoreSlim slim = new(1);
        int sum = 0;
        for (int i = 0; i < 2000; i++)
        {
            lock (gate)
            {
                sum++;
            }

            lock (s_lock)
            {
                sum++;
            }

            both.EnterReadLock();
            sum++;
            both.ExitReadLock();
            slim.Wait();
            sum++;
            slim.Release();
        }

        return sum;
    }

    private static long s_total;

    public static double Atomics()
    {
        s_total = 0;
        int count = 0;
        object? kept = null;
        for (int i = 0; i < 5000; i++)
        {
            Interlocked.Increment(ref count);
            Interlocked.Add(ref s_total, i);
            Interlocked.CompareExchange(ref count, 0, 1000);
            Interlocked.CompareExchange(ref kept, "x", null);
            count += Volatile.Read(ref s_total) > 5 ? 1 : 0;
        }

        Lazy<int> lazy = new(() => 5);
        return s_total + count + lazy.Value;
    }
}
