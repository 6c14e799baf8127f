using System;
using System.Collections.Generic;
using System.Reflection;
using Isolator.Runtime.Hosting;

namespace Isolator.Runtime.Members;

/// <summary>Finds methods and constructors by name, number and types of parameters.</summary>
internal static class MethodFinder
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Finds the one method that a query means.</summary>
    /// <exception cref="FailureException">None or several do.</exception>
    public static MethodBase Find(Type type, string name, in MethodQuery query)
    {
        Type[]? typeArguments = query.GenericArguments is { } names ? Array.ConvertAll(names, n => ResolveArgument(n, type)) : null;
        List<MethodBase> seen = [];
        for (Type? level = type; level is not null; level = level.BaseType)
        {
            if (AtLevel(level, type, name, query, typeArguments, seen) is { } found)
            {
                return found;
            }

            if (name is ".ctor" or ".cctor")
            {
                break;
            }
        }

        if (type.IsInterface || type.IsAbstract || type.IsGenericParameter)
        {
            foreach (Type each in type.GetInterfaces())
            {
                if (AtLevel(each, type, name, query, typeArguments, seen) is { } found)
                {
                    return found;
                }
            }
        }

        throw NotFound(type, name, seen);
    }

    /// <summary>Whether a parameter only gives something back, so that no argument is passed for it.</summary>
    public static bool IsOutOnly(ParameterInfo parameter) => parameter.IsOut && parameter.ParameterType.IsByRef;

    /// <summary>The parameters for which arguments are passed: all but <c>out</c> ones.</summary>
    public static ParameterInfo[] Passed(ParameterInfo[] parameters) =>
        Array.Exists(parameters, IsOutOnly) ? Array.FindAll(parameters, p => !IsOutOnly(p)) : parameters;

    /// <summary>How many of the passed parameters an argument list may leave out, and whether it may be longer.</summary>
    public static bool Takes(ParameterInfo[] parameters, int count)
    {
        if (count == parameters.Length)
        {
            return true;
        }

        bool isOpen = parameters.Length > 0 && IsParamArray(parameters[^1]);
        if (count > parameters.Length)
        {
            return isOpen;
        }

        for (int i = count; i < parameters.Length; i++)
        {
            if (!CanBeLeftOut(parameters[i]) && !(isOpen && i == parameters.Length - 1))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a parameter is a <c>params</c> array.</summary>
    public static bool IsParamArray(ParameterInfo parameter) =>
        parameter.ParameterType.IsSZArray && parameter.IsDefined(typeof(ParamArrayAttribute), false);

    /// <summary>Whether an argument may be missing.</summary>
    public static bool CanBeLeftOut(ParameterInfo parameter) =>
        parameter.IsOptional || parameter.ParameterType == typeof(System.Threading.CancellationToken);

    private static MethodBase? AtLevel(
        Type level, Type asked, string name, in MethodQuery query, Type[]? typeArguments, List<MethodBase> seen)
    {
        MethodBase? best = null;
        List<MethodBase>? ties = null;
        int bestRank = int.MaxValue;
        MemberTypes kind = name is ".ctor" or ".cctor" ? MemberTypes.Constructor : MemberTypes.Method;
        foreach (MemberInfo member in level.GetMember(name, kind, Declared))
        {
            MethodBase method = (MethodBase)member;
            if (IsOverridden(method, seen))
            {
                continue;
            }

            seen.Add(method);
            if (Close(method, typeArguments) is not { } closed)
            {
                continue;
            }

            int rank = Rank(closed, query);
            if (rank < bestRank)
            {
                (best, bestRank, ties) = (closed, rank, null);
            }
            else if (rank == bestRank && rank != int.MaxValue)
            {
                (ties ??= [best!]).Add(closed);
            }
        }

        return ties is null ? best : Untie(ties, query) ?? throw Ambiguous(asked, name, ties, query);
    }

    /// <summary>Where a query gives both, the types of the parameters decide among those that take the number.</summary>
    private static MethodBase? Untie(List<MethodBase> ties, in MethodQuery query)
    {
        if (query.ParameterTypes is not { } wanted || query.ArgumentCount < 0)
        {
            return null;
        }

        MethodBase? only = null;
        foreach (MethodBase method in ties)
        {
            if (HasTypes(Passed(method.GetParameters()), wanted))
            {
                if (only is not null)
                {
                    return null;
                }

                only = method;
            }
        }

        return only;
    }

    private static bool HasTypes(ParameterInfo[] parameters, string[] wanted)
    {
        if (wanted.Length != parameters.Length)
        {
            return false;
        }

        for (int i = 0; i < wanted.Length; i++)
        {
            if (!Means(wanted[i], parameters[i].ParameterType))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A parameter by reference may be named by what it refers to, with <c>ref</c>, <c>out</c>, <c>in</c> or without.</summary>
    private static bool Means(string wanted, Type type)
    {
        if (!type.IsByRef)
        {
            return Signatures.Means(wanted, type);
        }

        int space = wanted.IndexOf(' ', StringComparison.Ordinal);
        string bare = space > 0 && wanted[..space] is ("ref" or "out" or "in") ? wanted[(space + 1)..] : wanted;
        return Signatures.Means(bare, type.GetElementType()!) || Signatures.Means(wanted, type);
    }

    /// <summary>0: fits exactly; higher: fits with more help; <see cref="int.MaxValue"/>: does not.</summary>
    private static int Rank(MethodBase method, in MethodQuery query)
    {
        if (query.MetadataToken != 0)
        {
            return method.MetadataToken == query.MetadataToken ? 0 : int.MaxValue;
        }

        ParameterInfo[] all = method.GetParameters();
        ParameterInfo[] parameters = Passed(all);
        if (query.ParameterTypes is { } wanted && query.ArgumentCount < 0)
        {
            return HasTypes(all, wanted) ? 0 : HasTypes(parameters, wanted) ? 1 : int.MaxValue;
        }

        if (query.ArgumentCount < 0 || query.ArgumentCount == parameters.Length)
        {
            // A generic method that nobody closed cannot be called; a plain one of the same length is meant.
            return method.ContainsGenericParameters ? 3 : 0;
        }

        if (!Takes(parameters, query.ArgumentCount))
        {
            return int.MaxValue;
        }

        return (query.ArgumentCount > parameters.Length ? 2 : 1) + (method.ContainsGenericParameters ? 3 : 0);
    }

    private static MethodBase? Close(MethodBase method, Type[]? typeArguments)
    {
        if (typeArguments is null)
        {
            return method;
        }

        if (method is not MethodInfo { IsGenericMethodDefinition: true } open || open.GetGenericArguments().Length != typeArguments.Length)
        {
            return null;
        }

        try
        {
            return open.MakeGenericMethod(typeArguments);
        }
        catch (ArgumentException)
        {
            // The constraints say no.
            return null;
        }
    }

    private static bool IsOverridden(MethodBase method, List<MethodBase> seen)
    {
        if (seen.Count == 0 || method is not MethodInfo { IsVirtual: true } info)
        {
            return false;
        }

        RuntimeMethodHandle root = info.GetBaseDefinition().MethodHandle;
        foreach (MethodBase each in seen)
        {
            if (each is MethodInfo { IsVirtual: true } other && other.GetBaseDefinition().MethodHandle == root)
            {
                return true;
            }
        }

        return false;
    }

    private static Type ResolveArgument(string name, Type context) =>
        Signatures.FindKeyword(name)
        ?? (HasAssembly(name) ? null : context.Assembly.GetType(name))
        ?? Assemblies.FindQualifiedType(name);

    /// <summary>Whether a type's name is followed by that of its assembly.</summary>
    private static bool HasAssembly(string name) => name.LastIndexOf(',') > name.LastIndexOf(']');

    private static FailureException NotFound(Type type, string name, List<MethodBase> seen)
    {
        string assembly = type.Assembly.GetName().Name ?? string.Empty;
        return new FailureException(
            FailureKind.MemberNotFound,
            $"Could not find method [{assembly}]{PathOf(type)}::{name} because the method {name} could not be found in the type, or it did not have the correct number of parameters.")
        {
            Assembly = assembly,
            TypeName = type.ToString(),
            Member = name,
            Candidates = seen.Count > 0 || name is ".ctor" or ".cctor" ? Signatures.Of(seen) : Similar.Methods(type, name),
        };
    }

    private static FailureException Ambiguous(Type type, string name, List<MethodBase> ties, in MethodQuery query) =>
        new(
            FailureKind.Ambiguous,
            query.ParameterTypes is not null && query.ArgumentCount < 0 ? $"{ties.Count} methods {name} of {type} have parameters of these types: say them by their full names."
            : query.ArgumentCount < 0 ? $"{type} has {ties.Count} methods {name}: say the number or the types of the arguments."
            : $"{ties.Count} methods {name} of {type} take {query.ArgumentCount} {(query.ArgumentCount == 1 ? "argument" : "arguments")}: say the types of the parameters.")
        {
            Assembly = type.Assembly.GetName().Name,
            TypeName = type.ToString(),
            Member = name,
            Candidates = Signatures.Of(ties),
        };

    /// <summary>Namespace, declaring types with slashes, name: as IL disassemblers write it.</summary>
    private static string PathOf(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition().FullName : type.FullName)?.Replace('+', '/') ?? type.Name;
}
