using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Isolator.Scripting;

/// <summary>
/// How deep brackets nest. At each of them Roslyn's parser looks ahead over what is inside, for a cast, a lambda or a tuple's type, so that time grows with the
/// square of the depth; and where it is compiled itself, no stack ends before that takes minutes.
/// </summary>
internal static class Nesting
{
    private const int Deepest = 2000;

    /// <exception cref="InsufficientExecutionStackException">They nest too deep.</exception>
    internal static void Check(string text, CSharpParseOptions how)
    {
        // Most sources have not so many brackets at all.
        if (text.AsSpan().Count('(') + text.AsSpan().Count('[') + text.AsSpan().Count('{') <= Deepest)
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
                    break;
            }
            if (depth + inside > Deepest)
            {
                throw new InsufficientExecutionStackException();
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
