using System;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <summary>A type's name in the spellings of reflection and of messages.</summary>
internal readonly struct TypePath
{
    public TypePath(string? @namespace, string? declaring, string name)
    {
        string prefix = string.IsNullOrEmpty(@namespace) ? string.Empty : @namespace + ".";
        Nested = string.IsNullOrEmpty(declaring) ? name : $"{declaring.Replace('+', '/')}/{name}";
        Display = prefix + Nested;
        Reflection = prefix + Nested.Replace('/', '+');
    }

    private TypePath(string? @namespace, string nested, Type type)
    {
        Nested = nested;
        Display = string.IsNullOrEmpty(@namespace) ? nested : $"{@namespace}.{nested}";
        Reflection = TypeNames.Full(type);
    }

    /// <summary><c>Outer/Inner</c>.</summary>
    public string Nested { get; }

    /// <summary><c>Namespace.Outer/Inner</c>.</summary>
    public string Display { get; }

    /// <summary><c>Namespace.Outer+Inner</c>, type arguments in brackets.</summary>
    public string Reflection { get; }

    public static TypePath Of(Type type)
    {
        string nested = type.Name;
        for (Type? outer = type.DeclaringType; outer is not null; outer = outer.DeclaringType)
        {
            nested = $"{outer.Name}/{nested}";
        }

        return new TypePath(type.Namespace, nested, type);
    }
}
