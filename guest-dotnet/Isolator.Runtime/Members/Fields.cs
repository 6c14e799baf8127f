using System;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Members;

/// <summary>Finds, reads and writes fields.</summary>
internal static class Fields
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>A field of a type or of what it inherits.</summary>
    public static FieldInfo Find(Type type, string name)
    {
        List<string> seen = [];
        List<string> names = [];
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            if (level.GetField(name, Declared) is { } field)
            {
                return field;
            }

            foreach (FieldInfo each in level.GetFields(Declared))
            {
                names.Add(each.Name);
                seen.Add($"{(each.IsStatic ? "static " : string.Empty)}{Signatures.Of(each.FieldType)} {each.Name}");
            }
        }

        string assembly = type.Assembly.GetName().Name ?? string.Empty;
        throw new FailureException(FailureKind.MemberNotFound, $"Could not find field '{name}' in type '{type}' of assembly '{assembly}'.")
        {
            Assembly = assembly,
            TypeName = type.ToString(),
            Member = name,
            Candidates = Similar.Order(name, names, seen),
        };
    }

    /// <summary>Checks the object that a field is read from.</summary>
    public static object? TargetOf(FieldInfo field, object? target)
    {
        if (field.IsStatic)
        {
            return null;
        }

        if (target is null || !field.DeclaringType!.IsInstanceOfType(target))
        {
            string found = target is null ? "none was given" : $"a {target.GetType()} was given";
            throw new FailureException(FailureKind.Argument, $"{field.Name} is an instance field of {field.DeclaringType}: it needs such an object, but {found}.")
            {
                Member = field.Name,
            };
        }

        return target;
    }

    /// <summary>Writes a field.</summary>
    public static void Set(FieldInfo field, object? target, object? value)
    {
        if (field.IsLiteral || (field.IsStatic && field.IsInitOnly))
        {
            throw new FailureException(
                FailureKind.Argument,
                $"{field.DeclaringType}.{field.Name} is {(field.IsLiteral ? "a constant" : "static readonly")}: it cannot be written.") { Member = field.Name };
        }

        field.SetValue(target, value);
    }
}
