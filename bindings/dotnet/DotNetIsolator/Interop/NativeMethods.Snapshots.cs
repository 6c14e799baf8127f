using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>App snapshots.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_runtime_freeze_as(nint runtime, uint form, nint* snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_host_load_snapshot(nint host, BorrowedBytes path, nint* snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_snapshot_save(nint snapshot, BorrowedBytes path);

    [LibraryImport(Library)]
    public static partial ulong isolator_snapshot_memory_size(nint snapshot);

    [LibraryImport(Library)]
    public static partial uint isolator_snapshot_get_form(nint snapshot);

    [LibraryImport(Library)]
    public static partial ulong isolator_snapshot_copied(nint snapshot);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_kept_name(nint snapshot, nuint index);

    [LibraryImport(Library)]
    public static partial nint isolator_snapshot_with_note(nint snapshot, BorrowedBytes name, BorrowedBytes note, nint* noted);

    [LibraryImport(Library)]
    public static partial NativeNote isolator_snapshot_note(nint snapshot, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_snapshot_free(nint snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_snapshot_info_read(BorrowedBytes path, nint* info);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_info_dotnet_version(nint info);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_info_code_digest(nint info);

    [LibraryImport(Library)]
    public static partial ulong isolator_snapshot_info_file_size(nint info);

    [LibraryImport(Library)]
    public static partial ulong isolator_snapshot_info_memory_size(nint info);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_info_kept_name(nint info, nuint index);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_snapshot_info_compiled(nint info, nuint index);

    [LibraryImport(Library)]
    public static partial NativeNote isolator_snapshot_info_note(nint info, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_snapshot_info_free(nint info);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_from(nint builder, nint snapshot);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_keep(nint runtime, BorrowedBytes name, nint handle);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_kept(nint runtime, BorrowedBytes name, int kind, nint* handle);
}
