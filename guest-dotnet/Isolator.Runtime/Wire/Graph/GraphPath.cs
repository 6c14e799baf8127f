using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Where something is in an object, as people write it: <c>order.Lines[2].Changed</c>. Looked for only when there is an error.</summary>
internal static class GraphPath
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>How an object refers to another: <c>Name</c>, <c>[index]</c>, or <c>["key"]</c>; null if that is not found.</summary>
    public static string? Step(object parent, object child)
    {
        if (parent is Array array)
        {
            return Element(array, child, 0);
        }

        for (Type? level = parent.GetType(); level is not null; level = level.BaseType)
        {
            if (Collections.Of(level) is { } collection)
            {
                return Element(collection.ItemsOf(parent), child, 0);
            }

            if (Field(parent, level, child, 0) is { } name)
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>The steps in a row.</summary>
    public static string Join(List<string> steps)
    {
        StringBuilder path = new();
        foreach (string each in steps)
        {
            // The scope around a closure is nothing that has a name in anybody's code.
            if (each.StartsWith("CS$<>", StringComparison.Ordinal))
            {
                continue;
            }

            string step = each.EndsWith("__this", StringComparison.Ordinal) ? "this" : each;
            if (path.Length > 0 && !step.StartsWith('['))
            {
                path.Append('.');
            }

            path.Append(step);
        }

        return path.Length == 0 ? "The value" : path.ToString();
    }

    private static string? Element(Array items, object child, int depth)
    {
        int[] at = new int[items.Rank];
        for (int i = 0; i < at.Length; i++)
        {
            at[i] = items.GetLowerBound(i);
        }

        for (int i = 0; i < items.Length; i++, Advance(items, at))
        {
            object? item = items.GetValue(at);
            string index = $"[{string.Join(',', Array.ConvertAll(at, each => each.ToString(CultureInfo.InvariantCulture)))}]";
            if (ReferenceEquals(item, child))
            {
                return index;
            }

            if (item is not null && item.GetType().IsValueType && !item.GetType().IsPrimitive && depth < 4
                && Field(item, item.GetType(), child, depth + 1) is { } name)
            {
                return name == "value" && item.GetType().GetProperty("Key")?.GetValue(item) is { } key
                    ? string.Create(CultureInfo.InvariantCulture, $"[{(key is string ? $"\"{key}\"" : key)}]")
                    : $"{index}.{name}";
            }
        }

        return null;
    }

    /// <summary>Goes to the next element, in the order of memory.</summary>
    private static void Advance(Array items, int[] at)
    {
        for (int i = at.Length - 1; i >= 0; i--)
        {
            if (++at[i] <= items.GetUpperBound(i))
            {
                return;
            }

            at[i] = items.GetLowerBound(i);
        }
    }

    private static string? Field(object holder, Type level, object child, int depth)
    {
        foreach (FieldInfo field in level.GetFields(Declared))
        {
            if (field.FieldType.IsPointer || field.FieldType.IsFunctionPointer || field.FieldType.IsPrimitive || field.FieldType.IsByRefLike)
            {
                continue;
            }

            object? value = field.GetValue(holder);
            if (ReferenceEquals(value, child))
            {
                return MemberList.NameOf(field.Name);
            }

            if (value is not null && field.FieldType.IsValueType && depth < 4 && Field(value, field.FieldType, child, depth + 1) is { } inner)
            {
                return $"{MemberList.NameOf(field.Name)}.{inner}";
            }
        }

        return null;
    }
}
