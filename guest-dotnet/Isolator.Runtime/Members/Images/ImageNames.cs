using System;
using System.Collections.Generic;
using System.Reflection;
using System.Reflection.Metadata;
using System.Text;

namespace Isolator.Runtime.Members.Images;

// Not that of the contract.
using HandleKind = System.Reflection.Metadata.HandleKind;

/// <summary>Names in an image's metadata: of types and of what is in them.</summary>
internal sealed class ImageNames(MetadataReader metadata, Allowance allowance)
{
    // Whoever reads `System.Int32` from another assembly means that of the base class library, which alone has one.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["System.Void"] = "void",
        ["System.Boolean"] = "bool",
        ["System.Char"] = "char",
        ["System.SByte"] = "sbyte",
        ["System.Byte"] = "byte",
        ["System.Int16"] = "short",
        ["System.UInt16"] = "ushort",
        ["System.Int32"] = "int",
        ["System.UInt32"] = "uint",
        ["System.Int64"] = "long",
        ["System.UInt64"] = "ulong",
        ["System.Single"] = "float",
        ["System.Double"] = "double",
        ["System.Decimal"] = "decimal",
        ["System.String"] = "string",
        ["System.Object"] = "object",
        ["System.IntPtr"] = "nint",
        ["System.UIntPtr"] = "nuint",
    };

    /// <summary>A name, cut where no compiler would have written more.</summary>
    public string Text(StringHandle handle)
    {
        if (handle.IsNil)
        {
            return string.Empty;
        }

        BlobReader bytes = metadata.GetBlobReader(handle);
        allowance.Step(1 + (bytes.Length / 64));
        int most = Math.Min(bytes.Length, Allowance.LongestText);
        string text = bytes.ReadUTF8(most);
        return most < bytes.Length ? text + "…" : text;
    }

    /// <summary>The keyword for a type of the base class library, if it has one.</summary>
    public static string? Keyword(string fullName) => Keywords.GetValueOrDefault(fullName);

    /// <summary>A type's full name as reflection has it: nested ones after a plus, and special characters after a backslash.</summary>
    public string FullName(TypeDefinitionHandle handle)
    {
        StringBuilder text = new();
        foreach (TypeDefinition type in Path(handle))
        {
            if (text.Length > 0)
            {
                text.Append('+');
            }
            else if (Text(type.Namespace) is { Length: > 0 } space)
            {
                AppendEscaped(text, space);
                text.Append('.');
            }

            AppendEscaped(text, Text(type.Name));
        }

        return Allowance.Cut(text.ToString());
    }

    /// <summary>A defined type with its own type parameters, as its declaration has them.</summary>
    public Spelling Declared(TypeDefinitionHandle handle)
    {
        List<TypeDefinition> path = Path(handle);
        List<string> parameters = Parameters(path[^1].GetGenericParameters());
        return Named(handle, parameters, new string[parameters.Count]);
    }

    /// <summary>A defined or referenced type with these type arguments.</summary>
    public Spelling Named(EntityHandle handle, IReadOnlyList<string> arguments, IReadOnlyList<string> ids)
    {
        StringBuilder text = new();
        StringBuilder id = new();
        int used = 0;
        bool declared = ids.Count > 0 && ids[0] is null;
        foreach ((string space, string name, int arity) in Parts(handle))
        {
            if (text.Length > 0)
            {
                text.Append('.');
                id.Append('.');
            }
            else if (space.Length > 0)
            {
                text.Append(space).Append('.');
                id.Append(space).Append('.');
            }

            int tick = name.IndexOf('`', StringComparison.Ordinal);
            ReadOnlySpan<char> bare = tick < 0 ? name : name.AsSpan(0, tick);
            int own = Math.Min(Math.Max(arity - used, 0), arguments.Count - used);
            text.Append(bare);
            id.Append(own == 0 || declared ? name : bare);
            Append(text, arguments, used, own, '<', ", ", '>');
            if (!declared)
            {
                Append(id, ids, used, own, '{', ",", '}');
            }

            used += own;
            if (text.Length > Allowance.LongestText)
            {
                break;
            }
        }

        return new(Allowance.Cut(text.ToString()), Allowance.Cut(id.ToString()));
    }

    /// <summary>Namespace and name of a defined or referenced type that is not nested; none for others.</summary>
    public (string Space, string Name)? Simple(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                TypeDefinition type = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return type.IsNested ? null : (Text(type.Namespace), Text(type.Name));
            case HandleKind.TypeReference:
                TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference ? null : (Text(reference.Namespace), Text(reference.Name));
            default:
                return null;
        }
    }

    /// <summary>Whether a handle is that of a type of the base class library with this name.</summary>
    public bool Is(EntityHandle handle, string space, string name) =>
        !handle.IsNil && Simple(handle) is { } simple && simple.Space == space && simple.Name == name;

    /// <summary>The value of an attribute of the base class library on something; null if it has none.</summary>
    public CustomAttribute? Attribute(CustomAttributeHandleCollection attributes, string space, string name)
    {
        foreach (CustomAttributeHandle each in attributes)
        {
            allowance.Step();
            CustomAttribute attribute = metadata.GetCustomAttribute(each);
            EntityHandle type = attribute.Constructor.Kind switch
            {
                HandleKind.MemberReference => metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent,
                HandleKind.MethodDefinition => metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType(),
                _ => default,
            };
            if (Is(type, space, name))
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>Names of type parameters.</summary>
    public List<string> Parameters(GenericParameterHandleCollection parameters)
    {
        List<string> names = [];
        foreach (GenericParameterHandle parameter in parameters)
        {
            allowance.Step();
            names.Add(Text(metadata.GetGenericParameter(parameter).Name));
        }

        return names;
    }

    /// <summary>Whether a type and all around it are public.</summary>
    public bool IsVisible(TypeDefinitionHandle handle)
    {
        foreach (TypeDefinition type in Path(handle))
        {
            if ((type.Attributes & TypeAttributes.VisibilityMask) is not (TypeAttributes.Public or TypeAttributes.NestedPublic))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A type with those around it, outermost first.</summary>
    private List<TypeDefinition> Path(TypeDefinitionHandle handle)
    {
        List<TypeDefinition> path = [];
        for (TypeDefinitionHandle each = handle; !each.IsNil;)
        {
            TooDeep(path.Count);
            TypeDefinition type = metadata.GetTypeDefinition(each);
            path.Add(type);
            each = type.GetDeclaringType();
        }

        path.Reverse();
        return path;
    }

    /// <summary>Namespace, name, and number of type parameters together with those before, of each part of a name.</summary>
    private List<(string Space, string Name, int Arity)> Parts(EntityHandle handle)
    {
        List<(string Space, string Name, int Arity)> parts = [];
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            foreach (TypeDefinition type in Path((TypeDefinitionHandle)handle))
            {
                parts.Add((Text(type.Namespace), Text(type.Name), type.GetGenericParameters().Count));
            }

            return parts;
        }

        if (handle.Kind != HandleKind.TypeReference)
        {
            throw new BadImageFormatException($"a signature names a {handle.Kind} where a type is due");
        }

        for (EntityHandle each = handle; each.Kind == HandleKind.TypeReference && !each.IsNil;)
        {
            TooDeep(parts.Count);
            TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)each);
            parts.Add((Text(reference.Namespace), Text(reference.Name), 0));
            each = reference.ResolutionScope;
        }

        parts.Reverse();
        int sum = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            // Of a type in another assembly only its name tells how many it has.
            (string space, string name, _) = parts[i];
            int tick = name.IndexOf('`', StringComparison.Ordinal);
            sum += tick >= 0 && ushort.TryParse(name.AsSpan(tick + 1), out ushort arity) ? arity : 0;
            parts[i] = (space, name, sum);
        }

        return parts;
    }

    private void TooDeep(int depth)
    {
        allowance.Step();
        if (depth >= Allowance.Deepest)
        {
            throw new BadImageFormatException($"its types nest deeper than {Allowance.Deepest} levels");
        }
    }

    private static void Append(StringBuilder text, IReadOnlyList<string> parts, int from, int count, char open, string separator, char close)
    {
        for (int i = 0; i < count && text.Length <= Allowance.LongestText; i++)
        {
            text.Append(i == 0 ? open.ToString() : separator).Append(parts[from + i]);
        }

        if (count > 0)
        {
            text.Append(close);
        }
    }

    private static void AppendEscaped(StringBuilder text, string name)
    {
        foreach (char c in name)
        {
            if (c is ',' or '+' or '&' or '*' or '[' or ']' or '\\')
            {
                text.Append('\\');
            }

            text.Append(c);
        }
    }
}
