using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>Forks, sleep, and the calls that they leave unfinished.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_runtime_fork_many(nint runtime, nuint count, nint* forks);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_inherit(nint child, nint handle, nint* inherited);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_suspend(nint runtime, nint* suspended);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_suspended_bytes(nint suspended);

    [LibraryImport(Library)]
    public static partial nint isolator_suspended_from_bytes(BorrowedBytes bytes, nint* suspended);

    [LibraryImport(Library)]
    public static partial nint isolator_suspended_save(nint suspended, BorrowedBytes path);

    [LibraryImport(Library)]
    public static partial nint isolator_suspended_load(BorrowedBytes path, nint* suspended);

    [LibraryImport(Library)]
    public static partial void isolator_suspended_free(nint suspended);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_resume(nint builder, nint suspended, nint* runtime);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_pending_calls(nint runtime, nint* calls);

    [LibraryImport(Library)]
    public static partial nuint isolator_pending_calls_len(nint calls);

    [LibraryImport(Library)]
    public static partial NativePendingCall isolator_pending_calls_get(nint calls, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_pending_calls_free(nint calls);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_answer_call(nint runtime, ulong id, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_fail_call(nint runtime, ulong id, BorrowedBytes message);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_restart_call(nint runtime, ulong id);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_begin_queued(nint runtime);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_keep_call(nint runtime, BorrowedBytes name, ulong call);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_unfinished_calls(nint runtime, ulong* numbers, nuint capacity, nuint* count);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_take_up_async(
        nint runtime, ulong number, delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done, nint userData, ulong* call);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_take_up_kept_async(
        nint runtime, BorrowedBytes name, delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done, nint userData, ulong* call);
}

/// <summary><c>isolator_pending_call</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativePendingCall
{
    public ulong Id;
    public BorrowedBytes Name;
    public BorrowedBytes Args;
}
