using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolator.Scripting;

/// <summary>
/// How deep brackets nest, and interpolated strings. At each bracket Roslyn's parser looks ahead over what is inside, for a cast, a lambda or a tuple's type, so that
/// time grows with the square of the depth; and where it is compiled itself, no stack ends before that takes minutes. An interpolated string of strings alone is bound
/// twice, first to see whether it is a concatenation, and so is each in its holes: every level takes twice as long, a dozen may take seconds, and `csc` no less. To parse
/// them takes time that grows with the cube of the depth.
/// </summary>
internal static class Nesting
{
    private const int Deepest = 2000;
    private const int DeepestStrings = 12;

    /// <summary>Of interpolated strings, to take them apart at all.</summary>
    private const int DeepestParsed = 100;

    /// <summary>Letters of the shortest interpolated string, which is empty.</summary>
    private const int ShortestString = 3;

    private static readonly string s_strings = $"interpolated strings nest more than {DeepestStrings} levels deep, each of which doubles the time";

    /// <summary>Looks at brackets, before the text is parsed.</summary>
    /// <exception cref="NestingException">They nest too deep.</exception>
    internal static void Check(string text, CSharpParseOptions how)
    {
        // Most sources have not so many brackets at all, nor so many interpolated strings.
        if (text.AsSpan().Count('(') + text.AsSpan().Count('[') + text.AsSpan().Count('{') <= Deepest && text.AsSpan().Count('$') <= DeepestParsed)
        {
            return;
        }
        int depth = 0;
        foreach (SyntaxToken token in SyntaxFactory.ParseTokens(text, options: how))
        {
            int inside = 0;
            switch (token.Kind())
            {
                case SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken or SyntaxKind.OpenBraceToken:
                    depth++;
                    break;
                case SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken or SyntaxKind.CloseBraceToken:
                    depth = Math.Max(depth - 1, 0);
                    break;
                case SyntaxKind.InterpolatedStringToken:
                    inside = DepthOf(token.Text);
                    // Many beside each other, as in a template, are not deep.
                    if (inside > DeepestParsed && token.Text.AsSpan().Count('$') > DeepestParsed)
                    {
                        throw new NestingException(s_strings);
                    }
                    break;
            }
            if (depth + inside > Deepest)
            {
                throw new NestingException($"brackets nest more than {Deepest} levels deep");
            }
        }
    }

    /// <summary>Looks at interpolated strings, which are only taken apart as the text is parsed.</summary>
    /// <exception cref="NestingException">They nest too deep.</exception>
    internal static void Check(string text, SyntaxTree tree)
    {
        if (text.AsSpan().Count('$') <= DeepestStrings)
        {
            return;
        }
        var waiting = new Stack<(SyntaxNode Node, int Depth)>();
        waiting.Push((tree.GetRoot(), 0));
        while (waiting.TryPop(out (SyntaxNode Node, int Depth) next))
        {
            int depth = next.Node is InterpolatedStringExpressionSyntax ? next.Depth + 1 : next.Depth;
            if (depth > DeepestStrings)
            {
                throw new NestingException(s_strings);
            }
            // Most of a source is too short to hold so many more.
            int shortest = (DeepestStrings + 1 - depth) * ShortestString;
            foreach (SyntaxNode child in next.Node.ChildNodes())
            {
                if (child.FullSpan.Length >= shortest)
                {
                    waiting.Push((child, depth));
                }
            }
        }
    }

    /// <summary>Of an interpolated string, whose expressions are not taken apart here.</summary>
    private static int DepthOf(string text)
    {
        (int depth, int deepest) = (0, 0);
        foreach (char c in text)
        {
            depth = c is '(' or '[' or '{' ? depth + 1 : c is ')' or ']' or '}' ? Math.Max(depth - 1, 0) : depth;
            deepest = Math.Max(depth, deepest);
        }
        return deepest;
    }
}

/// <summary>What nests too deep, and how deep it may.</summary>
internal sealed class NestingException(string message) : Exception(message);
