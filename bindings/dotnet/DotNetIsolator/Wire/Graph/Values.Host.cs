using System;
using System.Collections.Concurrent;
using DotNetIsolator;

namespace Isolator.Runtime.Wire.Graph;

/// <content>What is the host's own.</content>
internal static partial class Values
{
    private static readonly ConcurrentDictionary<Type, StructCopy> Copies = new();

    /// <summary>Writes the result of a callback.</summary>
    public static void Write(WireWriter writer, TypePlan plan, object? value)
    {
        if (plan.IsSimple && value is not string)
        {
            plan.WriteBoxed(writer, value);
        }
        else
        {
            WriteAny(writer, plan, value, "The result", alone: true);
        }
    }

    /// <summary>Whether values of a type are names of objects on the other side.</summary>
    public static bool IsHandleType(Type type) => type == typeof(IsolatedObject);

    private static bool IsHandle(object value) => value is IsolatedObject or DotNetIsolator.Proxies.GuestProxy;

    private static StructCopy CopyOf(Type type) => Copies.GetOrAdd(type, static each => new StructCopy(each));
}
