using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator.Interop;

/// <summary>A host of scripts of the native library.</summary>
internal sealed unsafe class NativeScriptHost : SafeHandle
{
    public NativeScriptHost()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Makes one.</summary>
    public static NativeScriptHost Create(IsolatedRuntimeHost host, IsolatedScriptHostOptions options)
    {
        NativeScriptHost scripts = new();
        using Utf8Texts texts = new();
        nint builder;
        using (NativeUse hosting = new(host.Native))
        {
            builder = NativeMethods.isolator_script_host_builder_new(hosting.Pointer);
        }

        try
        {
            string? beside = NativeLibraryFinder.ScriptingDirectory(options.CompilerDirectory, out string looked);
            Text(ScriptText.Compiler, beside);
            Text(ScriptText.CacheDirectory, options.CacheDirectory);
            Text(ScriptText.LanguageVersion, options.LanguageVersion);
            foreach (string name in options.Usings)
            {
                Text(ScriptText.Using, name);
            }

            foreach (string folder in options.PackageFolders)
            {
                Text(ScriptText.PackageFolder, folder);
            }

            foreach (string package in options.AllowedPackages)
            {
                Text(ScriptText.AllowPackage, package);
            }

            Text(ScriptText.LoadFolder, options.LoadFolder);
            Switch(ScriptNumber.Nullable, options.Nullable);
            Switch(ScriptNumber.AllowUnsafe, options.AllowUnsafe);
            Switch(ScriptNumber.ImplicitUsings, options.ImplicitUsings);
            Switch(ScriptNumber.Optimize, options.Optimize);
            Switch(ScriptNumber.Symbols, options.Symbols);
            Switch(ScriptNumber.HotScripts, options.HotScripts);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxDiagnostics);
            NativeErrors.Check(NativeMethods.isolator_script_host_builder_set_number(builder, ScriptNumber.MaxDiagnostics, (ulong)options.MaxDiagnostics));
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxSubmissions);
            NativeErrors.Check(NativeMethods.isolator_script_host_builder_set_number(builder, ScriptNumber.MaxSubmissions, (ulong)options.MaxSubmissions));
            foreach ((IsolatedLimit which, ulong value) in options.GivenCompileLimits())
            {
                NativeErrors.Check(NativeMethods.isolator_script_host_builder_set_compile_limit(builder, (uint)which, value));
            }

            foreach (AssemblyImage library in options.Libraries)
            {
                ArgumentNullException.ThrowIfNull(library?.Image, nameof(options));
                fixed (byte* image = library.Image, symbols = library.Symbols)
                {
                    NativeErrors.Check(NativeMethods.isolator_script_host_builder_library(
                        builder,
                        new BorrowedBytes(image, (nuint)library.Image.Length),
                        new BorrowedBytes(symbols, (nuint)(library.Symbols?.Length ?? 0))));
                }
            }

            foreach (ScriptSource source in options.Prelude)
            {
                NativeErrors.Check(NativeMethods.isolator_script_host_builder_prelude(
                    builder, new NativeScriptSource { Name = texts.Add(source.Name), Text = texts.Add(source.Text) }));
            }

            CallbackAccount account = new(host.DefaultBuffers ?? Codes.DefaultBuffers);
            foreach ((string declaration, Delegate function) in options.Functions.All)
            {
                CallbackEntry entry = new(declaration, function) { WritesPlain = true };
                if (entry.TakesCaller)
                {
                    throw new ArgumentException(
                        $"The function '{declaration}' takes an {nameof(IsolatedRuntime)}, but scripts run in runtimes that nobody else uses.", nameof(options));
                }

                new ScriptFunction(host, entry, account).Declare(builder, texts.Add(declaration));
            }

            nint made;
            nint error = NativeMethods.isolator_script_host_builder_build(builder, &made);
            if (error != 0)
            {
                throw NativeErrors.Take(error, looked);
            }

            scripts.SetHandle(made);
            return scripts;
        }
        finally
        {
            NativeMethods.isolator_script_host_builder_free(builder);
        }

        void Text(uint which, string? value)
        {
            if (value is not null)
            {
                NativeErrors.Check(NativeMethods.isolator_script_host_builder_set_text(builder, which, texts.Add(value)));
            }
        }

        void Switch(uint which, bool value) => NativeErrors.Check(NativeMethods.isolator_script_host_builder_set_number(builder, which, value ? 1UL : 0));
    }

    /// <summary>Says what is wrong with sources.</summary>
    public ScriptDiagnostics Check(IReadOnlyList<ScriptSource> sources, NativeScriptCancellation? cancellation)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse stop = new(cancellation);
        nint list;
        NativeErrors.Check(NativeMethods.isolator_script_check(use.Pointer, stop.Pointer, Sources(sources, texts), (nuint)sources.Count, &list));
        try
        {
            return NativeScriptDiagnostic.All(list);
        }
        finally
        {
            NativeMethods.isolator_script_diagnostics_free(list);
        }
    }

    /// <summary>Compiles sources.</summary>
    public CompiledScript Compile(IReadOnlyList<ScriptSource> sources, NativeScriptCancellation? cancellation)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse stop = new(cancellation);
        nint compiled;
        NativeErrors.Check(NativeMethods.isolator_script_compile(use.Pointer, stop.Pointer, Sources(sources, texts), (nuint)sources.Count, &compiled));
        return new CompiledScript(new NativeCompiledScript(compiled));
    }

    /// <summary>Compiles and runs sources.</summary>
    public ScriptResult Run(
        IsolatedScriptHost host, IReadOnlyList<ScriptSource> sources, string[] args, IsolatedRuntimeOptions options, NativeScriptCancellation? cancellation)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse stop = new(cancellation);
        using ScriptGrants grants = new(use.Pointer, host.Host, options, IsolatedOutput.Capture);

        // The runtime ends before the call does: what is left of its output is told then, on this thread.
        grants.Links.IsDisposed = true;
        nint result;
        NativeErrors.Check(NativeMethods.isolator_script_run(
            use.Pointer, stop.Pointer, Sources(sources, texts), (nuint)sources.Count, texts.Add(args), (nuint)args.Length, grants.Builder, &result));
        return Result(result);
    }

    /// <summary>Runs what was compiled.</summary>
    public ScriptResult Run(
        IsolatedScriptHost host, NativeCompiledScript script, string[] args, IsolatedRuntimeOptions options, NativeScriptCancellation? cancellation)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse stop = new(cancellation);
        using NativeUse compiled = new(script);
        using ScriptGrants grants = new(use.Pointer, host.Host, options, IsolatedOutput.Capture);

        // The runtime ends before the call does: what is left of its output is told then, on this thread.
        grants.Links.IsDisposed = true;
        nint result;
        NativeErrors.Check(NativeMethods.isolator_script_run_compiled(
            use.Pointer, stop.Pointer, compiled.Pointer, texts.Add(args), (nuint)args.Length, grants.Builder, &result));
        return Result(result);
    }

    /// <summary>Begins a session.</summary>
    public NativeScriptSession NewSession(IsolatedScriptHost host, IsolatedRuntimeOptions options)
    {
        using NativeUse use = new(this);
        using ScriptGrants grants = new(use.Pointer, host.Host, options, IsolatedOutput.Capture);
        nint session;
        NativeErrors.Check(NativeMethods.isolator_script_session_new(use.Pointer, grants.Builder, &session));
        return new NativeScriptSession(session, grants.Links);
    }

    /// <summary>Evaluates an expression.</summary>
    public T Evaluate<T>(
        IsolatedScriptHost host, string expression, ScriptGlobals globals, IsolatedRuntimeOptions options, NativeScriptCancellation? cancellation)
    {
        ArgumentWriter values = ArgumentWriter.Rent(null);
        values.Begin(globals.All.Count);
        foreach ((string name, Type type, object? value) in globals.All)
        {
            values.AddDeclared(type, value, $"The global '{name}'");
        }

        NativeBytes bytes;
        try
        {
            using Utf8Texts texts = new();
            using NativeUse use = new(this);
            using NativeUse stop = new(cancellation);
            using ScriptGrants grants = new(use.Pointer, host.Host, options, IsolatedOutput.Discard);
            grants.Links.IsDisposed = true;
            NativeErrors.Check(NativeMethods.isolator_script_evaluate(
                use.Pointer,
                stop.Pointer,
                texts.Add(expression),
                Globals(globals, texts),
                (nuint)globals.All.Count,
                new BorrowedBytes(values.Start, (nuint)values.Length),
                grants.Builder,
                &bytes));
        }
        finally
        {
            values.Return();
        }

        try
        {
            return IsolatedRuntime.ReadValue<T>(bytes.Data, bytes.Length, host.Host.Scope, new NameBudget());
        }
        finally
        {
            bytes.Dispose();
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_script_host_free(handle);
        return true;
    }

    private static NativeScriptSource* Sources(IReadOnlyList<ScriptSource> sources, Utf8Texts texts)
    {
        NativeScriptSource* list = texts.Array<NativeScriptSource>(sources.Count);
        for (int i = 0; i < sources.Count; i++)
        {
            list[i] = new NativeScriptSource { Name = texts.Add(sources[i].Name), Text = texts.Add(sources[i].Text) };
        }

        return list;
    }

    private static NativeScriptSource* Globals(ScriptGlobals globals, Utf8Texts texts)
    {
        NativeScriptSource* list = texts.Array<NativeScriptSource>(globals.All.Count);
        for (int i = 0; i < globals.All.Count; i++)
        {
            (string name, Type type, _) = globals.All[i];
            list[i] = new NativeScriptSource { Name = texts.Add(name), Text = texts.Add(CSharpNames.Of(type)) };
        }

        return list;
    }

    /// <summary>What came of a run; the native library's result is given back.</summary>
    private static ScriptResult Result(nint result)
    {
        try
        {
            IsolatedException? error = ErrorOf(result);
            return new ScriptResult
            {
                ExitCode = error is null ? NativeMethods.isolator_script_result_exit_code(result) : null,
                Error = error,
                StandardOutput = NativeMethods.isolator_script_result_stdout(result).Text,
                StandardError = NativeMethods.isolator_script_result_stderr(result).Text,
                Diagnostics = NativeScriptDiagnostic.All(NativeMethods.isolator_script_result_diagnostics(result)),
                Usage = UsageOf(result),
            };
        }
        finally
        {
            NativeMethods.isolator_script_result_free(result);
        }
    }

    /// <summary>Why a script did not come to its end; null if it did.</summary>
    internal static IsolatedException? ErrorOf(nint result)
    {
        nint error = NativeMethods.isolator_script_result_error(result);
        return error == 0 ? null : NativeErrors.Of(error) switch
        {
            IsolatedException e => e,
            Exception e => new IsolatedException(e.Message, e),
        };
    }

    /// <summary>What a script used.</summary>
    internal static IsolatedRuntimeUsage UsageOf(nint result) => NativeRuntime.Usage(
        which =>
        {
            ulong value;
            NativeErrors.Check(NativeMethods.isolator_script_result_statistic(result, which, &value));
            return value;
        },
        index => NativeMethods.isolator_script_result_compiled_assembly(result, index).Text);
}

/// <summary>A compiled script of the native library.</summary>
internal sealed class NativeCompiledScript : SafeHandle
{
    public NativeCompiledScript(nint compiled)
        : base(0, ownsHandle: true) => SetHandle(compiled);

    public override bool IsInvalid => handle == 0;

    public bool IsProgram
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_compiled_script_is_program(use.Pointer) != 0;
        }
    }

    public bool IsHot
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_compiled_script_is_hot(use.Pointer) != 0;
        }
    }

    public byte[] Assembly()
    {
        using NativeUse use = new(this);
        return NativeMethods.isolator_compiled_script_assembly(use.Pointer).Span.ToArray();
    }

    public byte[]? Symbols()
    {
        using NativeUse use = new(this);
        BorrowedBytes symbols = NativeMethods.isolator_compiled_script_symbols(use.Pointer);
        return symbols.IsNull ? null : symbols.Span.ToArray();
    }

    public ScriptDiagnostics Diagnostics()
    {
        using NativeUse use = new(this);
        return NativeScriptDiagnostic.All(NativeMethods.isolator_compiled_script_diagnostics(use.Pointer));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_compiled_script_free(handle);
        return true;
    }
}

/// <summary>Stops work with scripts.</summary>
internal sealed class NativeScriptCancellation : SafeHandle
{
    public NativeScriptCancellation()
        : base(0, ownsHandle: true) => SetHandle(NativeMethods.isolator_script_cancellation_new());

    public override bool IsInvalid => handle == 0;

    public void Cancel()
    {
        using NativeUse use = new(this);
        NativeMethods.isolator_script_cancellation_cancel(use.Pointer);
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_script_cancellation_free(handle);
        return true;
    }
}
