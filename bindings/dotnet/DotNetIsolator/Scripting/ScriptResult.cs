namespace DotNetIsolator;

/// <summary>What came of a script that ran to its end, whatever end that was.</summary>
public sealed class ScriptResult
{
    /// <summary>
    /// Its exit code: what <c>Main</c> returned (0 if it returns nothing), or what <c>Environment.Exit</c> was given. Null if it has none, and <see cref="Error"/>
    /// says why.
    /// </summary>
    public int? ExitCode { get; internal init; }

    /// <summary>Why it has no exit code: the exception that it let escape, the limit that stopped it.</summary>
    public IsolatedException? Error { get; internal init; }

    /// <summary>What it wrote to <see cref="System.Console.Out"/>, unless its options sent that elsewhere.</summary>
    public string StandardOutput { get; internal init; } = string.Empty;

    /// <summary>What it wrote to <see cref="System.Console.Error"/>, unless its options sent that elsewhere.</summary>
    public string StandardError { get; internal init; } = string.Empty;

    /// <summary>Warnings of the compiler.</summary>
    public ScriptDiagnostics Diagnostics { get; internal init; } = ScriptDiagnostics.None;

    /// <summary>What the run used; the compiler is not counted.</summary>
    public required IsolatedRuntimeUsage Usage { get; init; }

    /// <summary>Throws <see cref="Error"/>, if there is one.</summary>
    /// <returns>This.</returns>
    /// <exception cref="IsolatedException">The script let an exception escape, or a limit stopped it.</exception>
    public ScriptResult ThrowIfFailed() => Error is null ? this : throw Error;
}
