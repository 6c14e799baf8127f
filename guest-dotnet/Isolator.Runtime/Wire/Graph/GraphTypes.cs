using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>What becomes of each type in a graph.</summary>
internal static partial class GraphTypes
{
    /// <summary>Strings, whose type has the number 0 in every graph.</summary>
    public static GraphType Text { get; } = new TextForm();

    /// <summary>The places of a type as text: equal where both sides have the same fields.</summary>
    public static string LayoutOf(FieldOp[] ops)
    {
        StringBuilder layout = new();
        foreach (FieldOp op in ops)
        {
            layout.Append(op.Name).Append(':');
            switch (op.Code)
            {
                case FieldCode.Reference:
                    layout.Append('R');
                    break;
                case FieldCode.Block:
                    layout.Append('B').Append(op.Size);
                    break;
                case FieldCode.Form:
                    layout.Append('F').Append(op.Type.Name);
                    break;
                case FieldCode.Refused:
                    layout.Append('X');
                    break;
                case FieldCode.Empty:
                    layout.Append('E');
                    break;
                default:
                    layout.Append((int)Type.GetTypeCode(op.Type));
                    break;
            }

            layout.Append(';');
        }

        return layout.ToString();
    }

    /// <summary>How elements of a type are copied.</summary>
    public static ElementForm ElementsOf(Type element)
    {
        if (element.IsPointer || element.IsFunctionPointer)
        {
            return new ElementForm(element, [new FieldOp(FieldCode.Refused, 0, IntPtr.Size, element, "an element") { Reason = "it is an address in this process's memory." }], false);
        }

        if (!element.IsValueType)
        {
            return new ElementForm(element, [new FieldOp(FieldCode.Reference, 0, IntPtr.Size, element, "an element")], false);
        }

        FieldOps ops = new();
        bool isDense = ops.AddValue(element, 0, string.Empty, null, guarded: false);
        return new ElementForm(element, ops.ToArray(), isDense);
    }

    private static GraphType Make(Type type)
    {
        if (type == typeof(string))
        {
            return Text;
        }

        if (GraphRules.Refuses(type) is { } reason)
        {
            return new RefusedType(type, reason);
        }

        if (Nullable.GetUnderlyingType(type) is not null || type == typeof(void))
        {
            // What the runtime makes for such a type is a smaller one.
            return new RefusedType(type, "in a box it is the value itself, or null.");
        }

        if (type.IsArray)
        {
            return type.IsSZArray ? new ArrayForm(type) : new MultiArrayForm(type);
        }

        if (Atoms.Of(type) is { } atom)
        {
            return atom;
        }

        if (SequenceOf(type) is { } element)
        {
            return new SequenceForm(type, element, type.IsValueType || GraphRules.IsFramework(type) ? null : MakeClass(type));
        }

        if (type.IsValueType)
        {
            FieldOps value = new();
            value.AddValue(type, 0, string.Empty, null, guarded: false);
            return new ObjectForm(type, value.ToArray(), null);
        }

        for (Type? level = type; level is not null; level = level.BaseType)
        {
            if (Collections.LateOf(level) is { } late)
            {
                return late;
            }
        }

        return type.IsAbstract
            ? new RefusedType(type, type.IsInterface ? "it is an interface." : "it is an abstract class.")
            : MakeClass(type);
    }

    private static ObjectForm MakeClass(Type type)
    {
        List<Type> levels = [];
        CollectionForm? collection = null;
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            if (Collections.Of(level) is { } found)
            {
                collection = found;
                break;
            }

            levels.Add(level);
        }

        FieldOps ops = new();
        for (int i = levels.Count - 1; i >= 0; i--)
        {
            if (levels[i] == typeof(Exception))
            {
                // What it says, and not where it was thrown: that is the other runtime's.
                ops.AddLevel(levels[i], "_HResult", "_data", "_helpURL", "_innerException", "_message", "_source");
            }
            else if (levels[i] == typeof(AggregateException))
            {
                ops.AddLevel(levels[i], "_innerExceptions");
            }
            else
            {
                ops.AddLevel(levels[i]);
            }
        }

        return new ObjectForm(type, ops.ToArray(), collection);
    }

    /// <summary>The type of the elements of something that only makes them when it is asked: an iterator, a query.</summary>
    private static Type? SequenceOf(Type type)
    {
        bool isIterator = type.Name.StartsWith('<') && type.Name.Contains(">d__", StringComparison.Ordinal) && type.IsDefined(typeof(CompilerGeneratedAttribute), false);
        bool isQuery = type.Namespace == "System.Linq" && GraphRules.IsFramework(type) && !type.Name.Contains("Grouping", StringComparison.Ordinal)
            && !type.Name.Contains("Lookup", StringComparison.Ordinal);
        if (!isIterator && !isQuery && !(GraphRules.GathersLiterals && type.Name.StartsWith("<>z__ReadOnly", StringComparison.Ordinal)))
        {
            return null;
        }

        foreach (Type each in type.GetInterfaces())
        {
            if (each.IsGenericType && each.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            {
                return each.GetGenericArguments()[0];
            }
        }

        return null;
    }
}
