using System;

namespace DotNetIsolator;

/// <summary>A script does not compile. Its message is what <c>dotnet build</c> would print.</summary>
public sealed class ScriptCompilationException : IsolatedException
{
    /// <summary>An exception without a message of its own.</summary>
    public ScriptCompilationException() => Kind = IsolatedErrorKind.Compilation;

    /// <summary>An exception with a message.</summary>
    /// <param name="message">What is wrong.</param>
    public ScriptCompilationException(string? message)
        : base(message) => Kind = IsolatedErrorKind.Compilation;

    /// <summary>An exception with a message and a cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What caused it on this side.</param>
    public ScriptCompilationException(string? message, Exception? innerException)
        : base(message, innerException) => Kind = IsolatedErrorKind.Compilation;

    internal ScriptCompilationException(string message, ScriptDiagnostics diagnostics)
        : this(message) => Diagnostics = diagnostics;

    /// <summary>What the compiler says; empty where it could not bear the source at all (one that nests too deep), as the message says then.</summary>
    public ScriptDiagnostics Diagnostics { get; } = ScriptDiagnostics.None;
}
