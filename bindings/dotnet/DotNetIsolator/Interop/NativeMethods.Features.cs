using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>Callbacks of hosts, loaders of runtimes, standard streams, streams of elements.</content>
internal static unsafe partial class NativeMethods
{
    // Callbacks

    [LibraryImport(Library)]
    public static partial nint isolator_host_register_callback(
        nint host,
        BorrowedBytes name,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_host_register_async_callback(
        nint host,
        BorrowedBytes name,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_host_unregister_callback(nint host, BorrowedBytes name, byte* removed);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_unregister_callback(nint runtime, BorrowedBytes name, byte* removed);

    [LibraryImport(Library)]
    public static partial ulong isolator_call_runtime_id(nint call);

    [LibraryImport(Library)]
    public static partial ulong isolator_completion_runtime_id(nint completion);

    // What a runtime is given

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_assembly_loader(
        nint builder, delegate* unmanaged[Cdecl]<nint, nint, void> function, nint userData, delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_output_to(
        nint builder,
        uint stream,
        delegate* unmanaged[Cdecl]<nint, BorrowedBytes, byte> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_input_from(
        nint builder,
        delegate* unmanaged[Cdecl]<nint, byte*, nuint, long> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    // Streams of elements

    [LibraryImport(Library)]
    public static partial nint isolator_stream_of_call(nint method, nint target, BorrowedBytes args, nint* stream);

    [LibraryImport(Library)]
    public static partial nint isolator_stream_of_object(nint source, nint* stream);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_next_element_async(
        nint runtime, nint stream, delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done, nint userData, ulong* call);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_close_stream_async(
        nint runtime, nint stream, delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done, nint userData, ulong* call);
}
