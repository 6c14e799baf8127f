using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>An expression as a method of a class of its own.</summary>
internal sealed class Expression
{
    private const string Name = "expression";

    private readonly string _text;
    private readonly ScriptGlobal[] _globals;
    private readonly ScriptOptions _options;
    private readonly Settings _settings;
    private readonly bool _awaits;
    private int _start;
    private int _firstLine;
    private int _lines;

    internal Expression(string text, ScriptGlobal[] globals, ScriptOptions options)
    {
        (_globals, _options) = (globals, options);
        _settings = new Settings(options);
        Nesting.Check(text, _settings.Parse);
        foreach (ScriptGlobal global in globals)
        {
            if (!SyntaxFacts.IsValidIdentifier(global.Name))
            {
                throw new OptionException($"a global is called `{global.Name}`, which is no name in C#");
            }
            TypeSyntax type = SyntaxFactory.ParseTypeName(global.Type, options: _settings.Parse);
            if (type.ContainsDiagnostics || type.IsMissing || type.FullSpan.Length != global.Type.Length)
            {
                throw new OptionException($"the type of the global `{global.Name}`, `{global.Type}`, is no type in C#");
            }
        }
        var defaults = new List<TextSpan>();
        foreach (SyntaxToken token in SyntaxFactory.ParseTokens(text, options: _settings.Parse))
        {
            _awaits |= token.ValueText == "await";
            if (token.ContainsDirectives)
            {
                defaults.AddRange(LineDirectives.Among(token.LeadingTrivia)
                    .OfType<LineDirectiveTriviaSyntax>().Where(directive => directive.Line.IsKind(SyntaxKind.DefaultKeyword)).Select(directive => directive.Line.Span));
            }
        }
        _text = WithoutDefaults(text, defaults);
    }

    /// <summary>
    /// The text in which each <c>#line default</c> says what is meant: lines of the expression, and not of what is written around it. No line moves.
    /// </summary>
    private static string WithoutDefaults(string text, List<TextSpan> defaults)
    {
        if (defaults.Count == 0)
        {
            return text;
        }
        TextLineCollection lines = SourceText.From(text).Lines;
        var changed = new StringBuilder();
        int at = 0;
        foreach (TextSpan word in defaults)
        {
            // It is about the next line, and lines are counted from 1.
            changed.Append(text, at, word.Start - at).Append(lines.IndexOf(word.Start) + 2).Append(" \"").Append(Name).Append('"');
            at = word.End;
        }
        return changed.Append(text, at, text.Length - at).ToString();
    }

    internal Outcome Compile()
    {
        SyntaxTree tree = Tree(isVoid: false);
        if (!IsOneExpression(tree, out ExpressionSyntax? expression))
        {
            return NotOne(tree);
        }
        CSharpCompilation compilation = Compilation(tree);
        Outcome outcome = Compiler.Emit(compilation, _options, Tell);
        // Most have a value, and to ask for an expression's type takes as long as to compile it.
        if (outcome.Assembly is null && MayBeVoid(expression)
            && compilation.GetSemanticModel(tree).GetTypeInfo(expression).Type?.SpecialType == SpecialType.System_Void)
        {
            outcome = Compiler.Emit(Compilation(Tree(isVoid: true)), _options, Tell);
            outcome.IsVoid = true;
        }
        return outcome;
    }

    /// <summary>Whether an expression of that form can be one without a value.</summary>
    internal static bool MayBeVoid(ExpressionSyntax expression) => expression switch
    {
        ParenthesizedExpressionSyntax inner => MayBeVoid(inner.Expression),
        InvocationExpressionSyntax or AwaitExpressionSyntax or ConditionalAccessExpressionSyntax or ConditionalExpressionSyntax => true,
        _ => false,
    };

    private CSharpCompilation Compilation(SyntaxTree tree)
    {
        SyntaxTree[] trees = _settings.Usings() is { } usings ? [tree, usings] : [tree];
        return Libraries.With(_options.Libraries).WithOptions(_settings.Options(OutputKind.DynamicallyLinkedLibrary)).AddSyntaxTrees(trees);
    }

    private SyntaxTree Tree(bool isVoid)
    {
        var source = new StringBuilder();
        // Whether it awaits is only guessed.
        source.Append("#pragma warning disable CS1998\npublic static class Evaluation\n{\npublic static ");
        source.Append(_awaits ? "async global::System.Threading.Tasks.Task<object>" : "object");
        source.Append(_settings.HasAnnotations ? "? " : " ").Replace("Task<object>?", "Task<object?>").Append("Evaluate(");
        for (int i = 0; i < _globals.Length; i++)
        {
            string name = _globals[i].Name;
            bool isKeyword = SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None;
            source.Append(i == 0 ? "" : ", ").Append(_globals[i].Type).Append(isKeyword ? " @" : " ").Append(name);
        }
        source.Append(isVoid ? ")\n{\n" : ") =>\n").Append("#line 1 \"").Append(Name).Append("\"\n");
        _start = source.Length;
        _firstLine = LinesOf(source.ToString());
        _lines = LinesOf(_text) + 1;
        source.Append(_text).Append(isVoid ? "\n;\nreturn null;\n}\n}\n" : "\n;\n}\n");
        return _settings.Tree(Name, source.ToString());
    }

    // As Roslyn counts lines.
    private static int LinesOf(string text) => SourceText.From(text).Lines.Count - 1;

    /// <summary>Whether the text is an expression and not something that ends the method that is written around it.</summary>
    private bool IsOneExpression(SyntaxTree tree, out ExpressionSyntax expression)
    {
        expression = null!;
        CompilationUnitSyntax unit = tree.GetCompilationUnitRoot();
        if (unit.Members is not [ClassDeclarationSyntax { Members: [MethodDeclarationSyntax { ExpressionBody: { } body }] }])
        {
            return false;
        }
        expression = body.Expression;
        TextLineCollection lines = tree.GetText().Lines;
        int start = lines[_firstLine].Start;
        int end = lines[_firstLine + _lines].Start;
        return expression.SpanStart >= start && expression.Span.End <= end && !expression.IsMissing
            && !unit.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
    }

    private Outcome NotOne(SyntaxTree tree)
    {
        var outcome = new Outcome();
        // Of an expression by itself no word is about what stands around it.
        outcome.Tell(
            [.. SyntaxFactory.ParseExpression(_text, options: _settings.Parse).GetDiagnostics()],
            _options.MaxDiagnostics,
            diagnostic => Tell(diagnostic, tree, new TextSpan(_start + diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length)));
        if (outcome.Diagnostics.Length == 0)
        {
            outcome.Tell([.. tree.GetDiagnostics()], _options.MaxDiagnostics, Tell);
        }
        if (outcome.Diagnostics.Length == 0)
        {
            (int line, int column) = End();
            outcome.Diagnostics =
            [
                new ScriptDiagnostic
                {
                    Id = "ISO0001",
                    Severity = "error",
                    File = Name,
                    EndLine = line,
                    EndColumn = column,
                    Message = "this is not one expression; a program of several statements can be run",
                },
            ];
        }
        return outcome;
    }

    private ScriptDiagnostic Tell(Diagnostic diagnostic) => diagnostic.Location.SourceTree is { FilePath: Name } tree
        ? Tell(diagnostic, tree, diagnostic.Location.SourceSpan)
        : Diagnosis.Of(diagnostic);

    /// <summary>Places in the expression; what is said of what stands around it is about a global.</summary>
    private ScriptDiagnostic Tell(Diagnostic diagnostic, SyntaxTree tree, TextSpan span)
    {
        ScriptDiagnostic told = Diagnosis.At(diagnostic, null, default);
        if (span.Start < _start)
        {
            told.File = "globals";
            return told;
        }
        // What is missing at the end is missing behind the last character.
        int end = _start + _text.Length;
        span = TextSpan.FromBounds(Math.Min(span.Start, end), Math.Min(span.End, end));
        FileLinePositionSpan place = tree.GetLineSpan(span), mapped = tree.GetMappedLineSpan(span);
        told.File = Name;
        (told.StartLine, told.StartColumn) = (place.StartLinePosition.Line - _firstLine, place.StartLinePosition.Character);
        (told.EndLine, told.EndColumn) = (place.EndLinePosition.Line - _firstLine, place.EndLinePosition.Character);
        // All lines are mapped, to begin with, to those of the expression. What is mapped to none, hidden behind a `#line` that maps columns, is where it is.
        if (mapped.HasMappedPath || mapped.StartLinePosition != place.StartLinePosition)
        {
            told.Map(mapped);
        }
        return told;
    }

    private (int Line, int Column) End()
    {
        TextLineCollection lines = SourceText.From(_text).Lines;
        return (lines.Count - 1, lines[^1].Span.Length);
    }
}
