using System;
using System.Collections.Generic;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <summary>What an assembly, a type or a member of a guest is, as data.</summary>
/// <remarks>Names come from guest code: they may be anything, and long.</remarks>
public sealed record IsolatedMember
{
    /// <summary>Most levels of members within members; a guest's assembly has two.</summary>
    private const int MostLevels = 8;

    /// <summary>Its full name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>What it is.</summary>
    public IsolatedMemberKind Kind { get; init; }

    /// <summary>Its signature as C# spells it; empty for an assembly.</summary>
    public string Signature { get; init; } = string.Empty;

    /// <summary>Its name in documentation files, such as <c>M:Namespace.Type.Method(System.Int32)</c>; empty for an assembly.</summary>
    public string DocumentationId { get; init; } = string.Empty;

    /// <summary>Whether it is public.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The types of an assembly, the members of a type.</summary>
    public IReadOnlyList<IsolatedMember> Members { get; init; } = [];

    /// <summary>Its kind, signature and name.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Signature.Length == 0 ? Name : Signature;

    /// <summary>Reads one.</summary>
    internal static IsolatedMember Read(WireReader reader, int level = 0)
    {
        string name = string.Empty;
        string signature = string.Empty;
        string id = string.Empty;
        IsolatedMemberKind kind = IsolatedMemberKind.Other;
        bool isPublic = false;
        List<IsolatedMember> members = [];
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            switch (reader.ReadString())
            {
                case "Name":
                    name = reader.ReadString() ?? name;
                    break;
                case "Kind":
                    kind = reader.ReadString() switch
                    {
                        "assembly" => IsolatedMemberKind.Assembly,
                        "type" => IsolatedMemberKind.Type,
                        "method" => IsolatedMemberKind.Method,
                        "field" => IsolatedMemberKind.Field,
                        "property" => IsolatedMemberKind.Property,
                        _ => IsolatedMemberKind.Other,
                    };
                    break;
                case "Signature":
                    signature = reader.ReadString() ?? signature;
                    break;
                case "DocumentationId":
                    id = reader.ReadString() ?? id;
                    break;
                case "IsPublic":
                    isPublic = reader.ReadBoolean();
                    break;
                case "Members" when level < MostLevels:
                    for (int count = reader.ReadArrayHeader(); count > 0; count--)
                    {
                        members.Add(Read(reader, level + 1));
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new IsolatedMember
        {
            Name = name,
            Kind = kind,
            Signature = signature,
            DocumentationId = id,
            IsPublic = isPublic,
            Members = members,
        };
    }
}

/// <summary>What an <see cref="IsolatedMember"/> is.</summary>
public enum IsolatedMemberKind
{
    /// <summary>Something else.</summary>
    Other,

    /// <summary>An assembly.</summary>
    Assembly,

    /// <summary>A type.</summary>
    Type,

    /// <summary>A method or a constructor, which is called <c>.ctor</c>.</summary>
    Method,

    /// <summary>A field.</summary>
    Field,

    /// <summary>A property.</summary>
    Property,
}
