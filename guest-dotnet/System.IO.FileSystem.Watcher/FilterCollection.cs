using System.Collections.ObjectModel;

namespace System.IO;

/// <summary>Patterns of names, of which those for everything are written as one.</summary>
internal sealed class FilterCollection : Collection<string>
{
    /// <summary>Whether a path's last part fits one of them. Without any, everything fits.</summary>
    public bool Fits(string path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
        foreach (string filter in Items)
        {
            if (Enumeration.FileSystemName.MatchesSimpleExpression(filter, name, ignoreCase: false))
            {
                return true;
            }
        }

        return Count == 0;
    }

    /// <inheritdoc/>
    protected override void InsertItem(int index, string item) => base.InsertItem(index, Written(item));

    /// <inheritdoc/>
    protected override void SetItem(int index, string item) => base.SetItem(index, Written(item));

    private static string Written(string item) => string.IsNullOrEmpty(item) || item == "*.*" ? "*" : item;
}
