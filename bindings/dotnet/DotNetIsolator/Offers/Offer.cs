using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;

namespace DotNetIsolator.Offers;

/// <summary>An object of this process that guest code may use by an interface: a callback for each of its members.</summary>
/// <remarks>
/// The names of the callbacks are known to the package <c>DotNetIsolator.Guest</c>: <c>offer:NAME</c> gives the names of the interfaces, and
/// <c>offer:NAME/INTERFACE::METHOD(PARAMETERS)</c> calls a member. Guest code may call them in any way it likes: a callback is safe by itself.
/// </remarks>
internal static class Offer
{
    /// <summary>What the names of the callbacks of an offer begin with.</summary>
    public static string KeyOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentException($"An object cannot be offered as '{name}': the name must have no '/'.", nameof(name))
            : "offer:" + name;
    }

    /// <summary>The callbacks for an object.</summary>
    public static List<CallbackEntry> Of(string name, Type contract, object instance)
    {
        if (!contract.IsInterface)
        {
            throw new ArgumentException($"{contract} is no interface: an object is offered by an interface, whose members are all that guest code can use.");
        }

        string key = KeyOf(name);
        Type[] contracts = [contract, .. contract.GetInterfaces()];
        string[] names = Array.ConvertAll(contracts, c => c.ToString());
        List<CallbackEntry> entries = [new CallbackEntry(key, () => names)];
        foreach (Type each in contracts)
        {
            foreach (MethodInfo method in each.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (CanBeCalled(method))
                {
                    entries.Add(new CallbackEntry($"{key}/{SignatureOf(method)}", instance, method));
                }
            }
        }

        return entries;
    }

    /// <summary>A method as both sides spell it. The guest's twin is in <c>DotNetIsolator.Guest</c>.</summary>
    private static string SignatureOf(MethodInfo method) =>
        $"{method.DeclaringType}::{method.Name}({string.Join(',', Array.ConvertAll(method.GetParameters(), p => p.ParameterType.ToString()))})";

    /// <summary>Whether guest code can call a method; what cannot be called says so inside.</summary>
    private static bool CanBeCalled(MethodInfo method)
    {
        if (method.IsGenericMethodDefinition || !IsValue(method.ReturnType)
            || (method.IsSpecialName && (method.Name.StartsWith("add_", StringComparison.Ordinal) || method.Name.StartsWith("remove_", StringComparison.Ordinal))))
        {
            return false;
        }

        ParameterInfo[] parameters = method.GetParameters();
        for (int i = 0; i < parameters.Length; i++)
        {
            Type type = parameters[i].ParameterType;
            if (!IsValue(type) || (type == typeof(CancellationToken) && i < parameters.Length - 1) || (i == 0 && type == typeof(IsolatedRuntime)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsValue(Type type) => !(type.IsByRef || type.IsPointer || type.IsByRefLike);
}
