using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolator.Scripting;

/// <summary>What <c>#line</c> makes of places.</summary>
internal static class LineDirectives
{
    /// <summary>Those among trivia that count. What is wrong with another one is an error in any case.</summary>
    internal static IEnumerable<LineOrSpanDirectiveTriviaSyntax> Among(IEnumerable<SyntaxTrivia> all) => all
        .Where(trivia => trivia.IsDirective)
        .Select(trivia => trivia.GetStructure())
        .OfType<LineOrSpanDirectiveTriviaSyntax>()
        .Where(directive => directive.IsActive && !directive.ContainsDiagnostics);

    /// <summary>A file that one names: beside the source that it stands in, unless the name says where, as the SDK's compiler has it. Nothing is looked for there.</summary>
    internal static string Resolve(string path, string? source)
    {
        int end = 1 + source.AsSpan().LastIndexOfAny('/', '\\');
        if (end == 0 || path.Length == 0 || path[0] is '/' or '\\' || path is [_, ':', ..])
        {
            return path;
        }
        string folder = source![..end];
        while (true)
        {
            if (path.StartsWith("./", StringComparison.Ordinal))
            {
                path = path[2..];
            }
            else if (path.StartsWith("../", StringComparison.Ordinal) && Above(folder) is { } above)
            {
                (folder, path) = (above, path[3..]);
            }
            else
            {
                return folder + path;
            }
        }
    }

    /// <summary>The folder that one lies in; null if its name does not say so.</summary>
    private static string? Above(string folder)
    {
        if (folder.Length == 0)
        {
            return null;
        }
        int start = 1 + folder.AsSpan(0, folder.Length - 1).LastIndexOfAny('/', '\\');
        return folder[start..^1] is "" or "." or ".." ? null : folder[..start];
    }
}

/// <summary>Gives symbols the names of files that <c>#line</c> names. There is nothing to load.</summary>
/// <param name="resolved">A source whose names are what they should be.</param>
internal sealed class MappedNames(string? resolved) : SourceReferenceResolver
{
    internal static MappedNames Usual { get; } = new(null);

    public override string? NormalizePath(string path, string? baseFilePath) =>
        baseFilePath == resolved ? path : LineDirectives.Resolve(path, baseFilePath);

    public override string? ResolveReference(string path, string? baseFilePath) => null;

    public override Stream OpenRead(string resolvedPath) => throw new FileNotFoundException(resolvedPath);

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => 0;
}
