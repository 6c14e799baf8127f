using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Interop;

/// <summary>Leads from the native library to a delegate that scripts call as a method.</summary>
internal sealed unsafe class ScriptFunction(IsolatedRuntimeHost host, CallbackEntry entry, CallbackAccount account)
    : CallTarget(entry.Name, host.Failures)
{
    public override TypeScope Scope { get; } = host.Scope;

    public override CallbackAccount Account { get; } = account;

    // A script's runtime is none that this library holds.
    public override IsolatedRuntime? Runtime => null;

    public override CallbackEntry Entry { get; } = entry;

    /// <summary>Declares it to the builder of a host of scripts.</summary>
    public void Declare(nint builder, BorrowedBytes declaration) => NativeErrors.Check(Entry.IsTask
        ? NativeMethods.isolator_script_host_builder_async_function(builder, declaration, &Begin, UserData.New(this), &UserData.Drop)
        : NativeMethods.isolator_script_host_builder_function(builder, declaration, &Answer, UserData.New(this), &UserData.Drop));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Answer(nint userData, nint call, BorrowedBytes args) =>
        NativeRuntime.Answer(static (data, _) => UserData.Get<ScriptFunction>(data), userData, call, args);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint userData, nint completion, BorrowedBytes args) =>
        AsyncCall.Begin(static (data, _) => UserData.Get<ScriptFunction>(data), userData, completion, args);
}
