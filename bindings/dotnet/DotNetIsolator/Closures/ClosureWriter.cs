using System;
using System.Collections.Generic;
using System.Reflection;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator.Closures;

/// <summary>Writes a closure: the variables that the lambda uses, and those of the scopes around.</summary>
internal static class ClosureWriter
{
    /// <summary>Writes the object of a lambda. What it captures is one graph: a variable's object that another refers to is the same inside.</summary>
    public static void Write(WireWriter writer, MethodInfo lambda, object closure)
    {
        HashSet<(Module Module, int Token)>? used = UsedFields.Of(lambda);
        if (GraphWriter.TryWritePlain(writer, closure, used is null ? null : field => used.Contains((field.Module, field.MetadataToken))))
        {
            return;
        }

        if (used is not null)
        {
            writer.Graph.Closure = (type, field) => !UsedFields.IsClosure(type) || used.Contains((field.Module, field.MetadataToken));
        }

        Values.WriteRoot(writer, closure, string.Empty);
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
