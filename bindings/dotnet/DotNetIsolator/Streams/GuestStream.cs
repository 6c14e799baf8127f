using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator.Streams;

/// <summary>A sequence of a guest. Each enumeration opens it anew, and fetches an element when it is asked for one.</summary>
/// <typeparam name="T">Type of an element.</typeparam>
/// <param name="runtime">The runtime.</param>
/// <param name="open">Makes the native stream, without entering the guest.</param>
/// <param name="kept">What must live as long as it may be opened: objects that arguments pass by reference.</param>
internal sealed class GuestStream<T>(IsolatedRuntime runtime, Func<GuestHandle> open, object? kept) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, open(), cancellationToken);

    private sealed class Enumerator(GuestStream<T> source, GuestHandle stream, CancellationToken cancellation) : IAsyncEnumerator<T>
    {
        private Task<Element<T>>? _fetching;
        private bool _isBegun;
        private bool _isOver;
        private T _current = default!;

        public T Current => _current;

        public async ValueTask<bool> MoveNextAsync()
        {
            if (_fetching is { IsCompleted: false })
            {
                throw new InvalidOperationException("The stream is still fetching an element: await MoveNextAsync before calling it again.");
            }

            _current = default!;
            if (_isOver)
            {
                return false;
            }

            cancellation.ThrowIfCancellationRequested();
            _isBegun = true;
            try
            {
                Element<T> element = await Fetch().ConfigureAwait(false);
                _current = element.Value;
                _isOver = !element.IsThere;
                return element.IsThere;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // The guest has yet to be told to end.
                throw;
            }
            catch
            {
                // The guest has disposed its enumerator, or is dead.
                _isOver = true;
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            bool isOpen = _isBegun && !_isOver;
            _isOver = true;
            _current = default!;
            try
            {
                if (isOpen)
                {
                    await Close().ConfigureAwait(false);
                }
            }
            finally
            {
                stream.Dispose();
                GC.KeepAlive(source.Kept);
            }
        }

        private async Task<Element<T>> Fetch()
        {
            PendingElement<T> pending = new(source.Runtime);
            source.Runtime.Native.NextElement(stream, pending);
            _fetching = pending.Task;
            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
                static state =>
                {
                    (GuestStream<T> source, PendingElement<T> pending) = ((GuestStream<T>, PendingElement<T>))state!;
                    source.Runtime.Native.Abandon(pending.Number);
                    pending.GiveUp();
                },
                (source, pending));
            Task ended = await Task.WhenAny(pending.Task, pending.GivenUp).ConfigureAwait(false);
            if (ended != pending.Task)
            {
                throw new OperationCanceledException("The enumeration was cancelled.", cancellation);
            }

            try
            {
                return await pending.Task.ConfigureAwait(false);
            }
            catch (IsolatedException e) when (cancellation.IsCancellationRequested && IsolatedRuntime.IsCancellation(e))
            {
                throw new OperationCanceledException(e.Message, e, cancellation);
            }
        }

        private async Task Close()
        {
            PendingElement<T> closed = new(source.Runtime);
            bool isFetching = _fetching is { IsCompleted: false };
            try
            {
                source.Runtime.Native.CloseStream(stream, closed);
                if (isFetching)
                {
                    // It was given up, and ends when the guest lets go of it: nobody waits for that.
                    Observe(closed.Task);
                    Observe(_fetching!);
                    return;
                }

                await closed.Task.ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or IsolatedException { Kind: IsolatedErrorKind.Dead })
            {
                // With the runtime everything in it is gone.
                return;
            }
        }

        private static void Observe(Task task) =>
            _ = task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private IsolatedRuntime Runtime { get; } = runtime;

    private object? Kept { get; } = kept;
}

/// <summary>An element, or the end.</summary>
internal readonly record struct Element<T>(bool IsThere, T Value);

/// <summary>An element that is being fetched.</summary>
internal sealed class PendingElement<T>(IsolatedRuntime runtime) : PendingCall
{
    // Its continuations are the embedder's code, which must not run on the native library's thread.
    private readonly TaskCompletionSource<Element<T>> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Element<T>> Task => _source.Task;

    /// <summary>Ends when nobody waits any more.</summary>
    public Task GivenUp => _givenUp.Task;

    public void GiveUp() => _givenUp.TrySetResult();

    public override void Complete(NativeBytes bytes)
    {
        try
        {
            _source.TrySetResult(runtime.ReadElement<T>(bytes));
        }
        catch (Exception e)
        {
            _source.TrySetException(e);
        }
    }

    public override void Fail(Exception e) => _source.TrySetException(e);
}

/// <summary>Whether a type of result is a sequence that stays in the guest, and how one is made.</summary>
/// <typeparam name="T">Any type.</typeparam>
internal static class Sequence<T>
{
    /// <summary>Makes a sequence of an object of the guest; null for any other type.</summary>
    public static readonly Func<IsolatedRuntime, IsolatedObject, object>? Make = MakeMake();

    private static Func<IsolatedRuntime, IsolatedObject, object>? MakeMake()
    {
        Type type = typeof(T);
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IAsyncEnumerable<>))
        {
            return null;
        }

        MethodInfo make = typeof(Sequences).GetMethod(nameof(Sequences.Of))!.MakeGenericMethod(type.GetGenericArguments());
        return make.CreateDelegate<Func<IsolatedRuntime, IsolatedObject, object>>();
    }
}

/// <summary>Makes sequences.</summary>
internal static class Sequences
{
    /// <summary>A sequence that is an object of the guest.</summary>
    public static GuestStream<T> Of<T>(IsolatedRuntime runtime, IsolatedObject source) =>
        new GuestStream<T>(runtime, () => NativeRuntime.StreamOf(source.Handle), source);
}
