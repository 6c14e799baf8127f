using System.Runtime.CompilerServices;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Sequences of a guest, element by element.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task A_lambdas_sequence_comes_element_by_element()
    {
        int count = 5;
        Assert.Equal([0, 1, 4, 9, 16], await List(_runtime.InvokeStream(() => Squares(count))));
        Assert.Equal(["a", "b"], await List(_runtime.InvokeStream(() => Texts(["a", "b"]))));
        Assert.Empty(await List(_runtime.InvokeStream(() => Squares(0))));
        Assert.Equal([new Point(1, 2), new Point(3, 4)], await List(_runtime.InvokeStream(() => Points())));
    }

    [Fact]
    public async Task Methods_and_objects_give_sequences()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(10);
        Assert.Equal([10, 11, 12], await List(source.InvokeStream<int>(nameof(Source.From), 3)));
        Assert.Equal([10, 11], await List(_runtime.GetMethod(typeof(Source), nameof(Source.From)).InvokeStream<int>(source, 2)));
        Assert.Equal([1, 2], await List(_runtime.GetMethod(typeof(Source), nameof(Source.Static)).InvokeStream<int>(null)));
        using IsolatedObject list = _runtime.CopyObject(new List<string> { "x", "y" });
        Assert.Equal(["x", "y"], await List(list.AsStream<string>()));
    }

    [Fact]
    public async Task It_is_a_result_type_of_ordinary_calls()
    {
        IAsyncEnumerable<int> squares = _runtime.Invoke<IAsyncEnumerable<int>>(() => Squares(3));
        Assert.Equal([0, 1, 4], await List(squares));
        Assert.Equal([0, 1, 4], await List(squares));
        using IsolatedObject source = _runtime.CreateObject<Source>(1);
        Assert.Equal([1, 2], await List(source.Invoke<int, IAsyncEnumerable<int>>(nameof(Source.From), 2)));
        Assert.Null(_runtime.Invoke<IAsyncEnumerable<int>?>(() => null));
    }

    [Fact]
    public async Task Each_enumeration_begins_anew()
    {
        IAsyncEnumerable<int> squares = _runtime.InvokeStream(() => Squares(4));
        Assert.Equal([0, 1, 4, 9], await List(squares));
        await using IAsyncEnumerator<int> a = squares.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> b = squares.GetAsyncEnumerator();
        Assert.True(await a.MoveNextAsync() && await a.MoveNextAsync() && await b.MoveNextAsync());
        Assert.Equal((1, 0), (a.Current, b.Current));
    }

    [Fact]
    public async Task An_element_is_made_when_it_is_asked_for()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        int seen = 0;
        await foreach (int element in source.InvokeStream<int>(nameof(Source.From), 1000))
        {
            seen++;
            Assert.Equal(seen, source.Invoke<int>("get_Made"));
            if (seen == 5)
            {
                break;
            }
        }

        Assert.Equal(5, source.Invoke<int>("get_Made"));
        Assert.Equal(1, source.Invoke<int>("get_Ended"));
    }

    [Fact]
    public async Task Leaving_early_runs_what_ends_the_sequence()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        await foreach (int element in source.InvokeStream<int>(nameof(Source.SlowToEnd)))
        {
            break;
        }

        // Its `finally` awaits before it counts.
        Assert.Equal(1, source.Invoke<int>("get_Ended"));
        IAsyncEnumerator<int> failing = source.InvokeStream<int>(nameof(Source.FailsAtEnd)).GetAsyncEnumerator();
        Assert.True(await failing.MoveNextAsync());
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(async () => await failing.DisposeAsync());
        Assert.Contains("at the end", e.Message, StringComparison.Ordinal);
        await failing.DisposeAsync();

        // One that was never begun does nothing.
        await using (source.InvokeStream<int>(nameof(Source.From), 3).GetAsyncEnumerator())
        {
        }

        Assert.Equal(1, source.Invoke<int>("get_Ended"));
    }

    [Fact]
    public async Task An_exception_in_the_middle_comes_after_what_was_before()
    {
        List<int> seen = [];
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(async () =>
        {
            await foreach (int element in _runtime.InvokeStream(() => Failing(3)))
            {
                seen.Add(element);
            }
        });
        Assert.Equal([0, 1, 2], seen);
        Assert.Equal("System.InvalidOperationException", e.GuestException!.TypeName);
        Assert.Equal("after 3", e.GuestException.Message);
        Assert.Equal(5, _runtime.Invoke(() => 5));
    }

    [Fact]
    public async Task After_an_exception_or_the_end_there_is_no_more()
    {
        await using IAsyncEnumerator<int> failing = _runtime.InvokeStream(() => Failing(0)).GetAsyncEnumerator();
        await Assert.ThrowsAsync<IsolatedException>(async () => await failing.MoveNextAsync());
        Assert.False(await failing.MoveNextAsync());
        await using IAsyncEnumerator<int> ended = _runtime.InvokeStream(() => Squares(1)).GetAsyncEnumerator();
        Assert.True(await ended.MoveNextAsync());
        Assert.False(await ended.MoveNextAsync());
        Assert.False(await ended.MoveNextAsync());
        Assert.Equal(0, ended.Current);
    }

    [Fact]
    public async Task A_token_ends_a_wait_at_once_and_reaches_the_guest()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        using CancellationTokenSource cancel = new();
        IAsyncEnumerator<int> waiting = source.InvokeStream<int>(nameof(Source.OneThenForever)).GetAsyncEnumerator(cancel.Token);
        Assert.True(await waiting.MoveNextAsync());
        Task<bool> next = waiting.MoveNextAsync().AsTask();
        await Task.Delay(20);
        Assert.False(next.IsCompleted);
        await cancel.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.Equal(cancel.Token, e.CancellationToken);
        await waiting.DisposeAsync();
        for (int i = 0; i < 1000 && source.Invoke<int>("get_Ended") == 0; i++)
        {
            await _runtime.InvokeAsync(() => Task.Delay(1));
        }

        Assert.Equal(1, source.Invoke<int>("get_Ended"));

        // A token that was cancelled before fetches nothing.
        int made = source.Invoke<int>("get_Made");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int element in source.InvokeStream<int>(nameof(Source.From), 3).WithCancellation(cancel.Token))
            {
                Assert.Fail("there is an element");
            }
        });
        Assert.Equal(made, source.Invoke<int>("get_Made"));
    }

    [Fact]
    public async Task A_token_that_the_guest_ignores_ends_the_wait_all_the_same()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        using CancellationTokenSource cancel = new();
        IAsyncEnumerator<int> deaf = source.InvokeStream<int>(nameof(Source.Deaf)).GetAsyncEnumerator(cancel.Token);
        Task<bool> next = deaf.MoveNextAsync().AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromSeconds(30)));
        await deaf.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, _runtime.Invoke(() => 2));
    }

    [Fact]
    public async Task Two_fetches_at_once_are_refused()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        using CancellationTokenSource cancel = new();
        IAsyncEnumerator<int> deaf = source.InvokeStream<int>(nameof(Source.Deaf)).GetAsyncEnumerator(cancel.Token);
        Task<bool> next = deaf.MoveNextAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await deaf.MoveNextAsync());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await deaf.DisposeAsync();
    }

    [Fact]
    public async Task What_is_no_sequence_is_an_error()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(() => List(source.InvokeStream<int>(nameof(Source.Number))));
        Assert.Contains("neither an IAsyncEnumerable<T> nor an IEnumerable<T>", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<IsolatedException>(() => List(source.InvokeStream<int>(nameof(Source.Nothing))));
        Assert.Contains("null", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<IsolatedException>(() => List(_runtime.InvokeStream<int>(() => Texts(["no number"]).Cast())));
        Assert.Equal(IsolatedErrorKind.GuestException, e.Kind);
        e = await Assert.ThrowsAsync<IsolatedException>(() => List(source.InvokeStream<string>(nameof(Source.From), 2)));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.Throws<IsolatedException>(() => source.InvokeStream<int>("Missing"));
        Assert.Equal(3, _runtime.Invoke(() => 3));
    }

    [Fact]
    public async Task Disposal_of_the_runtime_ends_it()
    {
        IsolatedRuntime runtime = new(SharedHost.Instance);
        IAsyncEnumerator<int> waiting = runtime.CreateObject<Source>(0).InvokeStream<int>(nameof(Source.OneThenForever)).GetAsyncEnumerator();
        Assert.True(await waiting.MoveNextAsync());
        Task<bool> next = waiting.MoveNextAsync().AsTask();
        await Task.Delay(20);
        runtime.Dispose();
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(() => next.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(IsolatedErrorKind.Dead, e.Kind);
        await waiting.DisposeAsync();

        IsolatedRuntime other = new(SharedHost.Instance);
        IAsyncEnumerator<int> begun = other.CreateObject<Source>(0).InvokeStream<int>(nameof(Source.From), 9).GetAsyncEnumerator();
        Assert.True(await begun.MoveNextAsync());
        other.Dispose();
        await begun.DisposeAsync();
    }

    [Fact]
    public async Task A_limit_holds_for_an_element()
    {
        using IsolatedRuntime runtime = new(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromSeconds(2) });
        await using IAsyncEnumerator<int> endless = runtime.InvokeStream(() => Endless()).GetAsyncEnumerator();
        Assert.True(await endless.MoveNextAsync());
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(async () => await endless.MoveNextAsync());
        Assert.Equal(IsolatedLimit.CallTimeout, e.Limit);
    }

    [Fact]
    public async Task Many_are_read_at_the_same_time()
    {
        using IsolatedObject source = _runtime.CreateObject<Source>(0);
        IAsyncEnumerable<int> sequence = source.InvokeStream<int>(nameof(Source.From), 50);
        List<int>[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => List(sequence))));
        Assert.All(all, each => Assert.Equal(Enumerable.Range(0, 50), each));
        Assert.Equal((16 * 50, 16), (source.Invoke<int>("get_Made"), source.Invoke<int>("get_Ended")));
    }

    private static async Task<List<T>> List<T>(IAsyncEnumerable<T> sequence)
    {
        List<T> all = [];
        await foreach (T each in sequence)
        {
            all.Add(each);
        }

        return all;
    }

    private static async IAsyncEnumerable<int> Squares(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 2 == 0)
            {
                await Task.Yield();
            }

            yield return i * i;
        }
    }

    private static IEnumerable<string> Texts(string[] texts)
    {
        foreach (string text in texts)
        {
            yield return text;
        }
    }

    private static async IAsyncEnumerable<Point> Points()
    {
        yield return new Point(1, 2);
        await Task.Delay(1);
        yield return new Point(3, 4);
    }

    private static async IAsyncEnumerable<int> Failing(int after)
    {
        for (int i = 0; i < after; i++)
        {
            yield return i;
        }

        await Task.Delay(1);
        throw new InvalidOperationException($"after {after}");
    }

    private static IEnumerable<int> Endless()
    {
        yield return 1;
        while (true)
        {
        }
    }

    private sealed record Point(int X, int Y);

    private sealed class Source(int start)
    {
        public int Made { get; private set; }

        public int Ended { get; private set; }

        public static IEnumerable<int> Static() => [1, 2];

        public int Number() => start;

        public IAsyncEnumerable<int>? Nothing() => null;

        public async IAsyncEnumerable<int> From(int count)
        {
            try
            {
                for (int i = 0; i < count; i++)
                {
                    await Task.Yield();
                    Made++;
                    yield return start + i;
                }
            }
            finally
            {
                Ended++;
            }
        }

        public async IAsyncEnumerable<int> SlowToEnd()
        {
            try
            {
                yield return 1;
            }
            finally
            {
                await Task.Delay(20);
                Ended++;
            }
        }

        public async IAsyncEnumerable<int> FailsAtEnd()
        {
            try
            {
                yield return 1;
            }
            finally
            {
                await Task.Yield();
                Fail();
            }
        }

        private static void Fail() => throw new InvalidOperationException("at the end");

        public async IAsyncEnumerable<int> OneThenForever([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            try
            {
                yield return 1;
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                Ended++;
            }
        }

        public async IAsyncEnumerable<int> Deaf()
        {
            await Task.Delay(Timeout.Infinite);
            yield return 1;
        }
    }
}

/// <summary>Casts that fail with the first element.</summary>
internal static class Casting
{
    public static IEnumerable<int> Cast(this IEnumerable<string> texts)
    {
        foreach (object text in texts)
        {
            yield return (int)text;
        }
    }
}
