using System;
using System.Collections.Generic;
using System.Reflection;

namespace DotNetIsolator;

/// <summary>Values that an expression finds under names, with their types as C# writes them.</summary>
internal sealed class ScriptGlobals
{
    private readonly List<(string Name, Type Type, object? Value)> _all = [];

    public IReadOnlyList<(string Name, Type Type, object? Value)> All => _all;

    /// <summary>Those of an object's properties, or of a dictionary.</summary>
    /// <exception cref="ArgumentException">It is neither, or a value is of a type that no script can name.</exception>
    public static ScriptGlobals Of(object? globals)
    {
        ScriptGlobals made = new();
        switch (globals)
        {
            case null:
                break;
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                foreach ((string name, object? value) in pairs)
                {
                    made.Add(name, typeof(object), value);
                }

                break;
            case System.Collections.IEnumerable or ValueType:
                throw new ArgumentException(
                    $"Globals are the properties of an object, or a dictionary from string to object, and not a {globals.GetType()}.", nameof(globals));
            default:
                foreach (PropertyInfo property in globals.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
                {
                    if (property.CanRead && property.GetIndexParameters().Length == 0)
                    {
                        made.Add(property.Name, property.PropertyType, property.GetValue(globals));
                    }
                }

                break;
        }

        return made;
    }

    private void Add(string name, Type declared, object? value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Type type = declared == typeof(object) && value is not null ? value.GetType() : declared;
        if (Unnameable(type) is { } unnameable)
        {
            throw new ArgumentException(
                $"The global '{name}' is a {type}, and scripts cannot name {unnameable}, which is not public. Pass its parts as globals of their own, or a dictionary.", nameof(value));
        }

        _all.Add((name, type, value));
    }

    /// <summary>The part of a type that is hidden from other assemblies; null: there is none.</summary>
    private static Type? Unnameable(Type type)
    {
        if (type.HasElementType)
        {
            return Unnameable(type.GetElementType()!);
        }

        if (!type.IsVisible && !type.IsGenericType)
        {
            return type;
        }

        if (type.IsGenericType && !type.GetGenericTypeDefinition().IsVisible)
        {
            return type;
        }

        foreach (Type argument in type.GetGenericArguments())
        {
            if (Unnameable(argument) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
