using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>Sources that submissions load, as the host found them. Nothing is looked for here.</summary>
internal sealed class Loaded(SourceFile[] files, SourceLink[] links) : SourceReferenceResolver
{
    public override string? NormalizePath(string path, string? baseFilePath) => LineDirectives.Resolve(path, baseFilePath);

    public override string? ResolveReference(string path, string? baseFilePath)
    {
        string from = Array.Exists(files, file => file.Name == baseFilePath) ? baseFilePath! : "";
        return Array.Find(links, link => link.From == from && link.Path == path)?.Name;
    }

    public override SourceText ReadText(string resolvedPath) => Settings.Source(Text(resolvedPath));

    public override Stream OpenRead(string resolvedPath) => new MemoryStream(Encoding.UTF8.GetBytes(Text(resolvedPath)), writable: false);

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => files.Length;

    private string Text(string name) => Array.Find(files, file => file.Name == name)?.Text ?? throw new FileNotFoundException(name);
}
