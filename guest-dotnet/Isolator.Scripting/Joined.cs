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
        diagnostic.Location.SourceTree == Tree ? Told(diagnostic, diagnostic.Location.SourceSpan) : Diagnosis.Of(diagnostic);

    private static TextSpan Usings(CompilationUnitSyntax unit) => TextSpan.FromBounds(0, First(unit));

    private static TextSpan Statements(CompilationUnitSyntax unit) => TextSpan.FromBounds(First(unit), Last(unit));

    private static TextSpan Types(CompilationUnitSyntax unit) => TextSpan.FromBounds(Last(unit), unit.FullSpan.End);

    private static int First(CompilationUnitSyntax unit) => unit.Members.FirstOrDefault()?.FullSpan.Start ?? unit.FullSpan.End;

    // Without types all that is left is the statements', such as an `#endif` behind them.
    private static int Last(CompilationUnitSyntax unit) => unit.Members.All(member => member.IsKind(SyntaxKind.GlobalStatement))
        ? unit.FullSpan.End
        : unit.Members.LastOrDefault(member => member.IsKind(SyntaxKind.GlobalStatement))?.FullSpan.End ?? First(unit);

    /// <summary>Appends a part of a source. A <c>#line</c> in it would be about lines of the joined text, and files beside another source: what it says is said anew.</summary>
    private void Append(StringBuilder text, SyntaxTree tree, TextSpan span)
    {
        TextLineCollection lines = tree.GetText().Lines;
        int start = span.Start;
        LineSpanDirectiveTriviaSyntax? before = null;
        IEnumerable<SyntaxTrivia> all = tree.GetCompilationUnitRoot().DescendantTrivia(span, node => node.ContainsDirectives);
        foreach (LineOrSpanDirectiveTriviaSyntax directive in LineDirectives.Among(all))
        {
            TextLine line = lines.GetLineFromPosition(directive.SpanStart);
            Append(text, tree, TextSpan.FromBounds(start, Math.Max(start, line.Start)), before);
            (start, before) = (Math.Min(line.EndIncludingLineBreak, span.End), directive as LineSpanDirectiveTriviaSyntax);
        }
        Append(text, tree, TextSpan.FromBounds(start, span.End), before);
    }

    /// <param name="text">Where to.</param>
    /// <param name="tree">The source.</param>
    /// <param name="span">The part, in which no <c>#line</c> is.</param>
    /// <param name="before">What stands before it, if that maps columns.</param>
    private void Append(StringBuilder text, SyntaxTree tree, TextSpan span, LineSpanDirectiveTriviaSyntax? before)
    {
        if (span.IsEmpty)
        {
            return;
        }
        SourceText source = tree.GetText();
        LinePosition at = source.Lines.GetLinePosition(span.Start);
        FileLinePositionSpan mapped = tree.GetMappedLineSpan(new TextSpan(span.Start, 0));
        string file = mapped.HasMappedPath ? LineDirectives.Resolve(mapped.Path, tree.FilePath) : tree.FilePath;
        string name = new([.. file.Select(letter => letter == '"' || char.IsControl(letter) ? '_' : letter)]);
        text.Append("\n#line ");
        if (before is null)
        {
            text.Append(Math.Max(mapped.StartLinePosition.Line + 1, 1));
        }
        else
        {
            text.Append(before.Start).Append('-').Append(before.End).Append(' ').Append(before.CharacterOffset);
        }
        text.Append(" \"").Append(name).Append("\"\n");
        if (tree.GetLineVisibility(span.Start) == LineVisibility.Hidden)
        {
            text.Append("#line hidden\n");
        }
        text.Append(' ', at.Character);
        _parts.Add(new Part(text.Length, tree, span));
        text.Append(source.ToString(span));
    }

    private ScriptDiagnostic Told(Diagnostic diagnostic, TextSpan span)
    {
        (SyntaxTree tree, int start, int last) = Place(span.Start);
        (SyntaxTree other, int end, _) = Place(span.End);
        // What goes on in another source ends with this one's part.
        return Diagnosis.At(diagnostic, tree, TextSpan.FromBounds(start, other == tree && end >= start ? end : last));
    }

    /// <summary>A place's source, where it is there, and where its part ends.</summary>
    private (SyntaxTree Tree, int At, int End) Place(int at)
    {
        Part part = _parts.LastOrDefault(part => part.Start <= at, _parts[0]);
        return (part.From, part.Span.Start + Math.Clamp(at - part.Start, 0, part.Span.Length), part.Span.End);
    }
}
