using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Wire.Graph;

/// <content>What is the guest's own.</content>
internal static unsafe partial class Values
{
    private static readonly Dictionary<Type, StructCopy> Copies = [];

    /// <summary>C sets it, before anything here runs.</summary>
    private static byte* s_graphs;

    /// <summary>Whether the host reads graphs: one in C# does. It says so when it starts the runtime.</summary>
    public static bool AreGraphs
    {
        get => *(s_graphs == null ? s_graphs = Bridge.Current.ValueGraphs() : s_graphs) != 0;
        set => *(s_graphs == null ? s_graphs = Bridge.Current.ValueGraphs() : s_graphs) = value ? (byte)1 : (byte)0;
    }

    /// <summary>Writes a result, or another whole value that goes out.</summary>
    public static void Write(WireWriter writer, TypePlan plan, object? value, bool alone = true)
    {
        if (!AreGraphs || plan.IsSimple)
        {
            if (AreGraphs && value is string text)
            {
                WriteText(writer, text, "The result");
            }
            else
            {
                plan.WriteBoxed(writer, value);
            }
        }
        else
        {
            WriteAny(writer, plan, value, "The result", alone);
        }
    }

    /// <summary>
    /// Writes a value of which it is not known here what it is asked for as. That may be <c>object</c>, so it says what it is; but an enum is its number, for not
    /// every host may be told of its type.
    /// </summary>
    public static void WriteUndeclared(WireWriter writer, object value, bool alone)
    {
        TypePlan plan = Plans.For(value.GetType());
        if (AreGraphs && plan.IsSimple && value is not Enum)
        {
            WriteAny(writer, plan, value, "The value", alone);
        }
        else
        {
            Write(writer, plan, value, alone);
        }
    }

    /// <summary>Whether values of a type are names of objects on the other side.</summary>
    public static bool IsHandleType(Type type) => false;

    private static bool IsHandle(object value) => false;

    private static StructCopy CopyOf(Type type)
    {
        if (!Copies.TryGetValue(type, out StructCopy? copy))
        {
            copy = new StructCopy(type);
            Copies.Add(type, copy);
        }

        return copy;
    }
}
