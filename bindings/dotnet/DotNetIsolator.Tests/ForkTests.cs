using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Runtimes that go on from where a live one is.</summary>
public sealed class ForkTests : IDisposable
{
    private static int s_value;
    private static Task<string>? s_waiting;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void A_fork_goes_on_from_there_on_its_own()
    {
        _runtime.Invoke(static () => { s_value = 7; });
        using IsolatedObject counter = _runtime.CreateObject<ObjectTests.Counter>();
        counter.InvokeVoid("Add", 3);
        _runtime.Keep("counter", counter);
        using IsolatedRuntime fork = _runtime.Fork();
        Assert.NotSame(_runtime, fork);
        Assert.Same(_runtime.Host, fork.Host);
        _runtime.Invoke(static () => { s_value = 8; });
        counter.InvokeVoid("Add", 10);
        Assert.Equal((8, 7), (_runtime.Invoke(static () => s_value), fork.Invoke(static () => s_value)));
        Assert.Equal((13, 3), (counter.Invoke<int>("get_Total"), fork.Kept<IsolatedObject>("counter").Invoke<int>("get_Total")));

        // A fork of the fork.
        fork.Invoke(static () => { s_value = 9; });
        using IsolatedRuntime second = fork.Fork();
        Assert.Equal(9, second.Invoke(static () => s_value));
        fork.Dispose();
        Assert.Equal(9, second.Invoke(static () => s_value));
    }

    [Fact]
    public void Many_forks_are_made_at_once_and_used_by_threads()
    {
        _runtime.Invoke(static () => { s_value = 1000; });
        Assert.Empty(_runtime.ForkMany(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _runtime.ForkMany(-1));
        IsolatedRuntime[] forks = _runtime.ForkMany(8);
        Parallel.For(0, forks.Length, i => Assert.Equal(1000 + i, forks[i].Invoke(() => s_value += i)));
        Assert.Equal(1000, _runtime.Invoke(static () => s_value));
        Array.ForEach(forks, fork => fork.Dispose());

        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 2 });
        using var one = new IsolatedRuntime(host);
        var e = Assert.Throws<IsolatedException>(() => one.ForkMany(2));
        Assert.Equal(IsolatedErrorKind.Host, e.Kind);
        Assert.Equal(1, host.LiveRuntimes);
    }

    [Fact]
    public void What_is_of_the_parent_is_inherited()
    {
        using IsolatedObject counter = _runtime.CreateObject<ObjectTests.Counter>();
        IsolatedMethod square = _runtime.GetMethod(typeof(SnapshotTests), nameof(SnapshotTests.Square));
        IsolatedAssembly assembly = _runtime.LoadAssembly(typeof(ForkTests).Assembly.GetName().Name!);
        var greeter = _runtime.Get<SnapshotTests.IGreeter, SnapshotTests.Greeter>("hello");
        counter.InvokeVoid("Add", 3);
        using IsolatedRuntime fork = _runtime.Fork();

        // Not itself, in whatever place.
        IsolatedMethod add = fork.GetMethod(typeof(ForkTests), nameof(TotalOf));
        foreach (Action call in new Action[]
        {
            () => add.Invoke<IsolatedObject, int>(null, counter),
            () => fork.GetMethod(typeof(ObjectTests.Counter), "get_Total").Invoke<int>(counter),
            () => fork.Keep("counter", counter),
        })
        {
            var e = Assert.Throws<IsolatedException>(call);
            Assert.Equal(IsolatedErrorKind.BadHandle, e.Kind);
            Assert.Contains("Inherit", e.Message, StringComparison.Ordinal);
        }

        using IsolatedObject here = fork.Inherit(counter);
        Assert.Same(fork, here.Runtime);
        here.InvokeVoid("Add", 4);
        Assert.Equal((3, 7, 7), (counter.Invoke<int>("get_Total"), here.Invoke<int>("get_Total"), add.Invoke<IsolatedObject, int>(null, here)));
        IsolatedMethod inherited = fork.Inherit(square);
        Assert.Equal((64, nameof(SnapshotTests.Square)), (inherited.Invoke<int, int>(null, 8), inherited.Name));
        Assert.Equal(64, fork.Inherit(assembly).GetMethod(typeof(SnapshotTests).FullName!, nameof(SnapshotTests.Square)).Invoke<int, int>(null, 8));
        Assert.Equal("hello fork", fork.Inherit(greeter).Greet("fork"));
        Assert.Same(here, fork.Inherit(here));

        // Not the other way round, not of strangers, and nothing that came later.
        Assert.Contains("another runtime", Assert.Throws<IsolatedException>(() => _runtime.Inherit(here)).Message, StringComparison.Ordinal);
        using var stranger = new IsolatedRuntime(SharedHost.Instance);
        Assert.Contains("another runtime", Assert.Throws<IsolatedException>(() => stranger.Inherit(counter)).Message, StringComparison.Ordinal);
        using IsolatedObject later = _runtime.CreateObject<ObjectTests.Counter>();
        var late = Assert.Throws<IsolatedException>(() => fork.Inherit(later));
        Assert.Equal(IsolatedErrorKind.BadHandle, late.Kind);
        Assert.Contains("after runtime", late.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => fork.Inherit("text"));
    }

    /// <summary>Whatever was called before, by lambdas and on objects: a fork, one that slept and one from a snapshot give what their parent gives.</summary>
    [Fact]
    public void Copies_do_what_their_parent_does()
    {
        var random = new Random(20_261_201);
        for (int round = 0; round < 6; round++)
        {
            (int Kind, int Value)[] before = Steps(random);
            (int Kind, int Value)[] after = Steps(random);
            using var parent = new IsolatedRuntime(SharedHost.Instance);
            Begin(parent, before);
            using IsolatedRuntime fork = parent.Fork();
            using SuspendedRuntime asleep = parent.Suspend();
            using IsolatedRuntime woken = SharedHost.Instance.Resume(asleep);
            using AppSnapshot snapshot = SharedHost.Instance.Snapshot(prepared => Begin(prepared, before));
            using var fresh = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Snapshot = snapshot });
            long[] expected = Run(parent, after);
            foreach (IsolatedRuntime copy in new[] { fork, woken, fresh })
            {
                Assert.Equal(expected, Run(copy, after));
            }

            // And those of a copy, which has done it by then.
            using IsolatedRuntime again = fresh.Fork();
            Assert.Equal(Run(parent, before), Run(again, before));
        }
    }

    [Fact]
    public void Callbacks_and_offers_are_the_forks_too()
    {
        List<IsolatedRuntime> callers = [];
        _runtime.RegisterCallback("who", (IsolatedRuntime caller, string word) =>
        {
            callers.Add(caller);
            return $"{word} of {(ReferenceEquals(caller, _runtime) ? "the parent" : "the fork")}";
        });
        _runtime.RegisterCallback("again", (IsolatedRuntime caller) => caller.Invoke(static () => s_value));
        _runtime.Offer<SnapshotTests.IGreeter>("greeter", new SnapshotTests.Greeter("offered"));
        _runtime.Invoke(static () => { s_value = 1; });
        IsolatedRuntime fork = _runtime.Fork();
        fork.Invoke(static () => { s_value = 2; });
        foreach ((IsolatedRuntime runtime, string who, int value) in new[] { (_runtime, "the parent", 1), (fork, "the fork", 2) })
        {
            Assert.Equal($"word of {who}", runtime.Invoke(static () => DotNetIsolatorHost.Invoke<string>("who", "word")));
            Assert.Same(runtime, callers[^1]);
            Assert.Equal(value, runtime.Invoke(static () => DotNetIsolatorHost.Invoke<int>("again")));
            Assert.Equal("offered x", runtime.Invoke(static () => DotNetIsolatorHost.Get<SnapshotTests.IGreeter>("greeter").Greet("x")));
        }

        // What either changes later is its own.
        fork.RegisterCallback("who", (string word) => $"{word} again");
        Assert.True(_runtime.UnregisterCallback("again"));
        Assert.True(fork.Withdraw("greeter"));
        Assert.Equal("word of the parent", _runtime.Invoke(static () => DotNetIsolatorHost.Invoke<string>("who", "word")));
        Assert.Equal("word again", fork.Invoke(static () => DotNetIsolatorHost.Invoke<string>("who", "word")));
        Assert.Equal(2, fork.Invoke(static () => DotNetIsolatorHost.Invoke<int>("again")));
        Assert.Equal("offered x", _runtime.Invoke(static () => DotNetIsolatorHost.Get<SnapshotTests.IGreeter>("greeter").Greet("x")));

        // They outlive the parent.
        _runtime.Dispose();
        Assert.Equal(2, fork.Invoke(static () => DotNetIsolatorHost.Invoke<int>("again")));
        fork.Dispose();
    }

    [Fact]
    public void Loaders_and_writers_live_as_long_as_the_last_of_them()
    {
        using var bare = new IsolatedRuntimeHost();
        var writer = new StringWriter();
        IsolatedRuntime fork = Make(bare, writer);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        fork.Invoke(static () => Console.Write($"written by {typeof(ForkTests).Name}"));
        Assert.Equal("written by ForkTests", writer.ToString());
        fork.Dispose();

        // Nothing of the application is loaded before the fork.
        static IsolatedRuntime Make(IsolatedRuntimeHost host, TextWriter writer)
        {
            IsolatedRuntimeOptions options = new IsolatedRuntimeOptions()
                .WithAssemblyLoader(name => File.Exists(Path.Combine(AppContext.BaseDirectory, name + ".dll"))
                    ? File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, name + ".dll"))
                    : null)
                .StandardOutputTo(writer);
            var runtime = new IsolatedRuntime(host, options);
            IsolatedRuntime made = runtime.Fork();
            runtime.Dispose();
            return made;
        }
    }

    [Fact]
    public void Output_that_is_captured_is_each_ones_own()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });
        runtime.Invoke(static () => Console.Write("before"));
        Assert.Equal("before", runtime.GetStandardOutput());
        using IsolatedRuntime fork = runtime.Fork();
        runtime.Invoke(static () => Console.Write(" parent"));
        fork.Invoke(static () => Console.Write("fork"));
        Assert.Equal("before parent", runtime.GetStandardOutput());
        Assert.Equal("fork", fork.GetStandardOutput());
    }

    [Fact]
    public void It_cannot_be_done_from_within_a_callback()
    {
        _runtime.RegisterCallback("fork", () => Assert.Throws<InvalidOperationException>(_runtime.Fork).Message);
        _runtime.RegisterCallback("suspend", () => Assert.Throws<InvalidOperationException>(_runtime.Suspend).Message);
        Assert.Contains("callback", _runtime.Invoke(static () => DotNetIsolatorHost.Invoke<string>("fork")), StringComparison.Ordinal);
        Assert.Contains("callback", _runtime.Invoke(static () => DotNetIsolatorHost.Invoke<string>("suspend")), StringComparison.Ordinal);
        _runtime.Dispose();
        Assert.Throws<ObjectDisposedException>(_runtime.Fork);
        Assert.Throws<ObjectDisposedException>(_runtime.Suspend);
    }

    [Fact]
    public async Task Calls_that_are_under_way_go_on_in_the_parent_and_are_taken_up_in_the_fork()
    {
        var answer = new TaskCompletionSource<string>();
        _runtime.RegisterCallback("ask", (string question) => answer.Task);
        int captured = 3;
        Task<string> asking = _runtime.InvokeAsync(async () => $"{captured} {await DotNetIsolatorHost.InvokeAsync<string>("ask", "why")}");
        _runtime.Keep("asking", asking);
        using IsolatedRuntime fork = _runtime.Fork();
        answer.SetResult("because");
        Assert.Equal("3 because", await asking);

        IsolatedPendingCall call = Assert.Single(fork.PendingCalls);
        Assert.Equal(("ask", "why"), (call.Name, call.GetArgument<string>()));
        Assert.Throws<IsolatedException>(() => call.GetArgument<int>());
        Assert.Throws<IsolatedException>(() => call.GetArguments(typeof(string), typeof(string)));
        Task<string> taken = fork.TakeUpAsync<string>("asking");
        Assert.False(taken.IsCompleted);
        fork.Answer(call.Id, "of the fork");
        Assert.Equal("3 of the fork", await taken);
        Assert.Empty(fork.PendingCalls);
        Assert.Empty(_runtime.PendingCalls);
        Assert.Equal(IsolatedErrorKind.BadHandle, Assert.Throws<IsolatedException>(() => fork.Answer(call.Id, "twice")).Kind);

        // A call that is over is none to keep, nor is any other task.
        Assert.Contains("it is over", Assert.Throws<IsolatedException>(() => _runtime.Keep("late", asking)).Message, StringComparison.Ordinal);
        Assert.Throws<IsolatedException>(() => fork.Keep("foreign", asking));
        Assert.Throws<ArgumentException>(() => _runtime.Keep("any", Task.Delay(1)));
    }

    [Fact]
    public void Tasks_of_the_guest_wait_in_both()
    {
        var never = new TaskCompletionSource<string>();
        _runtime.RegisterCallback("ask", () => never.Task);
        _runtime.Invoke(static () => { s_waiting = DotNetIsolatorHost.InvokeAsync<string>("ask"); });
        using IsolatedRuntime fork = _runtime.Fork();
        fork.Answer(Assert.Single(fork.PendingCalls).Id, "answered");
        fork.RunPending();
        Assert.Equal("answered", fork.Invoke(static () => s_waiting!.GetAwaiter().GetResult()));
        Assert.False(_runtime.Invoke(static () => s_waiting!.IsCompleted));
    }

    internal static int TotalOf(ObjectTests.Counter counter) => counter.Total;

    private static Dictionary<int, long> Mixed { get; } = [];

    private static ulong s_mixed = 88_172_645_463_325_252;

    private static (int Kind, int Value)[] Steps(Random random)
    {
        var steps = new (int Kind, int Value)[random.Next(12)];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = (random.Next(7), random.Next(-40, 40));
        }

        return steps;
    }

    private static void Begin(IsolatedRuntime runtime, (int Kind, int Value)[] steps)
    {
        using IsolatedObject counter = runtime.CreateObject<ObjectTests.Counter>();
        runtime.Keep("counter", counter);
        Run(runtime, steps);
    }

    private static long[] Run(IsolatedRuntime runtime, (int Kind, int Value)[] steps) =>
        Array.ConvertAll(steps, step => step.Kind switch
        {
            0 => Count(runtime, step.Value),
            1 => Fail(runtime, step.Value),
            _ => Mix(runtime, step.Kind, step.Value),
        });

    private static long Count(IsolatedRuntime runtime, int value)
    {
        IsolatedObject counter = runtime.Kept<IsolatedObject>("counter");
        counter.InvokeVoid("Add", value);
        return counter.Invoke<int>("get_Total");
    }

    private static long Fail(IsolatedRuntime runtime, int value)
    {
        try
        {
            return runtime.Invoke(() => Thrown(value));
        }
        catch (IsolatedException e)
        {
            Assert.Contains("thrown", e.Message, StringComparison.Ordinal);
            return runtime.Invoke(() => Sum());
        }
    }

    private static long Thrown(int value)
    {
        Mixed[-1] = value;
        return value % 3 == 0 ? Sum() : throw new InvalidOperationException("thrown");
    }

    private static long Mix(IsolatedRuntime runtime, int kind, int value) => runtime.Invoke(() => Mix(kind, value));

    private static long Mix(int kind, int value)
    {
        s_mixed ^= s_mixed << 13;
        s_mixed ^= s_mixed >> 7;
        s_mixed ^= s_mixed << 17;
        switch (kind)
        {
            case 2:
                Mixed[value] = (long)s_mixed;
                break;
            case 3:
                Mixed.Remove(value);
                break;
            case 4:
                GC.Collect();
                break;
            case 5:
                File.AppendAllText("/tmp/mixed", $"{value} ");
                Mixed[-50] = File.ReadAllText("/tmp/mixed").Length;
                break;
            default:
                Mixed[-51] = new string('x', 50 + value).GetHashCode(StringComparison.Ordinal);
                break;
        }

        return Sum();
    }

    private static long Sum()
    {
        long sum = (long)s_mixed;
        foreach ((int key, long value) in Mixed)
        {
            sum = (sum * 31) + (key ^ value);
        }

        return sum;
    }
}
