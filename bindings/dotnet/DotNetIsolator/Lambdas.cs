using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using DotNetIsolator.Closures;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <summary>What delegates are made of.</summary>
internal static class Lambdas
{
    private static readonly ConcurrentDictionary<Type, bool> Stateless = new();

    /// <summary>The method of a delegate, if a guest can find it.</summary>
    public static MethodInfo CodeOf(Delegate value)
    {
        HostAssemblies.CheckPlatform(RuntimeFeature.IsDynamicCodeSupported);
        if (value.GetInvocationList().Length != 1)
        {
            throw new ArgumentException("The delegate has several methods: invoke them one by one.", nameof(value));
        }

        return value.Method is { DeclaringType: not null } method
            ? method
            : throw new ArgumentException("The delegate was compiled at run time, so no assembly has its code for the guest to load.", nameof(value));
    }

    /// <summary>Whether a type is the compiler's class for lambdas that capture nothing.</summary>
    public static bool IsStateless(Type type) =>
        Stateless.GetOrAdd(type, static t => t.IsDefined(typeof(CompilerGeneratedAttribute), false) && MemberList.Of(t).Length == 0);

    /// <summary>The error for a lambda of which something cannot cross: it says what.</summary>
    public static IsolatedException CannotCapture(Delegate value, object captured, IsolatedException cause)
    {
        Type type = captured.GetType();
        string where = $"{value.Method.DeclaringType}.{value.Method.Name}";
        if (!type.IsDefined(typeof(CompilerGeneratedAttribute), false))
        {
            return Error($"The method {where} cannot run in a guest, for its object (`this`), a {type}, cannot be copied there{Culprit(captured)}. "
                + $"Make the method or lambda static, or copy what it needs into local variables. ({cause.Message})", cause);
        }

        return Captured(where, captured, UsedFields.Of(value.Method), cause) ?? cause;
    }

    /// <summary>The error for the variable that cannot cross, in this scope or in one around it.</summary>
    private static IsolatedException? Captured(string where, object closure, HashSet<(Module Module, int Token)>? used, IsolatedException cause)
    {
        foreach (FieldInfo field in ClosureWriter.FieldsOf(closure.GetType(), used))
        {
            if (field.GetValue(closure) is not { } held)
            {
                continue;
            }

            if (UsedFields.IsClosure(field.FieldType))
            {
                if (Captured(where, held, used, cause) is { } further)
                {
                    return further;
                }

                continue;
            }

            if (Crosses(field.FieldType, held))
            {
                continue;
            }

            if (held is IsolatedRuntime or IsolatedRuntimeHost or IsolatedObject or IsolatedMethod)
            {
                return Error($"The lambda {where} captures '{field.Name}', an {held.GetType().Name}, which belongs to the host and cannot go into a guest. "
                    + "Call it outside of the lambda, or register a callback for what the guest is to do with it.", cause);
            }

            return field.Name.EndsWith("__this", StringComparison.Ordinal)
                ? Error($"The lambda {where} captures `this`, a {held.GetType()}, which cannot be copied into a guest{Culprit(held)}. "
                    + $"Copy the fields that it needs into local variables. ({cause.Message})", cause)
                : Error($"The lambda {where} captures '{field.Name}', a {held.GetType()}, which cannot be copied into a guest. ({cause.Message})", cause);
        }

        return null;
    }

    private static string Culprit(object holder)
    {
        foreach (Member member in MemberList.Of(holder.GetType()))
        {
            FieldInfo? field = FieldOf(holder.GetType(), member);
            if (field?.GetValue(holder) is { } held && !Crosses(field.FieldType, held))
            {
                return $": its member '{member.Name}' is a {held.GetType()}";
            }
        }

        return string.Empty;
    }

    private static FieldInfo? FieldOf(Type type, Member member)
    {
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (MemberList.NameOf(field.Name) == member.Name)
                {
                    return field;
                }
            }
        }

        return null;
    }

    private static bool Crosses(Type declared, object held)
    {
        ArgumentWriter writer = ArgumentWriter.Rent(null);
        try
        {
            writer.AddDeclared(declared, held, string.Empty);
        }
        catch (IsolatedException)
        {
            return false;
        }

        writer.Return();
        return true;
    }

    private static IsolatedException Error(string message, IsolatedException cause) => new(message, cause) { Kind = IsolatedErrorKind.Value };
}
