using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Isolator.Runtime.Wire;

/// <summary>Names of types as they cross: with the assembly's simple name, for its version may differ on the other side.</summary>
internal static class TypeNames
{
    /// <summary><c>Namespace.Outer+Inner[[argument, assembly]], assembly</c>.</summary>
    public static string Qualified(Type type) => $"{Full(type)}, {type.Assembly.GetName().Name}";

    /// <summary>The name without its own assembly; those of type arguments are qualified.</summary>
    public static string Full(Type type)
    {
        if (type.HasElementType)
        {
            string suffix = type.IsSZArray ? "[]"
                : type.IsArray && type.GetArrayRank() == 1 ? "[*]"
                : type.IsArray ? $"[{new string(',', type.GetArrayRank() - 1)}]"
                : type.IsByRef ? "&" : "*";
            return Full(type.GetElementType()!) + suffix;
        }

        if (!type.IsGenericType || type.IsGenericTypeDefinition)
        {
            return type.FullName ?? type.Name;
        }

        StringBuilder name = new(type.GetGenericTypeDefinition().FullName);
        List<string> arguments = [];
        foreach (Type argument in type.GetGenericArguments())
        {
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"[{Qualified(argument)}]"));
        }

        return name.Append('[').AppendJoin(',', arguments).Append(']').ToString();
    }
}
