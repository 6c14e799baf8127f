using System;
using System.Collections.Generic;
using System.Reflection;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Closures;

/// <summary>Writes a closure: the variables that the lambda uses, and those of the scopes around.</summary>
internal static class ClosureWriter
{
    /// <summary>Writes the object of a lambda.</summary>
    public static void Write(WireWriter writer, MethodInfo lambda, object closure)
    {
        if (UsedFields.Of(lambda) is not { } used)
        {
            Plans.For(closure.GetType()).WriteBoxed(writer, closure);
            return;
        }

        WriteUsed(writer, closure, used);
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

    private static void WriteUsed(WireWriter writer, object closure, HashSet<(Module Module, int Token)> used)
    {
        List<FieldInfo> fields = FieldsOf(closure.GetType(), used);
        writer.Enter(closure.GetType());
        writer.WriteMapHeader(fields.Count);
        foreach (FieldInfo field in fields)
        {
            writer.WriteString(MemberList.NameOf(field.Name));
            object? value = field.GetValue(closure);
            if (value is not null && UsedFields.IsClosure(field.FieldType))
            {
                WriteUsed(writer, value, used);
            }
            else
            {
                Plans.For(field.FieldType).WriteBoxed(writer, value);
            }
        }

        writer.Leave();
    }
}
