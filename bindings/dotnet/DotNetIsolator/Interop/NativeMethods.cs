using System;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>The functions of <c>isolator.h</c> that are used here, under their own names. Its rules say what each pointer must be.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>The version of the interface that this code was written for.</summary>
    public const uint AbiVersion = 1;

    private const string Library = NativeLibraryFinder.Name;

    static NativeMethods() => NativeLibraryFinder.Register();

    [LibraryImport(Library)]
    public static partial uint isolator_abi_version();

    // Memory and errors

    [LibraryImport(Library)]
    public static partial void isolator_buffer_free(NativeBytes* buffer);

    [LibraryImport(Library)]
    public static partial int isolator_error_get_kind(nint error);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_error_message(nint error);

    [LibraryImport(Library)]
    public static partial int isolator_error_code(nint error);

    [LibraryImport(Library)]
    public static partial byte isolator_error_is_fatal(nint error);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_setting_name(nuint index);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_run_pending(nint runtime, ulong microseconds, long* next);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_error_details(nint error);

    [LibraryImport(Library)]
    public static partial void isolator_error_free(nint error);

    // Hosts

    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_new();

    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_set_number(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_set_text(nint builder, uint which, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_assembly_loader(
        nint builder, delegate* unmanaged[Cdecl]<nint, nint, void> function, nint userData, delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_host_builder_build(nint builder, nint* host);

    [LibraryImport(Library)]
    public static partial void isolator_host_builder_free(nint builder);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_host_dotnet_version(nint host);

    [LibraryImport(Library)]
    public static partial uint isolator_host_live_runtimes(nint host);

    [LibraryImport(Library)]
    public static partial void isolator_host_free(nint host);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_assembly_request_name(nint request);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_assembly_request_culture(nint request);

    [LibraryImport(Library)]
    public static partial void isolator_assembly_request_found(nint request, BorrowedBytes image, BorrowedBytes symbols);

    [LibraryImport(Library)]
    public static partial void isolator_assembly_request_compiled(nint request, BorrowedBytes compiled);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_assembly_request_image(nint request);

    [LibraryImport(Library)]
    public static partial void isolator_assembly_request_forget(nint request);

    [LibraryImport(Library)]
    public static partial nint isolator_assembly_folder_open(BorrowedBytes path, nint* folder);

    [LibraryImport(Library)]
    public static partial byte isolator_assembly_folder_answer(nint folder, nint request);

    [LibraryImport(Library)]
    public static partial void isolator_assembly_folder_free(nint folder);

    // Runtimes

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_new(nint host);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_set_number(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_set_limit(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_statistic(nint runtime, uint which, ulong* value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_compiled_assembly(nint runtime, nuint index, NativeBytes* name);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_cancel(nint runtime);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_set_text(nint builder, uint which, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_set_pair(nint builder, uint which, BorrowedBytes name, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_directory(nint builder, BorrowedBytes hostPath, BorrowedBytes guestPath, byte writable);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_load_from_writable(nint builder);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_http(nint builder, nint grant);

    [LibraryImport(Library)]
    public static partial nint isolator_http_grant_new();

    [LibraryImport(Library)]
    public static partial nint isolator_http_grant_set_number(nint grant, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_http_grant_set_pair(nint grant, uint which, BorrowedBytes name, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_http_grant_address(nint grant, BorrowedBytes range);

    [LibraryImport(Library)]
    public static partial nint isolator_http_grant_root_certificate(nint grant, BorrowedBytes der);

    [LibraryImport(Library)]
    public static partial void isolator_http_grant_free(nint grant);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_output(nint builder, uint stream, uint to, ulong limit);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_input_bytes(nint builder, BorrowedBytes bytes);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_builder_create(nint builder, nint* runtime);

    [LibraryImport(Library)]
    public static partial void isolator_runtime_builder_free(nint builder);

    [LibraryImport(Library)]
    public static partial ulong isolator_runtime_id(nint runtime);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_take_output(nint runtime, uint stream, NativeBytes* bytes);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_register_callback(
        nint runtime,
        BorrowedBytes name,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_register_async_callback(
        nint runtime,
        BorrowedBytes name,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial void isolator_runtime_free(nint runtime);

    // Calls of callbacks

    [LibraryImport(Library)]
    public static partial void isolator_call_succeed(nint call, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial void isolator_call_fail_logged(nint call, BorrowedBytes message, ulong number);

    [LibraryImport(Library)]
    public static partial void isolator_completion_succeed(nint completion, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial void isolator_completion_fail_logged(nint completion, BorrowedBytes message, ulong number);

    [LibraryImport(Library)]
    public static partial void isolator_completion_on_cancel(
        nint completion, delegate* unmanaged[Cdecl]<nint, void> function, nint userData);

    // Handles

    [LibraryImport(Library)]
    public static partial nint isolator_handle_object_id(nint handle, ulong runtimeId, ulong* id);

    [LibraryImport(Library)]
    public static partial void isolator_handle_free(nint handle);

    // Members, objects and calls

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_find_type(nint runtime, BorrowedBytes assembly, BorrowedBytes name, nint* type);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_find_method(nint runtime, nint type, BorrowedBytes name, MethodQuery* query, nint* method);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_scalar_signature(nint runtime, nint method, byte* signature);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_create_object(nint runtime, nint type, BorrowedBytes args, nint* handle);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_copy_object(nint runtime, nint type, BorrowedBytes value, nint* handle);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_get_value(nint runtime, nint target, NativeBytes* value);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_type_of(nint runtime, nint target, nint* type);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke(nint runtime, nint method, nint target, BorrowedBytes args, NativeBytes* result);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke_object(nint runtime, nint method, nint target, BorrowedBytes args, nint* result);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke_scalar(nint runtime, nint method, nint target, ulong* args, nuint count, ulong* result);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke_async(
        nint runtime,
        nint method,
        nint target,
        BorrowedBytes args,
        delegate* unmanaged[Cdecl]<nint, NativeBytes*, nint, void> done,
        nint userData,
        ulong* call);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_abandon_async(nint runtime, ulong call);

    [LibraryImport(Library)]
    public static partial nint isolator_runtime_queue_turn(nint runtime, delegate* unmanaged[Cdecl]<nint, nint, void> turn, nint userData, ulong* number);

    // The log

    [LibraryImport(Library)]
    public static partial byte isolator_set_log(
        delegate* unmanaged[Cdecl]<nint, int, ulong, BorrowedBytes, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop,
        uint least);
}
