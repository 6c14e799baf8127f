using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

var watch = Stopwatch.StartNew();
using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
var queue = new ConcurrentQueue<string>();
Worker[] workers = [new("first", 3), new("second", 2)];
foreach (Worker worker in workers)
{
    worker.Done += (sender, e) => queue.Enqueue($"{((Worker)sender!).Name} {e.Result}");
}

try
{
    int[] results = await Task.WhenAll(workers.Select(worker => worker.RunAsync(cancel.Token)));
    Console.WriteLine(results.Sum());
    await foreach (int number in Numbers(5, cancel.Token))
    {
        if (number % 2 != 0) continue;
        Console.WriteLine(number);
    }
}
catch (OperationCanceledException problem) when (problem.CancellationToken == cancel.Token)
{
    Console.WriteLine("too late");
}
catch (AggregateException problem)
{
    foreach (Exception inner in problem.InnerExceptions) Console.WriteLine(inner.Message);
    throw;
}
finally
{
    watch.Stop();
}

while (queue.TryDequeue(out string? line))
{
    Console.WriteLine(line);
}

object gate = new();
int shared = 0;
var threads = Enumerable.Range(0, 3).Select(i => Task.Run(() => { lock (gate) { shared += i; } })).ToList();
await Task.WhenAll(threads).ConfigureAwait(false);
Console.WriteLine(shared);
Console.WriteLine(await Retry(async attempt => { await Task.Delay(1); return attempt > 1 ? "done" : throw new InvalidOperationException("not yet"); }, 3));

async IAsyncEnumerable<int> Numbers(int count, [EnumeratorCancellation] CancellationToken token = default)
{
    for (int i = 0; i < count; i++)
    {
        await Task.Yield();
        token.ThrowIfCancellationRequested();
        yield return i;
    }
}

static async Task<T> Retry<T>(Func<int, Task<T>> work, int times) where T : class
{
    for (int attempt = 1; ; attempt++)
    {
        try
        {
            return await work(attempt);
        }
        catch (InvalidOperationException) when (attempt < times)
        {
            await Task.Delay(1);
        }
    }
}

sealed class DoneEventArgs(int result) : EventArgs
{
    public int Result { get; } = result;
}

sealed class Worker(string name, int steps) : IAsyncDisposable
{
    private volatile bool _stopped;

    public event EventHandler<DoneEventArgs>? Done;

    public string Name => name;

    public async Task<int> RunAsync(CancellationToken token)
    {
        int sum = 0;
        for (int step = 1; step <= steps && !_stopped; step++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), token);
            sum += step;
        }
        Done?.Invoke(this, new DoneEventArgs(sum));
        return sum;
    }

    public ValueTask DisposeAsync()
    {
        _stopped = true;
        return ValueTask.CompletedTask;
    }
}
