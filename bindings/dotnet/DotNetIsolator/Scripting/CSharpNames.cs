using System;
using System.Collections.Generic;
using System.Text;

namespace DotNetIsolator;

/// <summary>Types as C# source names them, whatever namespaces it uses.</summary>
internal static class CSharpNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
    };

    /// <summary>Such as <c>global::System.Collections.Generic.List&lt;int?[]&gt;</c>.</summary>
    public static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsArray)
        {
            // Of an array of arrays, C# writes the outer one's brackets first.
            Type element = type;
            StringBuilder brackets = new();
            while (element.IsArray)
            {
                brackets.Append('[').Append(',', element.GetArrayRank() - 1).Append(']');
                element = element.GetElementType()!;
            }

            return Of(element) + brackets;
        }

        return Nullable.GetUnderlyingType(type) is { } underlying ? Of(underlying) + "?" : Named(type);
    }

    private static string Named(Type type)
    {
        Type[] arguments = type.GetGenericArguments();
        StringBuilder name = new("global::");
        if (!string.IsNullOrEmpty(type.Namespace))
        {
            name.Append(type.Namespace).Append('.');
        }

        // From the outermost class in; each takes the arguments that those around it have not.
        Stack<Type> chain = new();
        for (Type? each = type; each is not null; each = each.DeclaringType)
        {
            chain.Push(each);
        }

        int used = 0;
        foreach (Type each in chain)
        {
            if (each.DeclaringType is not null)
            {
                name.Append('.');
            }

            int tick = each.Name.IndexOf('`', StringComparison.Ordinal);
            name.Append(tick < 0 ? each.Name : each.Name[..tick]);
            int count = each.GetGenericArguments().Length;
            if (count > used)
            {
                name.Append('<').AppendJoin(", ", Array.ConvertAll(arguments[used..count], Of)).Append('>');
                used = count;
            }
        }

        return name.ToString();
    }
}
