using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security;

namespace Isolator.Runtime.Hosting;

/// <summary>Whether types may be the arguments of a generic method or type, and if not, what .NET says of it.</summary>
/// <remarks>C calls it before the runtime makes an instance, see <c>answers.c</c>: the runtime's own words tell less.</remarks>
internal static class Constraints
{
    private const GenericParameterAttributes AllowsByRefLike = (GenericParameterAttributes)0x20;

    /// <summary>Definitions that take every type that may be an argument at all.</summary>
    private static readonly ConditionalWeakTable<MemberInfo, object> Free = [];

    /// <summary>What is being asked about: a constraint may be on the very type that it constrains (<c>T : INumber&lt;T&gt;</c>).</summary>
    private static readonly List<(Type Definition, Type[] Arguments)> Asked = [];

    /// <summary>How many questions may lie inside each other; those of types that grow without end have no answer.</summary>
    private const int Deepest = 50;

    /// <summary><c>MethodInfo.MakeGenericMethod</c>.</summary>
    public static void OfMethod(MethodInfo method, Type[] arguments)
    {
        Type[] parameters = method.GetGenericArguments();
        if (parameters.Length != arguments.Length)
        {
            // .NET has the two numbers the wrong way round, and programs see its texts.
            throw new ArgumentException($"The type or method has {arguments.Length} generic parameter(s), but {parameters.Length} generic argument(s) were provided. A generic argument must be provided for each generic parameter.");
        }

        Type[] outer = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : [];
        if (Violated(method, parameters, arguments, outer) is { } at)
        {
            string argument = $"'{arguments[at]}'", parameter = $"'{parameters[at].Name}'";
            throw new ArgumentException(
                $"GenericArguments[{at}], {argument}, on '{method}' violates the constraint of type {parameter}.",
                new VerificationException($"Method {method.DeclaringType}.{method.Name}: type argument {argument} violates the constraint of type parameter {parameter}."));
        }
    }

    /// <summary><c>Type.MakeGenericType</c>.</summary>
    public static void OfType(Type type, Type[] typeArguments)
    {
        Type[] parameters = type.GetGenericArguments();
        if (parameters.Length != typeArguments.Length)
        {
            throw new ArgumentException("The number of generic arguments provided doesn't equal the arity of the generic type definition.", nameof(typeArguments));
        }

        if (Asked.Count >= Deepest || Asked.Exists(asked => asked.Definition == type && IsSame(asked.Arguments, typeArguments)))
        {
            return;
        }

        Asked.Add((type, typeArguments));
        int? violated;
        try
        {
            violated = Violated(type, parameters, typeArguments, typeArguments);
        }
        finally
        {
            Asked.RemoveAt(Asked.Count - 1);
        }

        if (violated is { } at)
        {
            string what = $"GenericArguments[{at}], '{typeArguments[at]}', on '{type}' violates the constraint of type";
            throw new ArgumentException($"{what} '{parameters[at].Name}'.", new TypeLoadException($"{what} parameter '{parameters[at].Name}'."));
        }
    }

    /// <remarks>Arrays of a more derived type have no spans that could be written to.</remarks>
    private static bool IsSame(ReadOnlySpan<Type> some, ReadOnlySpan<Type> others) => some.SequenceEqual(others);

    private static int? Violated(MemberInfo definition, Type[] parameters, Type[] arguments, Type[] outer)
    {
        foreach (Type argument in arguments)
        {
            if (argument is not null && (argument.IsByRef || argument.IsPointer || argument == typeof(void)))
            {
                throw new ArgumentException($"The type '{argument}' may not be used as a type argument.");
            }
        }

        bool isFree = Free.TryGetValue(definition, out _);
        bool anyConstraint = false;
        for (int i = 0; i < parameters.Length; i++)
        {
            Type? argument = arguments[i];
            // Those of types that are being built answer nothing of this; open ones are looked at when they are closed.
            if (argument is null || argument.UnderlyingSystemType.GetType() != typeof(object).GetType() || argument.ContainsGenericParameters)
            {
                anyConstraint = true;
                continue;
            }

            if (isFree && !argument.IsByRefLike)
            {
                continue;
            }

            GenericParameterAttributes special = parameters[i].GenericParameterAttributes;
            Type[] constraints = parameters[i].GetGenericParameterConstraints();
            anyConstraint |= constraints.Length > 0 || (special & GenericParameterAttributes.SpecialConstraintMask) != 0;
            if (!Satisfies(argument, special) || !Array.TrueForAll(constraints, constraint => Satisfies(argument, constraint, arguments, outer)))
            {
                return i;
            }
        }

        if (!anyConstraint && !isFree)
        {
            Free.AddOrUpdate(definition, definition);
        }

        return null;
    }

    private static bool Satisfies(Type argument, GenericParameterAttributes special)
    {
        if (argument.IsByRefLike && (special & AllowsByRefLike) == 0)
        {
            return false;
        }

        if ((special & GenericParameterAttributes.NotNullableValueTypeConstraint) != 0)
        {
            return argument.IsValueType && Nullable.GetUnderlyingType(argument) is null;
        }

        if ((special & GenericParameterAttributes.ReferenceTypeConstraint) != 0 && argument.IsValueType)
        {
            return false;
        }

        return (special & GenericParameterAttributes.DefaultConstructorConstraint) == 0
            || argument.IsValueType
            || (!argument.IsAbstract && argument.GetConstructor(Type.EmptyTypes) is not null);
    }

    private static bool Satisfies(Type argument, Type constraint, Type[] arguments, Type[] outer)
    {
        Type? closed = Close(constraint, arguments, outer);
        return closed is null || closed.IsAssignableFrom(argument);
    }

    /// <summary>A constraint with the arguments in place of the parameters; null where that is not known; one that nothing is where there is no such type.</summary>
    private static Type? Close(Type constraint, Type[] arguments, Type[] outer)
    {
        if (!constraint.ContainsGenericParameters)
        {
            return constraint;
        }

        if (constraint.IsGenericParameter)
        {
            Type[] from = constraint.DeclaringMethod is null ? outer : arguments;
            return constraint.GenericParameterPosition < from.Length && !from[constraint.GenericParameterPosition].ContainsGenericParameters
                ? from[constraint.GenericParameterPosition]
                : null;
        }

        if (!constraint.IsGenericType)
        {
            return null;
        }

        Type[] inner = constraint.GetGenericArguments();
        for (int i = 0; i < inner.Length; i++)
        {
            if (Close(inner[i], arguments, outer) is not { } type)
            {
                return null;
            }

            inner[i] = type;
        }

        try
        {
            return constraint.GetGenericTypeDefinition().MakeGenericType(inner);
        }
        catch (ArgumentException)
        {
            return typeof(void);
        }
    }
}
