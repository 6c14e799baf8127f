using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>Callbacks of all runtimes of a host.</content>
internal sealed unsafe partial class NativeHost
{
    /// <summary>Lets the guests of all runtimes call a delegate.</summary>
    public void Register(HostCallback callback)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        BorrowedBytes text = texts.Add(callback.Name);
        NativeErrors.Check(callback.IsTask
            ? NativeMethods.isolator_host_register_async_callback(use.Pointer, text, &Begin, UserData.New(callback), &UserData.Drop)
            : NativeMethods.isolator_host_register_callback(use.Pointer, text, &Answer, UserData.New(callback), &UserData.Drop));
    }

    /// <summary>Takes that back.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Unregister(string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        byte removed;
        NativeErrors.Check(NativeMethods.isolator_host_unregister_callback(use.Pointer, texts.Add(name), &removed));
        return removed != 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Answer(nint userData, nint call, BorrowedBytes args) => NativeRuntime.Answer(
        static (data, call) => UserData.Get<HostCallback>(data).For(NativeMethods.isolator_call_runtime_id(call)), userData, call, args);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint userData, nint completion, BorrowedBytes args) => AsyncCall.Begin(
        static (data, completion) => UserData.Get<HostCallback>(data).For(NativeMethods.isolator_completion_runtime_id(completion)), userData, completion, args);
}

/// <summary>Leads from the native library to a delegate that the guests of all runtimes of a host may call.</summary>
/// <remarks>
/// The native host holds this, and must not keep the managed one from being collected: so the delegate, which may well refer to its host, is held by that, and
/// found through the runtime that calls.
/// </remarks>
internal sealed class HostCallback(RuntimeRegistry runtimes, string name, bool isTask)
{
    public string Name { get; } = name;

    /// <summary>Whether the delegate returns a task.</summary>
    public bool IsTask { get; } = isTask;

    /// <summary>What a call of a runtime's guest needs.</summary>
    public RegisteredCallback For(ulong runtime)
    {
        IsolatedRuntime caller = runtimes.Find(runtime) ?? throw new ObjectDisposedException(nameof(IsolatedRuntime), "The runtime was disposed.");
        CallbackEntry entry = caller.Host.CallbackOf(Name)
            ?? throw new InvalidOperationException($"The callback '{Name}' of the host was removed while it was called.");
        return new RegisteredCallback(caller, Name, IsTask, entry);
    }
}
