using System;
using System.Collections.Generic;
using System.Text;
using Isolator.Runtime.Hosting;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>The types that may be named: all, for the host owns the guest.</summary>
internal sealed class GraphScope
{
    private readonly Dictionary<ulong, GraphType> _known = [];
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);

    /// <summary>The only one.</summary>
    public static GraphScope All { get; } = new();

    /// <summary>Finds a type by what was sent of it; see <see cref="GraphType.Head"/>.</summary>
    public GraphType Find(ulong hash, ReadOnlySpan<byte> content)
    {
        if (_known.TryGetValue(hash, out GraphType? known))
        {
            return known;
        }

        int end = content.IndexOf((byte)'\n');
        string name = Encoding.UTF8.GetString(end < 0 ? content : content[..end]);
        GraphType found = GraphTypes.Of(FindType(name));
        if (found.Hash != hash)
        {
            throw new FailureException(
                FailureKind.Value,
                $"The type {name} has other fields in the host than here: there {Encoding.UTF8.GetString(content[(end + 1)..])}, here {found.Layout}. "
                + "Let both sides use the same version of its assembly.") { TypeName = name };
        }

        _known.Add(hash, found);
        return found;
    }

    /// <summary>Finds a type by its name.</summary>
    public Type FindType(string name)
    {
        if (!_types.TryGetValue(name, out Type? type))
        {
            type = Assemblies.FindQualifiedType(name);
            _types.Add(name, type);
        }

        return type;
    }
}
