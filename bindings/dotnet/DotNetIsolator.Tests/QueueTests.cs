using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Calls of one runtime from many threads.</summary>
public sealed class QueueTests : IDisposable
{
    private const int Threads = 8;
    private const int Rounds = 50;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Asynchronous_calls_by_name_queue_up()
    {
        using IsolatedObject person = _runtime.CreateObject<Person>();
        Assert.Equal(Threads * Rounds, await Answers(async (_, _) => await person.InvokeAsync<string>(nameof(Person.Name)) == "Ada"));
    }

    [Fact]
    public async Task Lambdas_queue_up_with_what_they_capture() => Assert.Equal(
        Threads * Rounds,
        await Answers(async (thread, round) =>
        {
            int[] captured = [thread, round];
            return await _runtime.InvokeAsync(() => Task.FromResult(captured[0] * 1000 + captured[1])) == thread * 1000 + round;
        }));

    [Fact]
    public async Task Objects_may_be_made_and_called_by_all_at_once() => Assert.Equal(
        Threads * Rounds,
        await Answers(async (thread, round) =>
        {
            using IsolatedObject person = _runtime.CreateObject<Person>($"{thread}", round);
            bool named = await person.InvokeAsync<string>(nameof(Person.Name)) == $"{thread}";
            return named && person.Invoke<int>(nameof(Person.Age)) == round
                && await _runtime.InvokeAsync(async () =>
                {
                    await Task.Yield();
                    return thread;
                }) == thread;
        }));

    [Fact]
    public void Synchronous_calls_wait_for_each_other() => Parallel.For(0, Threads, thread =>
    {
        for (int round = 0; round < Rounds; round++)
        {
            Assert.Equal(thread + round, _runtime.Invoke(() => thread + round));
        }
    });

    [Fact]
    public async Task Callbacks_do_not_keep_others_out()
    {
        _runtime.RegisterCallback("half", (int number) => number / 2);
        Assert.Equal(
            Threads * Rounds,
            await Answers(async (thread, round) =>
                await _runtime.InvokeAsync(() => Task.FromResult(DotNetIsolatorHost.Invoke<int>("half", 2 * round))) == round
                && _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("half", 2 * thread)) == thread));
    }

    [Fact]
    public async Task Calls_of_one_thread_begin_in_their_order()
    {
        using IsolatedObject list = _runtime.CreateObject<Person>();
        Task[] calls = new Task[100];
        for (int i = 0; i < calls.Length; i++)
        {
            // Some are found when they begin, and some are known.
            calls[i] = list.InvokeVoidAsync(i % 2 == 0 ? nameof(Person.AddAsync) : nameof(Person.AppendAsync), i);
        }

        await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, calls.Length), list.Invoke<int[]>(nameof(Person.Numbers)));
    }

    [Fact]
    public async Task A_thousand_queued_calls_hold_no_thread()
    {
        using IsolatedObject person = _runtime.CreateObject<Person>();
        using var inside = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        _runtime.RegisterCallback("wait", () =>
        {
            inside.Set();
            leave.Wait();
        });
        var first = new Thread(() => _runtime.Invoke(() => DotNetIsolatorHost.Invoke("wait")));
        first.Start();
        inside.Wait();
        int before = Native();
        Task<string>[] calls = Array.ConvertAll(new int[1000], _ => person.InvokeAsync<string>(nameof(Person.Name)));
        Task<int>[] lambdas = Array.ConvertAll(new int[1000], _ => _runtime.InvokeAsync(() => Task.FromResult(1)));
        await Task.Delay(100);
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        Assert.InRange(Native(), 0, before + 30);
        leave.Set();
        Assert.All(await Task.WhenAll(calls), name => Assert.Equal("Ada", name));
        Assert.Equal(1000, (await Task.WhenAll(lambdas)).Sum());
        first.Join();

        static int Native() => System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
    }

    private static async Task<int> Answers(Func<int, int, Task<bool>> ask)
    {
        int right = 0;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                if (await ask(thread, round))
                {
                    Interlocked.Increment(ref right);
                }
            }
        })));
        return right;
    }

    private sealed class Person(string name, int age)
    {
        private readonly List<int> _numbers = [];

        public Person()
            : this("Ada", 36)
        {
        }

        public string Name() => name;

        public int Age() => age;

        public int[] Numbers() => [.. _numbers];

        public Task AddAsync(int number)
        {
            _numbers.Add(number);
            return Task.CompletedTask;
        }

        public Task AppendAsync(int number) => AddAsync(number);
    }
}
