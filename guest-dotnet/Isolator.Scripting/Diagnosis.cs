using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>What the compiler says, as the host gets it.</summary>
internal static class Diagnosis
{
    private const int LongestMessage = 2000;

    /// <summary>Tells as many as are wanted: errors before anything else, all in the order of places.</summary>
    internal static void Tell(this Outcome outcome, IReadOnlyList<Diagnostic> found, int most, Func<Diagnostic, ScriptDiagnostic> tell)
    {
        most = Math.Max(most, 1);
        var chosen = new List<Diagnostic>();
        int all = 0;
        foreach (DiagnosticSeverity severity in (ReadOnlySpan<DiagnosticSeverity>)[DiagnosticSeverity.Error, DiagnosticSeverity.Warning, DiagnosticSeverity.Info])
        {
            for (int i = 0; i < found.Count; i++)
            {
                if (found[i].Severity != severity || found[i].IsSuppressed)
                {
                    continue;
                }
                all++;
                if (chosen.Count < most)
                {
                    chosen.Add(found[i]);
                }
            }
        }
        outcome.More = all - chosen.Count;
        outcome.Diagnostics =
        [
            .. chosen.Select(tell)
                .OrderBy(diagnostic => diagnostic.File, StringComparer.Ordinal)
                .ThenBy(diagnostic => diagnostic.StartLine)
                .ThenBy(diagnostic => diagnostic.StartColumn),
        ];
    }

    /// <summary>The place is the one in the text that was given, with what a <c>#line</c> makes of it beside that.</summary>
    internal static ScriptDiagnostic Of(Diagnostic diagnostic) => At(diagnostic, diagnostic.Location.SourceTree, diagnostic.Location.SourceSpan);

    internal static ScriptDiagnostic At(Diagnostic diagnostic, SyntaxTree? tree, TextSpan span)
    {
        var told = new ScriptDiagnostic
        {
            // An attribute of the source may have named it.
            Id = Bounded(diagnostic.Id),
            Severity = diagnostic.Severity switch
            {
                DiagnosticSeverity.Error => "error",
                DiagnosticSeverity.Warning => "warning",
                _ => "info",
            },
            Message = Bounded(diagnostic.GetMessage(CultureInfo.InvariantCulture)),
        };
        if (tree != null)
        {
            FileLinePositionSpan place = tree.GetLineSpan(span);
            told.File = place.Path;
            (told.StartLine, told.StartColumn) = (place.StartLinePosition.Line, place.StartLinePosition.Character);
            (told.EndLine, told.EndColumn) = (place.EndLinePosition.Line, place.EndLinePosition.Character);
            told.Map(tree.GetMappedLineSpan(span));
        }
        return told;
    }

    /// <summary>Tells what <c>#line</c> makes of the place, if that is another one.</summary>
    internal static void Map(this ScriptDiagnostic told, FileLinePositionSpan mapped)
    {
        string? file = mapped.HasMappedPath ? LineDirectives.Resolve(mapped.Path, told.File) : told.File;
        (LinePosition start, LinePosition end) = (mapped.StartLinePosition, mapped.EndLinePosition);
        if (file == told.File && (start.Line, start.Character, end.Line, end.Character) == (told.StartLine, told.StartColumn, told.EndLine, told.EndColumn))
        {
            return;
        }
        told.MappedFile = file is null ? null : Bounded(file);
        // Of a `#line 0` Roslyn makes a line before the first one.
        (told.MappedStartLine, told.MappedStartColumn) = (Math.Max(start.Line, 0), start.Character);
        (told.MappedEndLine, told.MappedEndColumn) = (Math.Max(end.Line, 0), end.Character);
    }

    private static string Bounded(string message) =>
        message.Length <= LongestMessage ? message : string.Concat(message.AsSpan(0, LongestMessage), "…");
}
