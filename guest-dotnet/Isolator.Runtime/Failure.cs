using System;
using System.Collections.Generic;

namespace Isolator.Runtime;

/// <summary>A failure of this machinery, as opposed to an exception of guest code. It never reaches guest code.</summary>
internal sealed class FailureException : Exception
{
    public FailureException(string kind, string message)
        : base(message) => Kind = kind;

    public FailureException(string kind, string message, Exception? inner)
        : base(message, inner) => Kind = kind;

    /// <summary>One of <see cref="FailureKind"/>.</summary>
    public string Kind { get; }

    /// <summary>The assembly in question.</summary>
    public string? Assembly { get; init; }

    /// <summary>The type in question.</summary>
    public string? TypeName { get; init; }

    /// <summary>The member in question.</summary>
    public string? Member { get; init; }

    /// <summary>Signatures of the members that came into question.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];
}
