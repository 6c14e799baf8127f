using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator.Closures;

/// <summary>Writes a closure: the variables that the lambda uses, and those of the scopes around.</summary>
internal static class ClosureWriter
{
    private static readonly ConcurrentDictionary<(MethodInfo Lambda, Type Closure), bool[]?> Places = new();

    /// <summary>Writes the object of a lambda. What it captures is one graph: a variable's object that another refers to is the same inside.</summary>
    public static void Write(WireWriter writer, MethodInfo lambda, object closure)
    {
        if (Places.GetOrAdd((lambda, closure.GetType()), PlacesOf) is { } places && GraphWriter.TryWritePlain(writer, closure, places))
        {
            return;
        }

        if (UsedFields.Of(lambda) is { } used)
        {
            writer.Graph.Closure = (type, field) => !UsedFields.IsClosure(type) || used.Contains((field.Module, field.MetadataToken));
        }

        Values.WriteRoot(writer, closure, string.Empty);
    }

    /// <summary>The places of its closure that a lambda uses, if the closure can cross without a graph then; null if not.</summary>
    private static bool[]? PlacesOf((MethodInfo Lambda, Type Closure) of)
    {
        HashSet<(Module Module, int Token)>? used = UsedFields.Of(of.Lambda);
        return GraphWriter.PlacesOf(of.Closure, field => used is null || used.Contains((field.Module, field.MetadataToken)));
    }

    /// <summary>The fields of a closure that the lambda uses.</summary>
    public static List<FieldInfo> FieldsOf(Type closure, HashSet<(Module Module, int Token)>? used)
    {
        List<FieldInfo> fields = [];
        foreach (FieldInfo field in closure.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if ((used is null || used.Contains((field.Module, field.MetadataToken))) && !MemberList.IsCachedDelegate(field))
            {
                fields.Add(field);
            }
        }

        return fields;
    }
}
