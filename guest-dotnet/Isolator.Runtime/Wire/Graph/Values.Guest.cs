using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Wire.Graph;

/// <content>What is the guest's own.</content>
internal static partial class Values
{
    private static readonly Dictionary<Type, StructCopy> Copies = [];

    /// <summary>Whether the host reads graphs: one in C# does. It says so when it starts the runtime.</summary>
    public static bool AreGraphs { get; set; }

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
