using System;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>What came of a submission of a <see cref="ScriptSession"/> that ran to its end, whatever end that was.</summary>
public sealed class ScriptSubmission
{
    private readonly byte[]? _value;
    private readonly TypeScope _scope;

    internal ScriptSubmission(byte[]? value, TypeScope scope) => (_value, _scope) = (value, scope);

    /// <summary>Why it did not come to its end: the exception that it let escape, the limit that stopped it. <see cref="ScriptSession.IsAlive"/> says whether the
    /// session goes on.</summary>
    public IsolatedException? Error { get; internal init; }

    /// <summary>Whether it has a value that can come out of the sandbox: that of its last expression, if no semicolon stands behind it.</summary>
    public bool HasValue => _value is not null;

    /// <summary>The value as C# writes it, in its first ten thousand characters; null if it has none. What a stranger wrote may be in it.</summary>
    public string? ValueText { get; internal init; }

    /// <summary>What it wrote to <see cref="Console.Out"/>, unless the session's options sent that elsewhere.</summary>
    public string StandardOutput { get; internal init; } = string.Empty;

    /// <summary>What it wrote to <see cref="Console.Error"/>, unless the session's options sent that elsewhere.</summary>
    public string StandardError { get; internal init; } = string.Empty;

    /// <summary>Warnings of the compiler.</summary>
    public ScriptDiagnostics Diagnostics { get; internal init; } = ScriptDiagnostics.None;

    /// <summary>What the session has used so far, all its submissions together; the compiler is not counted.</summary>
    public required IsolatedRuntimeUsage Usage { get; init; }

    /// <summary>The value: a copy, as with <see cref="IsolatedScriptHost.Evaluate{T}"/>.</summary>
    /// <typeparam name="T">Its type here.</typeparam>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidOperationException">There is none, or one that stays inside.</exception>
    /// <exception cref="IsolatedException">It is no <typeparamref name="T"/>; or the submission failed.</exception>
    public unsafe T GetValue<T>()
    {
        ThrowIfFailed();
        if (_value is null)
        {
            throw new InvalidOperationException(ValueText is null
                ? "The submission has no value: its last statement is no expression, or a semicolon stands behind it."
                : $"The value of the submission stays inside, as nothing here can hold it. It has a text: {nameof(ValueText)}.");
        }

        fixed (byte* bytes = _value)
        {
            return IsolatedRuntime.ReadValue<T>(bytes, _value.Length, _scope, new NameBudget());
        }
    }

    /// <summary>Throws <see cref="Error"/>, if there is one.</summary>
    /// <returns>This.</returns>
    /// <exception cref="IsolatedException">The submission let an exception escape, or a limit stopped it.</exception>
    public ScriptSubmission ThrowIfFailed() => Error is null ? this : throw Error;
}
