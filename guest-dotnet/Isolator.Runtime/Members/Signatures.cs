using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text;

namespace Isolator.Runtime.Members;

/// <summary>How types and members are spelled for people, and the letters of scalar signatures.</summary>
internal static class Signatures
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(sbyte)] = "sbyte",
        [typeof(byte)] = "byte",
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
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    /// <summary>A type as C# spells it.</summary>
    public static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsByRef)
        {
            return $"ref {Of(type.GetElementType()!)}";
        }

        if (type.IsPointer)
        {
            return $"{Of(type.GetElementType()!)}*";
        }

        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Of(underlying)}?";
        }

        return Named(type);
    }

    /// <summary>A method as C# spells it.</summary>
    public static string Of(MethodBase method)
    {
        StringBuilder text = new();
        if (method.IsStatic)
        {
            text.Append("static ");
        }

        if (method is MethodInfo info)
        {
            text.Append(Of(info.ReturnType)).Append(' ').Append(method.Name);
            if (method.IsGenericMethod)
            {
                AppendArguments(text, method.GetGenericArguments(), 0);
            }
        }
        else
        {
            text.Append(method.DeclaringType?.Name ?? method.Name);
        }

        return text.Append('(').Append(Parameters(method)).Append(')').ToString();
    }

    /// <summary>Spells several methods.</summary>
    public static string[] Of(IReadOnlyList<MethodBase> methods)
    {
        string[] texts = new string[methods.Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = Of(methods[i]);
        }

        return texts;
    }

    /// <summary>Whether a name that somebody wrote means a type: full name, C# spelling, or simple name.</summary>
    public static bool Means(string name, Type type)
    {
        if (name == type.FullName || name == type.Name)
        {
            return true;
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return name == keyword;
        }

        string wanted = name.Replace(" ", string.Empty, StringComparison.Ordinal);
        return wanted == Of(type).Replace(" ", string.Empty, StringComparison.Ordinal) || name == type.ToString();
    }

    /// <summary>The type for a name of a type argument: a C# keyword, or what <see cref="Type.GetType(string)"/> takes.</summary>
    public static Type? FindKeyword(string name)
    {
        foreach ((Type type, string keyword) in Keywords)
        {
            if (keyword == name)
            {
                return type;
            }
        }

        return null;
    }

    /// <summary>
    /// The scalar signature of a method, NUL-terminated and with a leading <c>#</c> for an instance method; null if it has none.
    /// </summary>
    public static string? Scalar(MethodBase method, ParameterInfo[] parameters, Type result)
    {
        if (parameters.Length > 8
            || method.ContainsGenericParameters
            || method.IsConstructor
            || (!method.IsStatic && method.DeclaringType is not { IsValueType: false }))
        {
            return null;
        }

        Span<char> letters = stackalloc char[12];
        int length = 0;
        if (!method.IsStatic)
        {
            letters[length++] = '#';
        }

        char letter = result == typeof(void) ? 'v' : Letter(result);
        if (letter == '\0')
        {
            return null;
        }

        letters[length++] = letter;
        foreach (ParameterInfo parameter in parameters)
        {
            letter = Letter(parameter.ParameterType);
            if (letter == '\0')
            {
                return null;
            }

            letters[length++] = letter;
        }

        return new string(letters[..length]);
    }

    private static char Letter(Type type) => type.IsEnum ? '\0' : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => 'z',
        TypeCode.Char => 'c',
        TypeCode.SByte => 'b',
        TypeCode.Byte => 'B',
        TypeCode.Int16 => 's',
        TypeCode.UInt16 => 'S',
        TypeCode.Int32 => 'i',
        TypeCode.UInt32 => 'I',
        TypeCode.Int64 => 'l',
        TypeCode.UInt64 => 'L',
        TypeCode.Single => 'f',
        TypeCode.Double => 'd',
        _ => '\0',
    };

    private static string Parameters(MethodBase method)
    {
        List<string> texts = [];
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            string type = Of(parameter.ParameterType);
            if (parameter.IsOut && type.StartsWith("ref ", StringComparison.Ordinal))
            {
                type = string.Concat("out ", type.AsSpan(4));
            }

            if (parameter.IsDefined(typeof(ParamArrayAttribute), false))
            {
                type = $"params {type}";
            }

            string text = parameter.Name is { Length: > 0 } name ? $"{type} {name}" : type;
            texts.Add(parameter.IsOptional ? $"{text} = {DefaultValues.Text(parameter)}" : text);
        }

        return string.Join(", ", texts);
    }

    private static string Named(Type type)
    {
        Type[] arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        StringBuilder text = new();
        AppendNamed(text, type, arguments);
        return text.ToString();
    }

    private static void AppendNamed(StringBuilder text, Type type, Type[] arguments)
    {
        int outer = 0;
        if (type.DeclaringType is { } declaring)
        {
            outer = declaring.IsGenericType ? declaring.GetGenericArguments().Length : 0;
            AppendNamed(text, declaring, arguments[..Math.Min(outer, arguments.Length)]);
            text.Append('.');
        }
        else if (type.Namespace is { Length: > 0 } space)
        {
            text.Append(space).Append('.');
        }

        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        text.Append(tick < 0 ? type.Name : type.Name[..tick]);
        if (arguments.Length > outer)
        {
            AppendArguments(text, arguments, outer);
        }
    }

    private static void AppendArguments(StringBuilder text, Type[] arguments, int from)
    {
        text.Append('<');
        for (int i = from; i < arguments.Length; i++)
        {
            text.Append(i == from ? string.Empty : ", ").Append(Of(arguments[i]));
        }

        text.Append('>');
    }
}
