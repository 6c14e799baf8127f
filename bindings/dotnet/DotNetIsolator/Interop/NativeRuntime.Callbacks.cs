using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
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

    /// <summary>Signals the token of a call's method.</summary>
    public void Cancel(ulong call)
    {
        try
        {
            using NativeUse use = new(this);
            NativeErrors.Check(NativeMethods.isolator_runtime_cancel_async(use.Pointer, call));
        }
        catch (ObjectDisposedException)
        {
            // The call ends for that reason anyway.
            return;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Answer(nint userData, nint call, BorrowedBytes args)
    {
        RegisteredCallback? callback = null;
        ArgumentWriter? writer = null;
        try
        {
            callback = UserData.Get<RegisteredCallback>(userData);
            writer = ArgumentWriter.Rent(callback.Runtime);
            callback.Entry.Call(args.Data, checked((int)args.Length), writer.Wire, callback.Scope);
            NativeMethods.isolator_call_succeed(call, new BorrowedBytes(writer.Start, (nuint)writer.Length));
        }
        catch (Exception e)
        {
            // Nothing may leave this method, for the frames below it are not .NET's.
            ReadOnlySpan<byte> message = RegisteredCallback.FailureOf(callback, e);
            fixed (byte* text = message)
            {
                NativeMethods.isolator_call_fail(call, new BorrowedBytes(text, (nuint)message.Length));
            }
        }
        finally
        {
            writer?.Return();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint userData, nint completion, BorrowedBytes args) => AsyncCall.Begin(userData, completion, args);

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
/// runtime, is held by that.
/// </remarks>
internal sealed class RegisteredCallback(IsolatedRuntime runtime, string name, bool isTask)
{
    private readonly WeakReference<IsolatedRuntime> _runtime = new(runtime);
    private readonly FailureLog _log = runtime.Host.Failures;

    public string Name { get; } = name;

    /// <summary>Whether the delegate returns a task.</summary>
    public bool IsTask { get; } = isTask;

    public TypeScope Scope { get; } = runtime.Host.Scope;

    /// <summary>What the runtime's callbacks may take of this process.</summary>
    public CallbackAccount Account { get; } = runtime.CallbackAccount;

    /// <summary>The runtime; it is alive as long as it calls.</summary>
    public IsolatedRuntime? Runtime => _runtime.TryGetTarget(out IsolatedRuntime? target) ? target : null;

    /// <summary>The delegate.</summary>
    public CallbackEntry Entry =>
        Runtime?.CallbackOf(Name) ?? throw new ObjectDisposedException(nameof(IsolatedRuntime), "The runtime was disposed.");

    /// <summary>Logs a failure, and says in UTF-8 what the native library logs and may tell the guest. It throws nothing.</summary>
    public static ReadOnlySpan<byte> FailureOf(RegisteredCallback? callback, Exception e)
    {
        try
        {
            callback?._log.CallbackFailed(callback.Account.Failures, callback.Name, e);
            return Encoding.UTF8.GetBytes($"{e.GetType()}: {FailureLog.MessageOf(e)}");
        }
        catch (Exception)
        {
            return "The callback failed, and why cannot be said."u8;
        }
    }
}

/// <summary>A call that ends later.</summary>
internal abstract class PendingCall
{
    /// <summary>Its number, to cancel it; 0 until it is known.</summary>
    public ulong Number { get; set; }

    /// <summary>The call has a result, which belongs to this now.</summary>
    public abstract void Complete(NativeBytes bytes);

    /// <summary>The call failed.</summary>
    public abstract void Fail(Exception e);
}
