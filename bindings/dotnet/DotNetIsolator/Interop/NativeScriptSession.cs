using System;
using System.Runtime.InteropServices;
using System.Text;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Interop;

/// <summary>A session of the native library.</summary>
internal sealed unsafe class NativeScriptSession : SafeHandle
{
    /// <summary>What its runtime was given: the native library's links to that are weak.</summary>
    private readonly RuntimeLinks _links;

    public NativeScriptSession(nint session, RuntimeLinks links)
        : base(0, ownsHandle: true)
    {
        _links = links;
        SetHandle(session);
    }

    public override bool IsInvalid => handle == 0;

    public bool IsAlive
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_script_session_is_alive(use.Pointer) != 0;
        }
    }

    /// <summary>Compiles and runs a submission.</summary>
    public ScriptSubmission Execute(string source, TypeScope scope)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint result;
        NativeErrors.Check(NativeMethods.isolator_script_session_execute(use.Pointer, texts.Add(source), &result));
        GC.KeepAlive(_links);
        try
        {
            BorrowedBytes value = NativeMethods.isolator_script_result_value(result);
            BorrowedBytes text = NativeMethods.isolator_script_result_value_text(result);
            return new ScriptSubmission(value.IsNull ? null : value.Span.ToArray(), scope)
            {
                Error = NativeScriptHost.ErrorOf(result),
                ValueText = text.IsNull ? null : text.Text,
                StandardOutput = NativeMethods.isolator_script_result_stdout(result).Text,
                StandardError = NativeMethods.isolator_script_result_stderr(result).Text,
                Diagnostics = NativeScriptDiagnostic.All(NativeMethods.isolator_script_result_diagnostics(result)),
                Usage = NativeScriptHost.UsageOf(result),
            };
        }
        finally
        {
            NativeMethods.isolator_script_result_free(result);
        }
    }

    /// <summary>Says what is wrong with a submission.</summary>
    public ScriptDiagnostics Check(string source)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint list;
        NativeErrors.Check(NativeMethods.isolator_script_session_check(use.Pointer, texts.Add(source), &list));
        try
        {
            return NativeScriptDiagnostic.All(list);
        }
        finally
        {
            NativeMethods.isolator_script_diagnostics_free(list);
        }
    }

    /// <summary>Whether a text is a submission, and not the beginning of one.</summary>
    public bool IsComplete(string source)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        byte complete;
        NativeErrors.Check(NativeMethods.isolator_script_session_is_complete(use.Pointer, texts.Add(source), &complete));
        return complete != 0;
    }

    /// <summary>Says what can stand at a place, counted in UTF-16 units.</summary>
    public ScriptCompletion[] Complete(string source, int position)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint list;
        nuint before = (nuint)Encoding.UTF8.GetByteCount(source.AsSpan(0, position));
        NativeErrors.Check(NativeMethods.isolator_script_session_complete(use.Pointer, texts.Add(source), before, &list));
        try
        {
            return NativeScriptCompletion.All(list);
        }
        finally
        {
            NativeMethods.isolator_script_completions_free(list);
        }
    }

    /// <summary>Stops what it does just now.</summary>
    public void Cancel()
    {
        try
        {
            using NativeUse use = new(this);
            NativeMethods.isolator_script_session_cancel(use.Pointer);
        }
        catch (ObjectDisposedException)
        {
            // Then there is nothing to stop.
            return;
        }
    }

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_script_session_reset(use.Pointer));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _links.IsDisposed = true;
        }

        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_script_session_free(handle);
        return true;
    }
}
