using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>An element of a stream, or its end.</summary>
internal readonly struct StreamItem(TypePlan? plan, object? value)
{
    /// <summary>Writes an array of one element, or of none at the end.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteArrayHeader(plan is null ? 0 : 1);
        if (plan is not null)
        {
            Wire.Graph.Values.Write(writer, plan, value);
        }
    }
}

/// <summary>An enumerator of an <see cref="IAsyncEnumerable{T}"/> that the host pulls from.</summary>
#pragma warning disable CA1001 // the token source has no timer and no registration: there is nothing to dispose
internal sealed class StreamState
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly object _enumerator;
    private readonly MethodInfo _moveNext;
    private readonly MethodInfo _current;
    private readonly TypePlan _plan;
    private bool _isBusy;
    private bool _isDone;
    private bool _isClosed;

    public StreamState(object source)
    {
        Type? stream = Array.Find(
            source.GetType().GetInterfaces(),
            i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
        if (stream is null)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"The object is a {source.GetType()}, which is not an IAsyncEnumerable<T>, so there is nothing to enumerate.");
        }

        Type element = stream.GetGenericArguments()[0];
        Type enumerator = typeof(IAsyncEnumerator<>).MakeGenericType(element);
        _plan = Plans.For(element);
        _moveNext = enumerator.GetMethod(nameof(IAsyncEnumerator<int>.MoveNextAsync))!;
        _current = enumerator.GetProperty(nameof(IAsyncEnumerator<int>.Current))!.GetMethod!;
        _enumerator = Call(stream.GetMethod(nameof(IAsyncEnumerable<int>.GetAsyncEnumerator))!, source, _cancellation.Token)!;
    }

    /// <summary>Starts fetching the next element.</summary>
    public TaskState Next()
    {
        if (_isBusy)
        {
            throw new FailureException(FailureKind.Argument, "The stream is still fetching an element: wait for it before asking for the next.");
        }

        _isBusy = true;
        return TaskState.Of(NextAsync(), _cancellation);
    }

    /// <summary>Ends the enumeration early: signals its token, and disposes the enumerator as soon as it fetches nothing.</summary>
    public void Close()
    {
        if (_isClosed || _isDone)
        {
            return;
        }

        _isClosed = true;
        _cancellation.Cancel();
        if (!_isBusy)
        {
            Dispose();
        }
    }

    /// <summary>Disposes what nobody waits for any more.</summary>
    private async void Dispose()
    {
        try
        {
            await FinishAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As in an iterator that is given up, but without a caller to throw at.
            Log.Warning("streams", $"Disposing a stream failed: {e.GetType()}: {e.Message}");
        }
    }

    private static object? Call(MethodInfo method, object target, params object?[] args) =>
        method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, args, null);

    private async Task<StreamItem> NextAsync()
    {
        try
        {
            if (_isDone)
            {
                return default;
            }

            bool any;
            try
            {
                any = await ((ValueTask<bool>)Call(_moveNext, _enumerator)!).ConfigureAwait(false);
            }
            catch
            {
                await FinishAsync().ConfigureAwait(false);
                throw;
            }

            if (any)
            {
                return new StreamItem(_plan, Call(_current, _enumerator));
            }

            await FinishAsync().ConfigureAwait(false);
            return default;
        }
        finally
        {
            _isBusy = false;
            if (_isClosed && !_isDone)
            {
                Dispose();
            }
        }
    }

    private async ValueTask FinishAsync()
    {
        _isDone = true;
        await ((IAsyncDisposable)_enumerator).DisposeAsync().ConfigureAwait(false);
    }
}
