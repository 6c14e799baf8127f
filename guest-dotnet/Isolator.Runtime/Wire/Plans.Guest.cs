using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire;

/// <content>What is the guest's own: one thread, a host whose type names are honoured, and no types on what is written.</content>
internal static partial class Plans
{
    private static readonly Dictionary<Type, TypePlan> Known = [];
    private static readonly Dictionary<Type, int> Sizes = [];

    static Plans()
    {
        foreach (TypePlan plan in BuiltInPlans.All())
        {
            Known.Add(plan.Type, plan);
        }
    }

    /// <summary>The plan of a type.</summary>
    public static TypePlan For(Type type)
    {
        if (Known.TryGetValue(type, out TypePlan? plan))
        {
            return plan;
        }

        plan = Make(type);

        // Making it may have made it already, through a type that refers to itself.
        return Known.TryAdd(type, plan) ? plan : Known[type];
    }

    /// <summary>The plan of a field of an object that is read member by member. The host may write whatever it likes.</summary>
    public static TypePlan ForField(FieldInfo field) => For(field.FieldType);

    /// <summary>Whether a constructor that is not public may be run for a type.</summary>
    public static bool MayRunPrivateConstructorsOf(Type type) => true;

    /// <summary>How keys of a type are compared, if that is not to be by their own hash codes.</summary>
    public static object? KeyComparerOf(Type key) => null;

    /// <summary>Refuses keys that may have been chosen to collide. The host's are not.</summary>
    public static void CheckKeys(Type key, int count)
    {
    }

    /// <summary>The same for the elements of a collection, if it is a set.</summary>
    public static void CheckElements(Type collection, Type element, int count)
    {
    }

    /// <summary>The culture of a name.</summary>
    public static CultureInfo CultureOf(string? name) => CultureInfo.GetCultureInfo(name!);

    /// <summary>Writes a value whose type is not the declared one.</summary>
    public static void WriteOther(TypePlan declared, WireWriter writer, object value)
    {
        if (declared is DynamicPlan)
        {
            DynamicPlan.WriteAny(writer, value);
        }
        else if (declared is CustomReferencePlan<Uri> or CustomReferencePlan<System.Globalization.CultureInfo> or UnsupportedPlan)
        {
            ((ReferencePlan)declared).WriteObject(writer, value);
        }
        else
        {
            For(value.GetType()).WriteBoxed(writer, value);
        }
    }

    /// <summary>Reads an extension value that says its type.</summary>
    public static unsafe object? ReadTyped(WireReader reader, Type declared)
    {
        int length = reader.ReadExtensionHeader(out _);
        WireReader inner = new(reader.Pointer, length);
        inner.Nest(reader);
        string name = inner.ReadString() ?? throw new FailureException(FailureKind.Value, "A typed value has no type name.");
        Type type = Hosting.Assemblies.FindQualifiedType(name);
        if (!declared.IsAssignableFrom(type))
        {
            throw new FailureException(FailureKind.Value, $"A value of type {type} is not a {declared}.") { TypeName = name };
        }

        object? value = For(type).ReadBoxed(inner);
        inner.ExpectEnd();
        reader.Advance(length);
        return value;
    }

    /// <summary>Writes a value, declared as <c>object</c>, that has no form which says its type.</summary>
    public static void WriteUndeclared(WireWriter writer, object value) => For(value.GetType()).WriteBoxed(writer, value);

    /// <summary>Bytes that a value of a type takes in a field or an array.</summary>
    public static int SizeOf(Type type)
    {
        if (!type.IsValueType)
        {
            return IntPtr.Size;
        }

        if (!Sizes.TryGetValue(type, out int size))
        {
            // The distance between two elements; nothing is allocated between the two looks, so nothing moves.
            Array two = Array.CreateInstance(type, 2);
            nint first = Marshal.UnsafeAddrOfPinnedArrayElement(two, 0);
            size = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(two, 1) - first);
            Sizes.Add(type, size);
        }

        return size;
    }
}
