using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>The types that the bytes of a guest may name, besides those of the wire itself.</summary>
/// <remarks>
/// A name is only ever compared with names of types that are known already: it is never given to a loader, so no bytes make this
/// process load an assembly or find a type.
/// </remarks>
internal sealed class TypeScope
{
    /// <summary>Most types that are looked at on the way from a declared one.</summary>
    private const int MostReachable = 4096;

    private static readonly ConcurrentDictionary<Type, Dictionary<string, Type>> Reachable = new();

    private readonly ConcurrentDictionary<Type, Graph.GraphScope> _graphs = new();

    /// <summary>What the registered types lead to.</summary>
    private readonly ConcurrentDictionary<string, Type> _ledTo = new(StringComparer.Ordinal);

    private readonly HashSet<Type> _met = [];

    private readonly ConcurrentDictionary<string, Type> _registered = new(StringComparer.Ordinal);

    /// <summary>Types for which nothing is registered.</summary>
    public static TypeScope None { get; } = new();

    /// <summary>Whether the embedder has registered any type.</summary>
    public bool HasRegistered => !_registered.IsEmpty;

    /// <summary>Lets guests name a type.</summary>
    public void Register(Type type)
    {
        _registered.TryAdd(TypeNames.Qualified(type), type);
        lock (_met)
        {
            Graph.GraphScope.Reach([type], _met, (name, each) => _ledTo.TryAdd(name, each));
        }
    }

    /// <summary>What graphs may consist of where a type was asked for.</summary>
    public Graph.GraphScope GraphsOf(Type declared) => _graphs.GetOrAdd(declared, static (type, scope) => new Graph.GraphScope(scope, [type]), this);

    /// <summary>A type that was registered, by its name.</summary>
    public Type? Registered(string name) => _registered.GetValueOrDefault(name);

    /// <summary>A type that was registered, or to which such a type leads, by its name.</summary>
    public Type? Led(string name) => _registered.TryGetValue(name, out Type? type) || _ledTo.TryGetValue(name, out type) ? type : null;

    /// <summary>The type of a name, if it may be named where <paramref name="declared"/> was asked for.</summary>
    public Type? Find(string name, Type declared) =>
        _registered.TryGetValue(name, out Type? type) || Reachable.GetOrAdd(declared, Reach).TryGetValue(name, out type) ? type : null;

    private static Dictionary<string, Type> Reach(Type declared)
    {
        Dictionary<string, Type> found = new(StringComparer.Ordinal);
        Queue<Type> next = new([declared]);
        HashSet<Type> seen = [declared];
        while (next.TryDequeue(out Type? type) && seen.Count < MostReachable)
        {
            if (IsMakeable(type))
            {
                found.TryAdd(TypeNames.Qualified(type), type);
            }

            foreach (Type each in From(type))
            {
                if (seen.Add(each))
                {
                    next.Enqueue(each);
                }
            }
        }

        return found;
    }

    /// <summary>Whether the plan of a type could make one; parts of the runtime, delegates and resources are none.</summary>
    private static bool IsMakeable(Type type) =>
        type != typeof(object) && !type.IsAbstract && !type.ContainsGenericParameters && !type.IsPointer && !type.IsByRef
        && Plans.For(type) is not (UnsupportedPlan or UnsupportedValuePlan);

    private static IEnumerable<Type> From(Type type)
    {
        if (type.HasElementType)
        {
            yield return type.GetElementType()!;
            yield break;
        }

        foreach (Type argument in type.GetGenericArguments())
        {
            yield return argument;
        }

        // Only the members of types that cross as maps of members: the inside of a list or a date is no way to other types.
        if (type.ContainsGenericParameters || Plans.For(type) is not (ClassPlan or StructPlan))
        {
            yield break;
        }

        foreach (Member member in MemberList.Of(type))
        {
            yield return member.Type;
        }
    }
}
