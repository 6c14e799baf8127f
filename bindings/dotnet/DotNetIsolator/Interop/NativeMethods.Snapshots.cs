using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>App snapshots.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_runtime_freeze(nint runtime, nint* snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_host_load_snapshot(nint host, BorrowedBytes path, nint* snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_snapshot_save(nint snapshot, BorrowedBytes path);

    [LibraryImport(Library)]
    public static partial ulong isolator_snapshot_memory_size(nint snapshot);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_kept_name(nint snapshot, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_snapshot_free(nint snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_from(nint builder, nint snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_keep(nint runtime, BorrowedBytes name, nint handle);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_kept(nint runtime, BorrowedBytes name, int kind, nint* handle);
}
