using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>Assemblies, fields, programs, bytes, and the limits of calls.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_set_limit(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_set_call_limits(nint runtime, ulong timeout, ulong fuel);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_load_assembly(nint runtime, BorrowedBytes name, nint* assembly);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_load_compiled_image(
        nint runtime, BorrowedBytes image, BorrowedBytes symbols, BorrowedBytes compiled, nint* assembly);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_find_type_in(nint runtime, nint assembly, BorrowedBytes name, nint* type);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_inspect(nint runtime, nint subject, NativeBytes* bytes);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_get_field(nint runtime, nint type, nint target, BorrowedBytes name, NativeBytes* value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_set_field(nint runtime, nint type, nint target, BorrowedBytes name, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke_raw(nint runtime, nint method, nint target, BorrowedBytes bytes, NativeBytes* result);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_run_main(nint runtime, nint assembly, BorrowedBytes* args, nuint argsLength, int* exitCode);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_run_main_async(
        nint runtime,
        nint assembly,
        BorrowedBytes* args,
        nuint argsLength,
        delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done,
        nint userData,
        ulong* call);
}
