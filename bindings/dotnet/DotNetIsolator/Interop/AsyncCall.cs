using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator.Interop;

/// <summary>A guest's call of a delegate that returns a task, until that has ended, whether or not the guest still wants the result.</summary>
internal sealed unsafe class AsyncCall
{
    /// <summary>
    /// Calls that guests may give up. The native library may say so while the call ends, so each has a number, and nothing that would have to be freed.
    /// </summary>
    private static readonly ConcurrentDictionary<nint, CancellationTokenSource> Cancellable = new();

    private static long s_lastNumber;

    private readonly CallTarget _callback;
    private readonly nint _completion;
    private readonly nuint _bytes;
    private CallbackEntry? _entry;
    private CancellationToken _givenUp;
    private nint _number;
    private bool _isRaw;

    private AsyncCall(CallTarget callback, nint completion, nuint bytes)
    {
        _callback = callback;
        _completion = completion;
        _bytes = bytes;
    }

    /// <summary>Begins a call. The completion is ended, now or later, and nothing is thrown.</summary>
    public static void Begin(Func<nint, nint, CallTarget> find, nint userData, nint completion, BorrowedBytes args)
    {
        CallTarget? callback = null;
        AsyncCall? counted = null;
        try
        {
            callback = find(userData, completion);
            AsyncCall call = new(callback, completion, args.Length);
            callback.Account.Begin(args.Length);
            counted = call;
            _ = call.Start(args).ContinueWith(
                call.End,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
        catch (Exception e)
        {
            counted?.Leave();
            Fail(callback, completion, e);
        }
    }

    private Task Start(BorrowedBytes args)
    {
        _entry = _callback.Entry;
        if (_entry.TakesToken)
        {
            CancellationTokenSource source = new();
            _givenUp = source.Token;
            _number = (nint)Interlocked.Increment(ref s_lastNumber);
            Cancellable[_number] = source;
            NativeMethods.isolator_completion_on_cancel(_completion, &GivenUp, _number);
        }

        return _entry.Start(args.Data, checked((int)args.Length), _callback.Scope, _callback.Runtime, _givenUp, out _isRaw);
    }

    private void End(Task ended)
    {
        if (ended.IsCanceled && _givenUp.IsCancellationRequested)
        {
            // As it should be: nobody waits for it, and nothing failed.
            Leave();
            Fail(_completion, "The call was given up."u8, 0);
            return;
        }

        ArgumentWriter? writer = null;
        try
        {
            writer = ArgumentWriter.Rent(_callback.Runtime);
            _entry!.WriteResult(writer.Wire, ended, _isRaw);
        }
        catch (Exception e)
        {
            writer?.Return();
            Leave();
            Fail(_callback, _completion, e);
            return;
        }

        // First, so that a guest that has its result may call again.
        Leave();
        NativeMethods.isolator_completion_succeed(_completion, new BorrowedBytes(writer.Start, (nuint)writer.Length));
        writer.Return();
    }

    private void Leave()
    {
        Cancellable.TryRemove(_number, out _);
        _callback.Account.End(_bytes);
    }

    private static void Fail(CallTarget? callback, nint completion, Exception e) =>
        Fail(completion, CallTarget.FailureOf(callback, e, out long number), number);

    private static void Fail(nint completion, ReadOnlySpan<byte> message, long number)
    {
        fixed (byte* text = message)
        {
            NativeMethods.isolator_completion_fail_logged(completion, new BorrowedBytes(text, (nuint)message.Length), (ulong)number);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void GivenUp(nint number)
    {
        try
        {
            if (Cancellable.TryRemove(number, out CancellationTokenSource? source))
            {
                // Who listens to the token is the embedder's code, which may take its time, throw, and end the call: not on this thread.
                _ = source.CancelAsync();
            }
        }
        catch (Exception)
        {
            // The frames below are not .NET's. The call goes on, and its result is dropped.
            return;
        }
    }
}
