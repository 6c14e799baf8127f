using System.Globalization;
using Microsoft.CodeAnalysis;

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

    /// <summary>The place is the one in the text that was given, whatever a <c>#line</c> says.</summary>
    internal static ScriptDiagnostic Of(Diagnostic diagnostic) =>
        At(diagnostic, diagnostic.Location is { IsInSource: true } location ? location.GetLineSpan() : null);

    internal static ScriptDiagnostic At(Diagnostic diagnostic, FileLinePositionSpan? place)
    {
        var told = new ScriptDiagnostic
        {
            Id = diagnostic.Id,
            Severity = diagnostic.Severity switch
            {
                DiagnosticSeverity.Error => "error",
                DiagnosticSeverity.Warning => "warning",
                _ => "info",
            },
            Message = Bounded(diagnostic.GetMessage(CultureInfo.InvariantCulture)),
        };
        if (place is { } span)
        {
            told.File = span.Path;
            (told.StartLine, told.StartColumn) = (span.StartLinePosition.Line, span.StartLinePosition.Character);
            (told.EndLine, told.EndColumn) = (span.EndLinePosition.Line, span.EndLinePosition.Character);
        }
        return told;
    }

    private static string Bounded(string message) =>
        message.Length <= LongestMessage ? message : string.Concat(message.AsSpan(0, LongestMessage), "…");
}
