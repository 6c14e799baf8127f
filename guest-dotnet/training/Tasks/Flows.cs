using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Training.Tasks;

/// <summary>Streams of values, channels, locks, and what flows with a task.</summary>
internal static class Flows
{
    private static readonly AsyncLocal<string> s_local = new();

    [ThreadStatic]
    private static int s_perThread;

    public static async Task Streams(Checksum sum)
    {
        await foreach (int i in Numbers(5))
        {
            sum.Add(i);
        }

        await foreach (string s in Each("a", "b").ConfigureAwait(false))
        {
            sum.Add(s);
        }

        await foreach (double d in Each(1.5, 2.5).WithCancellation(CancellationToken.None))
        {
            sum.Add(d);
        }

        sum.AddAll(await Numbers(6).Where(i => i % 2 == 0).Select(i => i * 10).ToListAsync());
        sum.Add(await Numbers(6).SumAsync());
        sum.Add(await Numbers(6).FirstAsync(i => i > 2));
        sum.Add(await Numbers(6).CountAsync());
        sum.Add(await Numbers(6).AnyAsync(i => i == 5));
        sum.AddAll(await Numbers(6).OrderByDescending(i => i).Take(2).ToArrayAsync());
        sum.Add((await Numbers(6).ToDictionaryAsync(i => i)).Count);
        sum.Add(await Enumerable.Range(0, 3).ToAsyncEnumerable().LastAsync());
        using CancellationTokenSource stop = new();
        try
        {
            await foreach (int i in Numbers(100, stop.Token))
            {
                if (i == 3)
                {
                    stop.Cancel();
                }
            }
        }
        catch (OperationCanceledException)
        {
            sum.Add("stopped");
        }
    }

    public static async Task ChannelKinds(Checksum sum)
    {
        await Through(sum, Channel.CreateUnbounded<int>(), i => i);
        await Through(sum, Channel.CreateBounded<int>(2), i => i);
        await Through(sum, Channel.CreateUnbounded<string>(new() { SingleReader = true }), i => $"s{i}");
        await Through(sum, Channel.CreateBounded<(int, string)>(new BoundedChannelOptions(3) { FullMode = BoundedChannelFullMode.Wait }), i => (i, "x"));
        Channel<object> channel = Channel.CreateUnboundedPrioritized<object>();
        sum.Add(channel.Writer.TryWrite(3));
        sum.Add(channel.Writer.TryWrite(1));
        sum.Add(channel.Reader.TryRead(out object? first) ? first : null);
        sum.Add(channel.Writer.TryComplete(new TimeoutException()));
        sum.Add(channel.Reader.Count);
    }

    public static async Task Locals(Checksum sum)
    {
        s_local.Value = "outer";
        await Task.Run(async () =>
        {
            sum.Add(s_local.Value);
            s_local.Value = "inner";
            await Task.Yield();
            sum.Add(s_local.Value);
        });
        sum.Add(s_local.Value);
        ExecutionContext.Run(ExecutionContext.Capture()!, _ => s_local.Value = "run", null);
        sum.Add(s_local.Value);
        s_perThread = 5;
        sum.Add(s_perThread);
        using ThreadLocal<int> local = new(() => 7);
        sum.Add(local.Value);
        using SemaphoreSlim semaphore = new(1);
        int most = 0, inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await semaphore.WaitAsync();
            most = Math.Max(most, ++inside);
            await Task.Yield();
            inside--;
            semaphore.Release();
        }));
        sum.Add(most);
    }

    public static void Locks(Checksum sum)
    {
        object gate = new();
        int value = 0;
        lock (gate)
        {
            value++;
            sum.Add(Monitor.IsEntered(gate));
        }

        Lock modern = new();
        lock (modern)
        {
            value++;
        }

        using (modern.EnterScope())
        {
            value++;
        }

        sum.Add(Monitor.TryEnter(gate));
        Monitor.Exit(gate);
        using ReaderWriterLockSlim slim = new();
        slim.EnterReadLock();
        slim.ExitReadLock();
        slim.EnterUpgradeableReadLock();
        slim.EnterWriteLock();
        slim.ExitWriteLock();
        slim.ExitUpgradeableReadLock();
        SpinLock spin = new(false);
        bool taken = false;
        spin.Enter(ref taken);
        spin.Exit();
        using Mutex mutex = new();
        sum.Add(mutex.WaitOne(1));
        mutex.ReleaseMutex();
        using Semaphore semaphore = new(1, 1);
        sum.Add(semaphore.WaitOne(1));
        semaphore.Release();
        Volatile.Write(ref value, Volatile.Read(ref value) + 1);
        Interlocked.Or(ref value, 64);
        sum.Add(value);
        sum.Add(LazyInitializer.EnsureInitialized(ref s_lazy, () => "lazy"));
        sum.Add(new Lazy<int>(() => 5, LazyThreadSafetyMode.ExecutionAndPublication).Value);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(before);
    }

    private static string? s_lazy;

    private static async IAsyncEnumerable<int> Numbers(int count, [EnumeratorCancellation] CancellationToken stop = default)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            stop.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    private static async IAsyncEnumerable<T> Each<T>(params T[] values)
    {
        foreach (T value in values)
        {
            await Task.Yield();
            yield return value;
        }
    }

    private static async Task Through<T>(Checksum sum, Channel<T> channel, Func<int, T> make)
    {
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 6; i++)
            {
                await channel.Writer.WriteAsync(make(i));
            }

            channel.Writer.Complete();
        });
        sum.Add(await channel.Reader.ReadAsync());
        sum.Add(await channel.Reader.WaitToReadAsync());
        await foreach (T value in channel.Reader.ReadAllAsync())
        {
            sum.Add(value);
        }

        await writing;
        await channel.Reader.Completion;
    }
}
