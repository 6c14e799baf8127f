using System;
using System.Globalization;

namespace DotNetIsolator;

/// <summary>One thing that the compiler has to say about a script. As a text it is what <c>dotnet build</c> prints.</summary>
/// <param name="Id">Such as <c>CS0103</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong. Names and texts of the source are in it: a stranger's words, if the source is.</param>
/// <param name="File">The name of the source; null if it is about all of them.</param>
/// <param name="Range">Where in it. This is the place in the text that was given, for who edits that, whatever a <c>#line</c> says.</param>
public sealed record ScriptDiagnostic(string Id, ScriptSeverity Severity, string Message, string? File, ScriptRange Range)
{
    /// <summary>Where a <c>#line</c> of the source says that it is, which is what is printed; null if none says so.</summary>
    public ScriptMappedPlace? Mapped { get; init; }

    /// <summary>The diagnostic as <c>dotnet build</c> prints it, with lines and columns counted from 1.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string? file = Mapped?.File ?? File;
        ScriptPosition start = (Mapped?.Range ?? Range).Start;
        string place = file is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{file}({start.Line + 1},{start.Character + 1}): ");
        string severity = Severity switch
        {
            ScriptSeverity.Error => "error",
            ScriptSeverity.Warning => "warning",
            _ => "info",
        };
        return $"{place}{severity} {Id}: {Message}";
    }
}

/// <summary>A place that a <c>#line</c> of a source names.</summary>
/// <param name="File">The file: a name that stands in the source, beside that unless it says where. Nothing is looked for there.</param>
/// <param name="Range">Where in it.</param>
public sealed record ScriptMappedPlace(string File, ScriptRange Range);

/// <summary>How bad a diagnostic is.</summary>
public enum ScriptSeverity
{
    /// <summary>Something to know.</summary>
    Info = 0,

    /// <summary>It compiles, and is probably wrong.</summary>
    Warning = 1,

    /// <summary>It does not compile.</summary>
    Error = 2,
}

/// <summary>A place in a source, as the Language Server Protocol counts: from 0, columns in UTF-16 units.</summary>
/// <param name="Line">The line.</param>
/// <param name="Character">The column.</param>
public readonly record struct ScriptPosition(int Line, int Character);

/// <summary>From here up to there.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends, which is not part of it.</param>
public readonly record struct ScriptRange(ScriptPosition Start, ScriptPosition End);
