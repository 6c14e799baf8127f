using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>
/// A program that loads sources with top-level statements. C# lets one source of a program have such statements, so they become one: all usings, then all
/// statements, in the order in which the sources are loaded, then all types.
/// </summary>
internal sealed class Joined
{
    /// <summary>Whose length in the joined text, from a place on, is that of a part of a source.</summary>
    private readonly record struct Part(int Start, SyntaxTree From, TextSpan Span);

    private readonly List<Part> _parts = [];

    /// <param name="settings">How they are compiled.</param>
    /// <param name="trees">Those that have statements: what is loaded first, the program last.</param>
    internal Joined(Settings settings, IReadOnlyList<SyntaxTree> trees)
    {
        // Two sources may well use the same namespace.
        var text = new StringBuilder("#pragma warning disable CS0105\n");
        foreach (Func<CompilationUnitSyntax, TextSpan> part in (Func<CompilationUnitSyntax, TextSpan>[])[Usings, Statements, Types])
        {
            foreach (SyntaxTree tree in trees)
            {
                Append(text, tree, part(tree.GetCompilationUnitRoot()));
            }
        }
        Tree = settings.Tree(trees[^1].FilePath, text.ToString());
    }

    internal SyntaxTree Tree { get; }

    internal static bool HasStatements(SyntaxTree tree) => tree.GetCompilationUnitRoot().Members.Any(SyntaxKind.GlobalStatement);

    /// <summary>Tells where in the sources it is.</summary>
    internal ScriptDiagnostic Tell(Diagnostic diagnostic) =>
        diagnostic.Location.SourceTree == Tree ? Diagnosis.At(diagnostic, Place(diagnostic.Location.SourceSpan)) : Diagnosis.Of(diagnostic);

    private static TextSpan Usings(CompilationUnitSyntax unit) => TextSpan.FromBounds(0, First(unit));

    private static TextSpan Statements(CompilationUnitSyntax unit) => TextSpan.FromBounds(First(unit), Last(unit));

    private static TextSpan Types(CompilationUnitSyntax unit) => TextSpan.FromBounds(Last(unit), unit.FullSpan.End);

    private static int First(CompilationUnitSyntax unit) => unit.Members.FirstOrDefault()?.FullSpan.Start ?? unit.FullSpan.End;

    // Without types all that is left is the statements', such as an `#endif` behind them.
    private static int Last(CompilationUnitSyntax unit) => unit.Members.All(member => member.IsKind(SyntaxKind.GlobalStatement))
        ? unit.FullSpan.End
        : unit.Members.LastOrDefault(member => member.IsKind(SyntaxKind.GlobalStatement))?.FullSpan.End ?? First(unit);

    private void Append(StringBuilder text, SyntaxTree tree, TextSpan span)
    {
        if (span.IsEmpty)
        {
            return;
        }
        SourceText source = tree.GetText();
        LinePosition at = source.Lines.GetLinePosition(span.Start);
        string name = new([.. tree.FilePath.Select(letter => letter == '"' || char.IsControl(letter) ? '_' : letter)]);
        text.Append("\n#line ").Append(at.Line + 1).Append(" \"").Append(name).Append("\"\n").Append(' ', at.Character);
        _parts.Add(new Part(text.Length, tree, span));
        text.Append(source.ToString(span));
    }

    private FileLinePositionSpan Place(TextSpan span)
    {
        Part part = _parts.LastOrDefault(part => part.Start <= span.Start, _parts[0]);
        int offset = Math.Clamp(span.Start - part.Start, 0, part.Span.Length);
        int length = Math.Min(span.Length, part.Span.Length - offset);
        return part.From.GetLineSpan(new TextSpan(part.Span.Start + offset, length));
    }
}
