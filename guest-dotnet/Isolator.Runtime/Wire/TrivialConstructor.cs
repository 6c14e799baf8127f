using System;
using System.Buffers.Binary;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>Recognises constructors that only store their parameters, each in a field of its own name.</summary>
/// <remarks>For those, storing the members by ourselves is the same and costs no call.</remarks>
internal static class TrivialConstructor
{
    private const byte Nop = 0x00;
    private const byte LoadArgument0 = 0x02;
    private const byte LoadArgument3 = 0x05;
    private const byte LoadArgumentShort = 0x0e;
    private const byte Call = 0x28;
    private const byte Return = 0x2a;
    private const byte StoreField = 0x7d;

    /// <summary>
    /// Whether the body consists of <c>this.field = parameter</c>, in which the field is the one that crosses under the
    /// parameter's name, and a call of a base constructor without parameters of which the same is true.
    /// </summary>
    public static bool IsTrivial(ConstructorInfo constructor)
    {
        try
        {
            return Check(constructor, 0);
        }
        catch (Exception e) when (e is not FailureException)
        {
            // No body, or tokens that cannot be resolved: not known to be trivial.
            return false;
        }
    }

    private static bool Check(ConstructorInfo constructor, int depth)
    {
        if (constructor.DeclaringType == typeof(object))
        {
            return true;
        }

        byte[]? il = constructor.GetMethodBody()?.GetILAsByteArray();
        ParameterInfo[] parameters = constructor.GetParameters();
        if (il is null || depth > 16 || Array.Exists(parameters, p => p.HasDefaultValue))
        {
            return false;
        }

        int stored = 0;
        int at = 0;
        while (at < il.Length)
        {
            byte code = il[at];
            if (code == Nop)
            {
                at++;
                continue;
            }

            if (code == Return)
            {
                return at == il.Length - 1 && stored == parameters.Length;
            }

            if (code != LoadArgument0)
            {
                return false;
            }

            at++;
            if (il[at] == Call)
            {
                MethodBase? called = constructor.Module.ResolveMethod(Token(il, at + 1), TypeArguments(constructor), null);
                if (called is not ConstructorInfo other
                    || other.DeclaringType != constructor.DeclaringType!.BaseType
                    || other.GetParameters().Length != 0
                    || !Check(other, depth + 1))
                {
                    return false;
                }

                at += 5;
                continue;
            }

            int argument;
            if (il[at] > LoadArgument0 && il[at] <= LoadArgument3)
            {
                argument = il[at] - LoadArgument0;
                at++;
            }
            else if (il[at] == LoadArgumentShort)
            {
                argument = il[at + 1];
                at += 2;
            }
            else
            {
                return false;
            }

            if (il[at] != StoreField || argument == 0)
            {
                return false;
            }

            FieldInfo? field = constructor.Module.ResolveField(Token(il, at + 1), TypeArguments(constructor), null);
            ParameterInfo parameter = parameters[argument - 1];
            if (field is null || field.FieldType != parameter.ParameterType || !SameName(field.Name, parameter.Name))
            {
                return false;
            }

            stored++;
            at += 5;
        }

        return false;
    }

    private static bool SameName(string field, string? parameter)
    {
        string name = MemberList.NameOf(field);
        return string.Equals(name, parameter, StringComparison.OrdinalIgnoreCase)
            || string.Equals(name.TrimStart('_'), parameter, StringComparison.OrdinalIgnoreCase);
    }

    private static int Token(byte[] il, int at) => BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(at, 4));

    private static Type[]? TypeArguments(ConstructorInfo constructor) =>
        constructor.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
}
