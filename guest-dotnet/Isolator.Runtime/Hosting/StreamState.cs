using System;
using System.Collections;
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

/// <summary>An enumerator of an <see cref="IAsyncEnumerable{T}"/> or <see cref="IEnumerable{T}"/> that the host pulls from.</summary>
#pragma warning disable CA1001 // the token source has no timer and no registration: there is nothing to dispose
internal sealed class StreamState
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly object _enumerator;
    private readonly MethodInfo? _moveNext;
    private readonly MethodInfo _current;
    private readonly TypePlan _plan;
    private bool _isBusy;
    private bool _isDone;

    /// <summary>There once the host has ended the enumeration early; ends when the enumerator is disposed.</summary>
    private TaskCompletionSource<StreamItem>? _closing;

    public StreamState(object source)
    {
        if (InterfaceOf(source, typeof(IAsyncEnumerable<>)) is { } stream)
        {
            Type element = stream.GetGenericArguments()[0];
            Type enumerator = typeof(IAsyncEnumerator<>).MakeGenericType(element);
            _plan = Plans.For(element);
            _moveNext = enumerator.GetMethod(nameof(IAsyncEnumerator<int>.MoveNextAsync))!;
            _current = enumerator.GetProperty(nameof(IAsyncEnumerator<int>.Current))!.GetMethod!;
            _enumerator = Call(stream.GetMethod(nameof(IAsyncEnumerable<int>.GetAsyncEnumerator))!, source, _cancellation.Token)
                ?? throw NoEnumerator(source);
        }
        else if (InterfaceOf(source, typeof(IEnumerable<>)) is { } sequence)
        {
            Type element = sequence.GetGenericArguments()[0];
            _plan = Plans.For(element);
            _current = typeof(IEnumerator<>).MakeGenericType(element).GetProperty(nameof(IEnumerator<int>.Current))!.GetMethod!;
            _enumerator = Call(sequence.GetMethod(nameof(IEnumerable<int>.GetEnumerator))!, source) ?? throw NoEnumerator(source);
        }
        else
        {
            throw new FailureException(
                FailureKind.Argument,
                $"The object is a {source.GetType()}, which is neither an IAsyncEnumerable<T> nor an IEnumerable<T>, so there is nothing to enumerate.");
        }
    }

    /// <summary>Starts fetching the next element. After <see cref="Close"/> there is none, and the task ends when the enumerator is disposed.</summary>
    public TaskState Next()
    {
        if (_closing is { } closing)
        {
            return TaskState.Of(closing.Task);
        }

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
        if (_closing is not null || _isDone)
        {
            return;
        }

        _closing = new TaskCompletionSource<StreamItem>();
        try
        {
            _cancellation.Cancel();
        }
        finally
        {
            if (!_isBusy)
            {
                Dispose();
            }
        }
    }

    /// <summary>Disposes after <see cref="Close"/>. The host need not wait for it.</summary>
    private async void Dispose()
    {
        try
        {
            await FinishAsync().ConfigureAwait(false);
            _closing!.SetResult(default);
        }
        catch (Exception e)
        {
            // As in an iterator that is given up; whoever waits is told as well.
            Log.Warning("streams", $"Disposing a stream failed: {e.GetType()}: {e.Message}");
            _closing!.SetException(e);
        }
    }

    private static Type? InterfaceOf(object source, Type open) => Array.Find(
        source.GetType().GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == open);

    private static FailureException NoEnumerator(object source) =>
        new(FailureKind.Argument, $"The {source.GetType()} gave null as its enumerator.");

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
                any = _moveNext is null
                    ? ((IEnumerator)_enumerator).MoveNext()
                    : await ((ValueTask<bool>)Call(_moveNext, _enumerator)!).ConfigureAwait(false);
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
            if (_closing is { } closing)
            {
                if (_isDone)
                {
                    closing.TrySetResult(default);
                }
                else
                {
                    Dispose();
                }
            }
        }
    }

    private async ValueTask FinishAsync()
    {
        _isDone = true;
        if (_moveNext is not null)
        {
            await ((IAsyncDisposable)_enumerator).DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            ((IDisposable)_enumerator).Dispose();
        }
    }
}
