using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Interop;

/// <content>Calls from guests, and calls that end later.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Lets guest code call a delegate.</summary>
    public void Register(string name, RegisteredCallback callback)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        BorrowedBytes text = texts.Add(name);
        NativeErrors.Check(callback.IsTask
            ? NativeMethods.isolator_runtime_register_async_callback(use.Pointer, text, &Begin, UserData.New(callback), &UserData.Drop)
            : NativeMethods.isolator_runtime_register_callback(use.Pointer, text, &Answer, UserData.New(callback), &UserData.Drop));
    }

    /// <summary>Starts a call whose result comes when the guest's task ends.</summary>
    public void InvokeAsync(GuestHandle method, GuestHandle? target, ArgumentWriter args, PendingCall pending)
    {
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        nint userData = UserData.New(pending);
        ulong call;
        nint error = NativeMethods.isolator_runtime_invoke_async(use.Pointer, code.Pointer, on.Pointer, BytesOf(args), &Done, userData, &call);
        if (error != 0)
        {
            UserData.Free(userData);
            throw NativeErrors.Take(error);
        }

        pending.Number = call;
    }

    /// <summary>Has a call take its turn when the runtime is free.</summary>
    public void QueueTurn(PendingCall pending)
    {
        using NativeUse use = new(this);
        nint userData = UserData.New(pending);
        ulong number;
        nint error = NativeMethods.isolator_runtime_queue_turn(use.Pointer, &Turn, userData, &number);
        if (error != 0)
        {
            UserData.Free(userData);
            throw NativeErrors.Take(error);
        }

        pending.Number = number;
    }

    /// <summary>Runs what is ready in the guest, for 10 ms at most.</summary>
    /// <returns>When it wants to run again; null: not before it is called.</returns>
    public TimeSpan? RunPending()
    {
        const ulong Budget = 10_000;
        using NativeUse use = new(this);
        long next;
        NativeErrors.Check(NativeMethods.isolator_runtime_run_pending(use.Pointer, Budget, &next));
        return next < 0 ? null : TimeSpan.FromMilliseconds(next);
    }

    /// <summary>Gives a call up, or a turn that was queued, and signals the token of its method.</summary>
    public void Abandon(ulong call)
    {
        try
        {
            using NativeUse use = new(this);
            NativeErrors.Check(NativeMethods.isolator_runtime_abandon_async(use.Pointer, call));
        }
        catch (ObjectDisposedException)
        {
            // The call ends for that reason anyway.
            return;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Answer(nint userData, nint call, BorrowedBytes args) =>
        Answer(static (data, call) => UserData.Get<RegisteredCallback>(data).For(NativeMethods.isolator_call_runtime_id(call)), userData, call, args);

    /// <summary>Answers a guest's call. It throws nothing.</summary>
    internal static void Answer(Func<nint, nint, CallTarget> find, nint userData, nint call, BorrowedBytes args)
    {
        CallTarget? callback = null;
        ArgumentWriter? writer = null;
        try
        {
            callback = find(userData, call);
            writer = ArgumentWriter.Rent(callback.Runtime);
            callback.Entry.Call(args.Data, checked((int)args.Length), writer.Wire, callback.Scope);
            NativeMethods.isolator_call_succeed(call, new BorrowedBytes(writer.Start, (nuint)writer.Length));
        }
        catch (Exception e)
        {
            // Nothing may leave this method, for the frames below it are not .NET's.
            ReadOnlySpan<byte> message = CallTarget.FailureOf(callback, e, out long number);
            fixed (byte* text = message)
            {
                NativeMethods.isolator_call_fail_logged(call, new BorrowedBytes(text, (nuint)message.Length), (ulong)number);
            }
        }
        finally
        {
            writer?.Return();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint userData, nint completion, BorrowedBytes args) =>
        AsyncCall.Begin(
            static (data, completion) => UserData.Get<RegisteredCallback>(data).For(NativeMethods.isolator_completion_runtime_id(completion)), userData, completion, args);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Done(nint userData, NativeBytes* value, nint error)
    {
        PendingCall? pending = null;
        try
        {
            pending = UserData.Get<PendingCall>(userData);
            UserData.Free(userData);
            if (error != 0)
            {
                pending.Fail(NativeErrors.Take(error));
                return;
            }

            NativeBytes bytes = *value;
            *value = default;
            pending.Complete(bytes);
        }
        catch (Exception e)
        {
            // As above. Whoever waits must not wait for ever; and if that fails as well, there is nobody to tell.
            FailQuietly(pending, e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Turn(nint userData, nint error)
    {
        PendingCall? pending = null;
        try
        {
            pending = UserData.Get<PendingCall>(userData);
            UserData.Free(userData);
            if (error != 0)
            {
                pending.Fail(NativeErrors.Take(error));
            }
            else
            {
                pending.TakeTurn();
            }
        }
        catch (Exception e)
        {
            // As in `Done`.
            FailQuietly(pending, e);
        }
    }

    private static void FailQuietly(PendingCall? pending, Exception e)
    {
        try
        {
            pending?.Fail(e);
        }
        catch (Exception)
        {
            return;
        }
    }
}

/// <summary>Leads from the native library to a delegate that guest code may call.</summary>
/// <remarks>
/// The native runtime holds this, and must not keep the managed one from being collected: so the delegate, which may well refer to its
/// runtime, is held by that. A runtime and its forks share this, and each holds the delegate itself.
/// </remarks>
internal sealed class RegisteredCallback(IsolatedRuntime runtime, string name, bool isTask, CallbackEntry? ofHost = null)
    : CallTarget(name, runtime.Host.Failures)
{
    private readonly WeakReference<IsolatedRuntime> _runtime = runtime.Weak;
    private readonly RuntimeRegistry _runtimes = runtime.Host.Runtimes;
    private readonly ulong _id = runtime.Native.Id;

    /// <summary>Whether the delegate returns a task.</summary>
    public bool IsTask { get; } = isTask;

    public override TypeScope Scope { get; } = runtime.Host.Scope;

    public override CallbackAccount Account { get; } = runtime.CallbackAccount;

    public override IsolatedRuntime? Runtime => _runtime.TryGetTarget(out IsolatedRuntime? target) ? target : null;

    public override CallbackEntry Entry =>
        ofHost ?? Runtime?.CallbackOf(Name) ?? throw new ObjectDisposedException(nameof(IsolatedRuntime), "The runtime was disposed.");

    /// <summary>What a call of the guest of a runtime needs: this one's, or a fork's.</summary>
    public RegisteredCallback For(ulong caller)
    {
        if (caller == _id)
        {
            return this;
        }

        IsolatedRuntime fork = _runtimes.Find(caller) ?? throw new ObjectDisposedException(nameof(IsolatedRuntime), "The runtime was disposed.");
        return new RegisteredCallback(fork, Name, IsTask);
    }
}

/// <summary>A call that ends later.</summary>
internal abstract class PendingCall
{
    /// <summary>Its number, to cancel it; 0 until it is known.</summary>
    public virtual ulong Number { get; set; }

    /// <summary>The runtime is free for what has to come before the call. On this thread it may be used until this returns.</summary>
    public virtual void TakeTurn()
    {
    }

    /// <summary>The call has a result, which belongs to this now.</summary>
    public abstract void Complete(NativeBytes bytes);

    /// <summary>The call failed.</summary>
    public abstract void Fail(Exception e);
}
