using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Isolator.Runtime.Tests;

/// <summary>Sequences that the host pulls from.</summary>
public sealed class StreamTests
{
    private readonly Guest _guest = new();

    [Fact]
    public async Task AnOrdinarySequenceIsReadToo()
    {
        ulong stream = Open(new List<string> { "a", "b" });
        Assert.Equal(["a"], await Next(stream));
        Assert.Equal(["b"], await Next(stream));
        Assert.Empty(await Next(stream));
        Assert.Empty(await Next(stream));
    }

    [Fact]
    public async Task OneThatIsClosedEndsWhenItIsDisposed()
    {
        TaskCompletionSource gate = new();
        ulong stream = Open(Gated(gate.Task, fails: false));
        Assert.Equal(["first"], await Next(stream));
        Guest.Call(Entry.CancelTask, stream);
        ulong end = Guest.Call(Entry.NextElement, stream).Value;
        Assert.Null(Guest.Call(Entry.PollTask, end).Bytes);
        gate.SetResult();
        Assert.Empty(await Finish(end));
        Guest.Call(Entry.CancelTask, stream);
        Assert.Empty(await Next(stream));
    }

    [Fact]
    public async Task AnExceptionOfTheDisposalIsToldToWhoWaits()
    {
        TaskCompletionSource gate = new();
        ulong stream = Open(Gated(gate.Task, fails: true));
        Assert.Equal(["first"], await Next(stream));
        Guest.Call(Entry.CancelTask, stream);
        ulong end = Guest.Call(Entry.NextElement, stream).Value;
        gate.SetResult();
        HostFailure e = await Assert.ThrowsAsync<HostFailure>(() => Finish(end));
        Assert.Equal("at the end", e.Exception["Message"]);
    }

    [Fact]
    public async Task OneThatIsClosedWhileItFetchesEndsAfterThat()
    {
        ulong stream = Open(Waiting());
        ulong fetching = Guest.Call(Entry.NextElement, stream).Value;
        Assert.Null(Guest.Call(Entry.PollTask, fetching).Bytes);
        Assert.Equal("argument", Assert.Throws<HostFailure>(() => Guest.Call(Entry.NextElement, stream)).Kind);
        Guest.Call(Entry.CancelTask, stream);
        ulong end = Guest.Call(Entry.NextElement, stream).Value;
        Assert.Empty(await Finish(end));
        HostFailure e = await Assert.ThrowsAsync<HostFailure>(() => Finish(fetching));
        Assert.Equal("System.Threading.Tasks.TaskCanceledException", e.Exception["TypeName"]);
    }

    private static ulong Open(object source) => Guest.Call(Entry.OpenStream, Handles.New(source, HandleKind.Object)).Value;

    private static Task<string[]> Next(ulong stream) => Finish(Guest.Call(Entry.NextElement, stream).Value);

    private static async Task<string[]> Finish(ulong task)
    {
        for (int i = 0; i < 4000; i++)
        {
            if (Guest.Call(Entry.PollTask, task).Bytes is { } bytes)
            {
                return Wire.Read<string[]>(bytes)!;
            }

            await Task.Delay(5);
        }

        throw new TimeoutException();
    }

    private static async IAsyncEnumerable<string> Gated(Task gate, bool fails)
    {
        try
        {
            yield return "first";
        }
        finally
        {
            await gate;
            Check(fails);
        }
    }

    private static void Check(bool fails)
    {
        if (fails)
        {
            throw new InvalidOperationException("at the end");
        }
    }

    private static async IAsyncEnumerable<string> Waiting([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        yield return "never";
    }
}
