using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire;

/// <summary>The plans of all types met so far.</summary>
internal static class Plans
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

    /// <summary>The plan of the one-dimensional array of a type; also for bytes.</summary>
    public static TypePlan ArrayOf(Type element) =>
        element == typeof(byte) ? new ArrayPlan(typeof(byte[])) : For(element.MakeArrayType());

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

    /// <summary>The error for a handle to an object of another type.</summary>
    public static FailureException WrongHandle(object found, Type wanted) =>
        new(FailureKind.Value, $"The handle names an object of type {found.GetType()}, which is not a {wanted}.");

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

    /// <summary>What a parameter gets if nothing is passed for it.</summary>
    public static object? DefaultOf(ParameterInfo parameter)
    {
        if (parameter.HasDefaultValue && parameter.DefaultValue is { } value)
        {
            Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
            return type.IsEnum && value.GetType() != type ? Enum.ToObject(type, value) : value;
        }

        Type declared = parameter.ParameterType;
        return declared.IsValueType && Nullable.GetUnderlyingType(declared) is null && !declared.IsByRefLike
            ? RuntimeHelpers.GetUninitializedObject(declared)
            : null;
    }

    private static TypePlan Make(Type type)
    {
        if (type.IsByRef || type.IsPointer || type.IsFunctionPointer || type.IsByRefLike || type.ContainsGenericParameters)
        {
            return new UnsupportedPlan(type, "it is a reference, a pointer, a ref struct or an open generic type.");
        }

        if (type.IsPrimitive || type.IsEnum)
        {
            return ScalarPlan.CodeOf(type.IsEnum ? Enum.GetUnderlyingType(type) : type) == MemberCode.Plan
                ? new UnsupportedValuePlan(type, "it is a native integer enum.")
                : new ScalarPlan(type);
        }

        if (type.IsArray)
        {
            return type.IsSZArray ? new ArrayPlan(type) : new MultiArrayPlan(type);
        }

        if (Nullable.GetUnderlyingType(type) is not null)
        {
            return new NullablePlan(type);
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return new UnsupportedPlan(type, "a delegate is code. Pass or keep it as a handle.");
        }

        if (typeof(System.Threading.Tasks.Task).IsAssignableFrom(type))
        {
            return new UnsupportedPlan(type, "a task is not a value. Call the method asynchronously.");
        }

        if (typeof(Type).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type) || typeof(Assembly).IsAssignableFrom(type))
        {
            return new UnsupportedPlan(type, "it is part of the runtime. Keep it as a handle.");
        }

        if (CollectionPlanFactory.TryMake(type) is { } collection)
        {
            return collection;
        }

        if (type.IsInterface || type.IsAbstract)
        {
            return new DynamicPlan(type);
        }

        return type.IsValueType ? new StructPlan(type) : new ClassPlan(type);
    }
}
