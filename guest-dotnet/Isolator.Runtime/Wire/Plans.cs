using System;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>The plans of all types met so far.</summary>
/// <remarks>
/// This part, which says what becomes of a type, is that of guest and host alike. The other part is each one's own: where
/// plans are kept, and which types the bytes may name.
/// </remarks>
internal static partial class Plans
{
    /// <summary>The plan of the one-dimensional array of a type; also for bytes.</summary>
    public static TypePlan ArrayOf(Type element) =>
        element == typeof(byte) ? new ArrayPlan(typeof(byte[])) : For(element.MakeArrayType());

    /// <summary>The error for a handle to an object of another type.</summary>
    public static FailureException WrongHandle(object found, Type wanted) =>
        new(FailureKind.Value, $"The handle names an object of type {found.GetType()}, which is not a {wanted}.");

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
