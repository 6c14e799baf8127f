using System;
using System.Reflection;
using System.Text;

namespace Isolator.Runtime.Members;

/// <summary>Names as they are in XML documentation files, from the C# specification's annex on documentation comments.</summary>
internal static class DocumentationId
{
    /// <summary>A type, without the prefix.</summary>
    public static string Of(Type type) => Of(type, declared: true);

    /// <summary>
    /// A type that is declared, or one that a signature names: reflection has one object for both where a generic type is named inside of
    /// itself with its own parameters, and documentation files do not.
    /// </summary>
    private static string Of(Type type, bool declared)
    {
        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (type.HasElementType)
        {
            string element = Of(type.GetElementType()!, declared: false);
            return type.IsByRef ? element + "@"
                : type.IsPointer ? element + "*"
                : type.IsSZArray ? element + "[]"
                : $"{element}[{string.Join(",", Array.ConvertAll(new string[type.GetArrayRank()], _ => "0:"))}]";
        }

        if (!type.IsGenericType || (declared && type.IsGenericTypeDefinition))
        {
            return (type.FullName ?? type.Name).Replace('+', '.');
        }

        // A closed type says its arguments in braces instead of their number.
        string open = (type.GetGenericTypeDefinition().FullName ?? type.Name).Replace('+', '.');
        Type[] arguments = type.GetGenericArguments();
        StringBuilder text = new();
        int used = 0;
        foreach (string part in open.Split('.'))
        {
            text.Append(text.Length == 0 ? string.Empty : ".");
            int tick = part.IndexOf('`', StringComparison.Ordinal);
            // Whoever wrote the assembly chose the name: it may promise more than there is, or hold another mark.
            if (tick < 0 || !ushort.TryParse(part.AsSpan(tick + 1), out ushort count) || count > arguments.Length - used)
            {
                text.Append(part);
                continue;
            }

            text.Append(part.AsSpan(0, tick)).Append('{');
            for (int i = 0; i < count; i++, used++)
            {
                text.Append(i == 0 ? string.Empty : ",").Append(Of(arguments[used], declared: false));
            }

            text.Append('}');
        }

        return text.ToString();
    }

    /// <summary>A method, without the prefix.</summary>
    public static string Of(MethodBase method)
    {
        StringBuilder text = new(Of(method.DeclaringType!));
        text.Append('.').Append(method.Name.Replace('.', '#'));
        if (method.IsGenericMethod)
        {
            text.Append("``").Append(method.GetGenericArguments().Length);
        }

        text.Append(Parameters(method.GetParameters()));
        if (method is MethodInfo { Name: "op_Implicit" or "op_Explicit" } conversion)
        {
            text.Append('~').Append(Of(conversion.ReturnType, declared: false));
        }

        return text.ToString();
    }

    /// <summary>A parameter list; empty for none.</summary>
    public static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? string.Empty : $"({string.Join(",", Array.ConvertAll(parameters, p => Of(p.ParameterType, declared: false)))})";
}
