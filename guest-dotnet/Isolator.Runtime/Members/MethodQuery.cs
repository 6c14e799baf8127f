using System.Collections.Generic;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members;

/// <summary>How a method is chosen among overloads. The host's twin is the wire type of the same name.</summary>
internal readonly struct MethodQuery
{
    private MethodQuery(int argumentCount, string[]? parameterTypes, string[]? genericArguments, int metadataToken = 0)
    {
        MetadataToken = metadataToken;
        ArgumentCount = argumentCount;
        ParameterTypes = parameterTypes;
        GenericArguments = genericArguments;
    }

    /// <summary>Number of arguments; -1: any.</summary>
    public int ArgumentCount { get; }

    /// <summary>Names of the parameters' types; null: any.</summary>
    public string[]? ParameterTypes { get; }

    /// <summary>Names of the type arguments; null: none.</summary>
    public string[]? GenericArguments { get; }

    /// <summary>The method's metadata token, which alone decides among those of the name; 0: any.</summary>
    public int MetadataToken { get; }

    /// <summary>A query by metadata token.</summary>
    public static MethodQuery ByToken(int token) => new(-1, null, null, token);

    /// <summary>A query by number of arguments.</summary>
    public static MethodQuery ByCount(int count) => new(count, null, null);

    /// <summary>A query by types of parameters.</summary>
    public static MethodQuery ByTypes(params string[] types) => new(-1, types, null);

    /// <summary>The same with type arguments.</summary>
    public MethodQuery WithGenericArguments(params string[] names) => new(ArgumentCount, ParameterTypes, names, MetadataToken);

    /// <summary>Reads it from the wire; nothing at all asks for any.</summary>
    public static MethodQuery Read(WireReader reader)
    {
        int count = -1;
        string[]? types = null;
        string[]? generics = null;
        int token = 0;
        if (reader.Remaining == 0 || reader.TryNil())
        {
            return new MethodQuery(count, types, generics, token);
        }

        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            switch (reader.ReadString())
            {
                case "ArgumentCount":
                    count = reader.TryNil() ? -1 : (int)reader.ReadInt64(0, int.MaxValue, "a number of arguments");
                    break;
                case "ParameterTypes":
                    types = ReadNames(reader);
                    break;
                case "GenericArguments":
                    generics = ReadNames(reader);
                    break;
                case "MetadataToken":
                    token = reader.TryNil() ? 0 : (int)reader.ReadInt64(0, int.MaxValue, "a metadata token");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.ExpectEnd();
        return new MethodQuery(count, types, generics is { Length: 0 } ? null : generics, token);
    }

    private static string[]? ReadNames(WireReader reader)
    {
        if (reader.TryNil())
        {
            return null;
        }

        string[] names = new string[reader.ReadArrayHeader()];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = reader.ReadString() ?? string.Empty;
        }

        return names;
    }
}
