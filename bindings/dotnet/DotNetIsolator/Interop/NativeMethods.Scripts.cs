using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <content>Scripts.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_new(nint host);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_set_number(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_set_text(nint builder, uint which, BorrowedBytes value);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_library(nint builder, BorrowedBytes image, BorrowedBytes symbols);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_set_compile_limit(nint builder, uint which, ulong value);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_build(nint builder, nint* scripts);

    [LibraryImport(Library)]
    public static partial void isolator_script_host_builder_free(nint builder);

    [LibraryImport(Library)]
    public static partial void isolator_script_host_free(nint scripts);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_runtime_builder(nint scripts);

    [LibraryImport(Library)]
    public static partial nint isolator_script_cancellation_new();

    [LibraryImport(Library)]
    public static partial void isolator_script_cancellation_cancel(nint cancellation);

    [LibraryImport(Library)]
    public static partial void isolator_script_cancellation_free(nint cancellation);

    [LibraryImport(Library)]
    public static partial nint isolator_script_check(nint scripts, nint cancellation, NativeScriptSource* sources, nuint count, nint* diagnostics);

    [LibraryImport(Library)]
    public static partial nint isolator_script_compile(nint scripts, nint cancellation, NativeScriptSource* sources, nuint count, nint* compiled);

    [LibraryImport(Library)]
    public static partial nint isolator_script_run(
        nint scripts,
        nint cancellation,
        NativeScriptSource* sources,
        nuint count,
        BorrowedBytes* args,
        nuint argsCount,
        nint builder,
        nint* result);

    [LibraryImport(Library)]
    public static partial nint isolator_script_run_compiled(
        nint scripts, nint cancellation, nint compiled, BorrowedBytes* args, nuint argsCount, nint builder, nint* result);

    [LibraryImport(Library)]
    public static partial nint isolator_script_evaluate(
        nint scripts,
        nint cancellation,
        BorrowedBytes expression,
        NativeScriptSource* globals,
        nuint globalsCount,
        BorrowedBytes values,
        nint builder,
        NativeBytes* value);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_function(
        nint builder,
        BorrowedBytes declaration,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_async_function(
        nint builder,
        BorrowedBytes declaration,
        delegate* unmanaged[Cdecl]<nint, nint, BorrowedBytes, void> function,
        nint userData,
        delegate* unmanaged[Cdecl]<nint, void> drop);

    [LibraryImport(Library)]
    public static partial nint isolator_script_host_builder_prelude(nint builder, NativeScriptSource source);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_new(nint scripts, nint builder, nint* session);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_execute(nint session, BorrowedBytes source, nint* result);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_check(nint session, BorrowedBytes source, nint* diagnostics);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_is_complete(nint session, BorrowedBytes source, byte* complete);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_complete(nint session, BorrowedBytes source, nuint position, nint* completions);

    [LibraryImport(Library)]
    public static partial void isolator_script_session_cancel(nint session);

    [LibraryImport(Library)]
    public static partial nint isolator_script_session_reset(nint session);

    [LibraryImport(Library)]
    public static partial byte isolator_script_session_is_alive(nint session);

    [LibraryImport(Library)]
    public static partial void isolator_script_session_free(nint session);

    [LibraryImport(Library)]
    public static partial nuint isolator_script_completions_len(nint completions);

    [LibraryImport(Library)]
    public static partial NativeScriptCompletion isolator_script_completions_get(nint completions, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_script_completions_free(nint completions);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_script_result_value(nint result);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_script_result_value_text(nint result);

    [LibraryImport(Library)]
    public static partial nint isolator_error_diagnostics(nint error);

    [LibraryImport(Library)]
    public static partial nuint isolator_script_diagnostics_len(nint diagnostics);

    [LibraryImport(Library)]
    public static partial ulong isolator_script_diagnostics_more(nint diagnostics);

    [LibraryImport(Library)]
    public static partial NativeScriptDiagnostic isolator_script_diagnostics_get(nint diagnostics, nuint index);

    [LibraryImport(Library)]
    public static partial NativeScriptPlace isolator_script_diagnostics_mapped(nint diagnostics, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_script_diagnostics_free(nint diagnostics);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_compiled_script_assembly(nint compiled);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_compiled_script_symbols(nint compiled);

    [LibraryImport(Library)]
    public static partial byte isolator_compiled_script_is_program(nint compiled);

    [LibraryImport(Library)]
    public static partial byte isolator_compiled_script_is_hot(nint compiled);

    [LibraryImport(Library)]
    public static partial nint isolator_compiled_script_diagnostics(nint compiled);

    [LibraryImport(Library)]
    public static partial void isolator_compiled_script_free(nint compiled);

    [LibraryImport(Library)]
    public static partial nint isolator_script_result_error(nint result);

    [LibraryImport(Library)]
    public static partial int isolator_script_result_exit_code(nint result);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_script_result_stdout(nint result);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_script_result_stderr(nint result);

    [LibraryImport(Library)]
    public static partial nint isolator_script_result_diagnostics(nint result);

    [LibraryImport(Library)]
    public static partial nint isolator_script_result_statistic(nint result, uint which, ulong* value);

    [LibraryImport(Library)]
    public static partial BorrowedBytes isolator_script_result_compiled_assembly(nint result, nuint index);

    [LibraryImport(Library)]
    public static partial void isolator_script_result_free(nint result);
}

/// <summary><c>isolator_script_source</c>, and <c>isolator_script_global</c> with a type in place of the text.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeScriptSource
{
    public BorrowedBytes Name;
    public BorrowedBytes Text;
}

/// <summary><c>isolator_script_completion</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeScriptCompletion
{
    public BorrowedBytes Text;
    public BorrowedBytes Kind;
    public BorrowedBytes Detail;
    public uint StartLine;
    public uint StartColumn;
    public uint EndLine;
    public uint EndColumn;

    /// <summary>All of a list of the native library.</summary>
    public static ScriptCompletion[] All(nint list)
    {
        ScriptCompletion[] all = new ScriptCompletion[checked((int)NativeMethods.isolator_script_completions_len(list))];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = NativeMethods.isolator_script_completions_get(list, (nuint)i).Told();
        }

        return all;
    }

    private readonly ScriptCompletion Told() => new(
        Text.Text,
        Kind.Text,
        Detail.IsNull ? null : Detail.Text,
        new ScriptRange(new ScriptPosition((int)StartLine, (int)StartColumn), new ScriptPosition((int)EndLine, (int)EndColumn)));
}

/// <summary><c>isolator_script_diagnostic</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeScriptDiagnostic
{
    public BorrowedBytes Id;
    public BorrowedBytes Message;
    public BorrowedBytes File;
    public int Severity;
    public uint StartLine;
    public uint StartColumn;
    public uint EndLine;
    public uint EndColumn;

    /// <summary>The diagnostics of a list of the native library.</summary>
    public static unsafe ScriptDiagnostics All(nint list)
    {
        ScriptDiagnostic[] all = new ScriptDiagnostic[checked((int)NativeMethods.isolator_script_diagnostics_len(list))];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = NativeMethods.isolator_script_diagnostics_get(list, (nuint)i).Told(NativeMethods.isolator_script_diagnostics_mapped(list, (nuint)i));
        }

        return new ScriptDiagnostics(all, (long)ulong.Min(NativeMethods.isolator_script_diagnostics_more(list), long.MaxValue));
    }

    private readonly ScriptDiagnostic Told(NativeScriptPlace mapped) => new(
        Id.Text,
        (ScriptSeverity)Severity,
        Wording.Of(Message.Text),
        File.IsNull ? null : File.Text,
        new ScriptRange(new ScriptPosition((int)StartLine, (int)StartColumn), new ScriptPosition((int)EndLine, (int)EndColumn)))
    {
        Mapped = mapped.Told(),
    };
}

/// <summary><c>isolator_script_place</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeScriptPlace
{
    public BorrowedBytes File;
    public uint StartLine;
    public uint StartColumn;
    public uint EndLine;
    public uint EndColumn;

    /// <summary>The place; null if there is none.</summary>
    public readonly ScriptMappedPlace? Told() => File.IsNull ? null : new(
        File.Text,
        new ScriptRange(new ScriptPosition((int)StartLine, (int)StartColumn), new ScriptPosition((int)EndLine, (int)EndColumn)));
}
