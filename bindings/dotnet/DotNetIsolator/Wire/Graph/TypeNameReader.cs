using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>A type's name, taken apart.</summary>
internal sealed class ParsedName
{
    /// <summary>All of it, as <see cref="TypeNames.Qualified"/> writes it.</summary>
    public string Text { get; set; } = string.Empty;

    /// <summary>The name of the definition, without type arguments.</summary>
    public string Definition { get; set; } = string.Empty;

    /// <summary>The assembly.</summary>
    public string Assembly { get; set; } = string.Empty;

    /// <summary>Type arguments.</summary>
    public List<ParsedName> Arguments { get; } = [];

    /// <summary>Of an array, its elements' type.</summary>
    public ParsedName? Element { get; set; }

    /// <summary>Of an array, its dimensions; 0: one that begins at 0.</summary>
    public int Rank { get; set; }
}

/// <summary>Reads names of generic types and arrays, as a guest sends them: <c>Name[[argument, assembly],…][], assembly</c>.</summary>
internal sealed class TypeNameReader(string text)
{
    /// <summary>How deep type arguments and arrays may nest.</summary>
    public const int MostDepth = 8;

    private const int MostArguments = 8;
    private int _pos;

    /// <summary>Reads the whole text.</summary>
    /// <returns>Null if it is malformed or nests too deep.</returns>
    public ParsedName? Read() => text.Length <= 4096 && ReadName(0) is { } name && _pos == text.Length ? name : null;

    private ParsedName? ReadName(int depth)
    {
        if (depth > MostDepth)
        {
            return null;
        }

        int start = _pos;
        while (_pos < text.Length && text[_pos] is not ('[' or ']' or ','))
        {
            _pos++;
        }

        ParsedName name = new() { Definition = text[start.._pos] };
        if (Follows("[["))
        {
            _pos++;
            while (true)
            {
                _pos++;
                if (name.Arguments.Count == MostArguments || ReadName(depth + 1) is not { } argument || !Follows("]"))
                {
                    return null;
                }

                _pos++;
                name.Arguments.Add(argument);
                if (Follows(",["))
                {
                    _pos++;
                    continue;
                }

                if (!Follows("]"))
                {
                    return null;
                }

                _pos++;
                break;
            }
        }

        List<(int Rank, int End)> arrays = [];
        int full = _pos;
        while (Follows("[]") || Follows("[,") || Follows("[*]"))
        {
            int from = ++_pos;
            bool isStarred = Follows("*");
            if (isStarred)
            {
                // One dimension that may begin anywhere.
                from = _pos++;
            }

            while (Follows(","))
            {
                _pos++;
            }

            if (!Follows("]") || arrays.Count == MostDepth)
            {
                return null;
            }

            arrays.Add((isStarred ? 1 : _pos == from ? 0 : _pos - from + 1, ++_pos));
        }

        if (!Follows(", "))
        {
            return null;
        }

        int end = _pos;
        _pos += 2;
        int assembly = _pos;
        while (_pos < text.Length && text[_pos] is not (']' or '[' or ','))
        {
            _pos++;
        }

        string suffix = text[end.._pos];
        name.Assembly = text[assembly.._pos];
        name.Text = text[start..full] + suffix;
        foreach ((int rank, int arrayEnd) in arrays)
        {
            name = new ParsedName { Element = name, Rank = rank, Text = text[start..arrayEnd] + suffix };
        }

        return name;
    }

    private bool Follows(string what) => string.CompareOrdinal(text, _pos, what, 0, what.Length) == 0;
}
