using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>What can stand at a place in a source, by what the compiler finds there.</summary>
internal sealed class Completion
{
    /// <summary>Most that are offered.</summary>
    private const int Most = 200;

    /// <summary>Most that are offered of types that no using brings, and how much of a name has to be there for that.</summary>
    private const int MostForeign = 40;
    private const int LeastOfForeign = 3;

    private static readonly SymbolDisplayFormat s_format = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType)
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    private readonly SemanticModel _model;
    private readonly SyntaxNode _root;
    private readonly SourceText _text;
    private readonly int _position;
    private readonly Dictionary<string, Found> _found = new(StringComparer.Ordinal);
    private int _start;
    private string _prefix = "";

    internal Completion(CSharpCompilation compilation, SyntaxTree tree, int position)
    {
        _model = compilation.GetSemanticModel(tree);
        _root = tree.GetRoot();
        _text = tree.GetText();
        _position = Math.Clamp(position, 0, _text.Length);
    }

    internal ScriptCompletions Find()
    {
        if (FindWord() && !IsText())
        {
            Collect();
        }
        LinePositionSpan replaced = _text.Lines.GetLinePositionSpan(TextSpan.FromBounds(_start, _position));
        return new ScriptCompletions
        {
            StartLine = replaced.Start.Line,
            StartColumn = replaced.Start.Character,
            EndLine = replaced.End.Line,
            EndColumn = replaced.End.Character,
            Items =
            [
                .. _found
                    .OrderBy(pair => pair.Value.Space is null ? 0 : 1)
                    .ThenBy(pair => pair.Key.StartsWith(_prefix, StringComparison.Ordinal) ? 0 : 1)
                    .ThenBy(pair => pair.Value.Rank)
                    .ThenBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
                    .ThenBy(pair => pair.Key, StringComparer.Ordinal)
                    .Take(Most)
                    .Select(Told),
            ],
        };
    }

    private ScriptCompletion Told(KeyValuePair<string, Found> pair)
    {
        (string name, Found found) = pair;
        if (found.Space is { } space)
        {
            return new ScriptCompletion { Text = found.Symbol!.Name, Kind = found.Kind, Detail = found.Symbol.ToDisplayString(), Using = space };
        }
        string? detail = found.Symbol?.ToMinimalDisplayString(_model, _start, s_format);
        bool isKeyword = found.Symbol != null && SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None;
        return new ScriptCompletion
        {
            Text = isKeyword ? "@" + name : name,
            Kind = found.Kind,
            Detail = found.Count > 1 ? $"{detail} (+ {found.Count - 1})" : detail,
        };
    }

    /// <summary>Finds the start of the name that is being written. False: it is no name.</summary>
    private bool FindWord()
    {
        _start = _position;
        while (_start > 0 && SyntaxFacts.IsIdentifierPartCharacter(_text[_start - 1]))
        {
            _start--;
        }
        bool isNumber = _start < _position && !SyntaxFacts.IsIdentifierStartCharacter(_text[_start]);
        _prefix = _text.ToString(TextSpan.FromBounds(_start, _position));
        if (_start > 0 && _text[_start - 1] == '@')
        {
            _start--;
        }
        return !isNumber;
    }

    /// <summary>Whether the place is in a comment, a directive, a literal.</summary>
    private bool IsText()
    {
        SyntaxToken token = _root.FindToken(_start);
        for (SyntaxToken near = token; ; near = near.GetPreviousToken(includeZeroWidth: true))
        {
            if (near.LeadingTrivia.Any(IsAround) || near.TrailingTrivia.Any(IsAround))
            {
                return true;
            }
            if (near.RawKind == 0 || near.FullSpan.End < _start)
            {
                break;
            }
        }
        SyntaxToken before = Before();
        return IsLiteralAround(token) || IsLiteralAround(before);
    }

    private bool IsAround(SyntaxTrivia trivia)
    {
        if (_position <= trivia.SpanStart)
        {
            return false;
        }
        return trivia.Kind() switch
        {
            SyntaxKind.WhitespaceTrivia or SyntaxKind.EndOfLineTrivia or SyntaxKind.SkippedTokensTrivia => false,
            SyntaxKind.MultiLineCommentTrivia => _position < trivia.Span.End || !trivia.ToString().EndsWith("*/", StringComparison.Ordinal),
            SyntaxKind.DisabledTextTrivia => _position < trivia.Span.End,
            // To the end of the line.
            _ => _position <= trivia.Span.End && _text.Lines.GetLineFromPosition(trivia.SpanStart).LineNumber == _text.Lines.GetLineFromPosition(_position).LineNumber,
        };
    }

    private bool IsLiteralAround(SyntaxToken token)
    {
        switch (token.Kind())
        {
            case SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.CharacterLiteralToken
                or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken:
                return _position > token.SpanStart && (_position < token.Span.End || token.ContainsDiagnostics);
            case SyntaxKind.InterpolatedStringTextToken:
                return _position >= token.SpanStart && _position <= token.Span.End;
            case SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedVerbatimStringStartToken:
                return _position == token.Span.End;
            default:
                return false;
        }
    }

    /// <summary>The token before the name.</summary>
    private SyntaxToken Before()
    {
        if (_start == 0)
        {
            return default;
        }
        SyntaxToken token = _root.FindToken(_start - 1);
        while (token.RawKind != 0 && token.Span.End > _start || token.SpanStart >= _start && token.RawKind != 0)
        {
            token = token.GetPreviousToken();
        }
        return token;
    }

    private void Collect()
    {
        SyntaxToken before = Before();
        switch (before.Kind())
        {
            case SyntaxKind.DotToken or SyntaxKind.MinusGreaterThanToken or SyntaxKind.ColonColonToken:
                MembersOf(before);
                break;
            case SyntaxKind.OpenBraceToken or SyntaxKind.CommaToken
                when before.Parent is InitializerExpressionSyntax { RawKind: (int)SyntaxKind.ObjectInitializerExpression, Parent: ExpressionSyntax made }:
                foreach (ISymbol symbol in Members(_model.GetTypeInfo(made).ConvertedType).Where(IsSettable))
                {
                    Add(symbol);
                }
                break;
            case SyntaxKind.NewKeyword or SyntaxKind.UsingKeyword or SyntaxKind.StaticKeyword or SyntaxKind.NamespaceKeyword
                when before.IsKind(SyntaxKind.NewKeyword) || before.Parent is UsingDirectiveSyntax or BaseNamespaceDeclarationSyntax:
                Add(_model.LookupNamespacesAndTypes(_start));
                if (before.IsKind(SyntaxKind.NewKeyword))
                {
                    AddForeign(type => !type.IsStatic);
                }
                break;
            default:
                Add(_model.LookupSymbols(_start));
                if (_start == _text.Length || _text[_start] != '@')
                {
                    Keywords(before);
                }
                AddForeign(_ => true);
                break;
        }
    }

    /// <summary>Adds types that no using brings, unless there is something else of the name.</summary>
    private void AddForeign(Func<INamedTypeSymbol, bool> fits)
    {
        // Types have capital letters: who writes a small one means something else, if there is anything.
        if (_prefix.Length < LeastOfForeign || (char.IsLower(_prefix[0]) && _found.Count > 0))
        {
            return;
        }
        IEnumerable<TypeNames.Entry> entries = TypeNames.StartingWith(_prefix, _model.Compilation)
            .Where(entry => !_found.ContainsKey(entry.Name))
            .OrderBy(entry => entry.Name.StartsWith(_prefix, StringComparison.Ordinal) ? 0 : 1)
            .ThenBy(entry => entry.Name.Length)
            .ThenBy(entry => entry.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.Space, StringComparer.Ordinal)
            .Take(MostForeign)
            .ToList();
        foreach (TypeNames.Entry entry in entries)
        {
            if (_model.Compilation.GetTypeByMetadataName(entry.MetadataName) is { } type && _model.IsAccessible(_start, type) && fits(type))
            {
                _found.TryAdd($"{entry.Name} {entry.Space}", new Found { Symbol = type, Kind = KindOf(type).Kind, Rank = 9, Space = entry.Space });
            }
        }
    }

    private void MembersOf(SyntaxToken dot)
    {
        switch (dot.Parent)
        {
            case MemberAccessExpressionSyntax access:
                MembersOf(access.Expression, access.Expression);
                break;
            case QualifiedNameSyntax name:
                // What is a variable and a point, and nothing yet, is read as the name of a type.
                MembersOf(name.Left, SyntaxFactory.ParseExpression(name.Left.ToString()));
                break;
            case AliasQualifiedNameSyntax alias when _model.GetSymbolInfo(alias.Alias).Symbol is INamespaceSymbol space:
                Add(_model.LookupNamespacesAndTypes(_start, space));
                break;
            case MemberBindingExpressionSyntax binding:
                ExpressionSyntax? target = binding.Ancestors().OfType<ConditionalAccessExpressionSyntax>()
                    .FirstOrDefault(access => access.WhenNotNull.Span.Contains(binding.Span))?.Expression;
                ITypeSymbol? type = target is null ? null : _model.GetTypeInfo(target).Type;
                AddInstance(type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable
                    ? nullable.TypeArguments[0]
                    : type);
                break;
        }
    }

    private void MembersOf(ExpressionSyntax left, ExpressionSyntax asExpression)
    {
        if (left is BaseExpressionSyntax)
        {
            Add(_model.LookupBaseMembers(_start));
            return;
        }
        SymbolInfo info = _model.GetSymbolInfo(left);
        ITypeSymbol? type = _model.GetTypeInfo(left).Type;
        ISymbol? symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        if (symbol is null && left != asExpression)
        {
            symbol = _model.GetSpeculativeSymbolInfo(left.SpanStart, asExpression, SpeculativeBindingOption.BindAsExpression).Symbol;
            type = _model.GetSpeculativeTypeInfo(left.SpanStart, asExpression, SpeculativeBindingOption.BindAsExpression).Type;
        }
        switch (symbol)
        {
            case INamespaceSymbol space:
                Add(_model.LookupNamespacesAndTypes(_start, space));
                break;
            case ITypeSymbol named:
                Add(_model.LookupStaticMembers(_start, named));
                break;
            default:
                AddInstance(type);
                break;
        }
    }

    private void AddInstance(ITypeSymbol? type)
    {
        foreach (ISymbol symbol in Members(type))
        {
            if (!symbol.IsStatic && symbol is not ITypeSymbol)
            {
                Add(symbol);
            }
        }
    }

    private ImmutableArray<ISymbol> Members(ITypeSymbol? type) => type is null or IErrorTypeSymbol or { SpecialType: SpecialType.System_Void }
        ? []
        : _model.LookupSymbols(_start, type, includeReducedExtensionMethods: true);

    private static bool IsSettable(ISymbol symbol) =>
        symbol is IPropertySymbol { IsStatic: false, IsIndexer: false, SetMethod: not null } or IFieldSymbol { IsStatic: false, IsReadOnly: false };

    private void Add(IEnumerable<ISymbol> symbols)
    {
        foreach (ISymbol symbol in symbols)
        {
            Add(symbol);
        }
    }

    private void Add(ISymbol symbol)
    {
        string name = symbol.Name;
        if (!name.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase) || !symbol.CanBeReferencedByName || IsHidden(symbol))
        {
            return;
        }
        if (_found.TryGetValue(name, out Found? known))
        {
            known.Count += known.Symbol?.Kind == symbol.Kind && symbol.Kind == SymbolKind.Method ? 1 : 0;
            return;
        }
        (string kind, int rank) = KindOf(symbol);
        _found.Add(name, new Found { Symbol = symbol, Kind = kind, Rank = rank });
    }

    private static bool IsHidden(ISymbol symbol) => symbol switch
    {
        INamedTypeSymbol type => type.IsScriptClass || type.IsImplicitClass,
        IMethodSymbol method => method.MethodKind is not (MethodKind.Ordinary or MethodKind.ReducedExtension or MethodKind.LocalFunction or MethodKind.DelegateInvoke),
        _ => false,
    };

    private static (string Kind, int Rank) KindOf(ISymbol symbol) => symbol switch
    {
        ILocalSymbol { IsConst: true } or IFieldSymbol { IsConst: true, ContainingType.TypeKind: not TypeKind.Enum } => ("constant", 0),
        ILocalSymbol or IRangeVariableSymbol => ("variable", 0),
        IParameterSymbol => ("parameter", 0),
        IFieldSymbol { ContainingType.TypeKind: TypeKind.Enum } => ("enummember", 0),
        // What a submission declares is a field, and a variable to who wrote it.
        IFieldSymbol { ContainingType.IsScriptClass: true } => ("variable", 0),
        IFieldSymbol => ("field", 1),
        IPropertySymbol => ("property", 1),
        IEventSymbol => ("event", 1),
        IMethodSymbol { MethodKind: MethodKind.ReducedExtension } => ("method", 2),
        IMethodSymbol => ("method", 1),
        ITypeParameterSymbol => ("typeparameter", 3),
        INamedTypeSymbol { TypeKind: TypeKind.Interface } => ("interface", 4),
        INamedTypeSymbol { TypeKind: TypeKind.Struct } => ("struct", 4),
        INamedTypeSymbol { TypeKind: TypeKind.Enum } => ("enum", 4),
        INamedTypeSymbol { TypeKind: TypeKind.Delegate } => ("delegate", 4),
        INamedTypeSymbol => ("class", 4),
        INamespaceSymbol => ("namespace", 5),
        _ => ("other", 6),
    };

    private static readonly string[] s_inExpressions =
    [
        "async", "await", "base", "checked", "default", "delegate", "false", "from", "nameof", "new", "null", "sizeof", "stackalloc", "static", "this", "throw", "true", "typeof", "unchecked",
    ];

    /// <summary>Words of the language; behind what needs an operand those that begin one.</summary>
    private void Keywords(SyntaxToken before)
    {
        bool wantsOperand = before.Kind() is SyntaxKind.EqualsToken or SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken or SyntaxKind.CommaToken
            or SyntaxKind.ReturnKeyword or SyntaxKind.EqualsGreaterThanToken || SyntaxFacts.IsBinaryExpression(before.Kind());
        IEnumerable<string> words = wantsOperand ? s_inExpressions : SyntaxFacts.GetKeywordKinds().Select(SyntaxFacts.GetText);
        foreach (string word in words)
        {
            if (word.Length > 1 && char.IsAsciiLetter(word[0]) && word.StartsWith(_prefix, StringComparison.Ordinal))
            {
                _found.TryAdd(word, new Found { Kind = "keyword", Rank = 3 });
            }
        }
    }

    private sealed class Found
    {
        internal ISymbol? Symbol { get; init; }
        internal string Kind { get; init; } = "";
        internal int Rank { get; init; }
        internal int Count { get; set; } = 1;

        /// <summary>The namespace that a using would have to bring.</summary>
        internal string? Space { get; init; }
    }
}
