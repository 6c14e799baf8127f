using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>The collections that cross by their elements. Found by name, so that nothing is loaded that is not met.</summary>
internal static class Collections
{
    private static readonly CollectionShape Sequence = new();
    private static readonly CollectionShape Reversed = new() { IsReversed = true };
    private static readonly CollectionShape Hashed = new() { Comparer = "Comparer", IsHashed = true };
    private static readonly CollectionShape Sorted = new() { Comparer = "Comparer" };
    private static readonly CollectionShape SortedByAdding = new() { Comparer = "Comparer", Adds = true };

    /// <summary>The form of a collection to which objects can be filled with its constructor.</summary>
    public static CollectionForm? Of(Type type)
    {
        if (!GraphRules.IsFramework(type))
        {
            return null;
        }

        if (!type.IsGenericType)
        {
            return type.Namespace != "System.Collections" ? null : type.Name switch
            {
                "ArrayList" => new ListForm(type, typeof(object)),
                "ListDictionaryInternal" => new KnownForm(type, typeof(DictionaryEntry), new CollectionShape { Adds = true }),
                "Queue" => new KnownForm(type, typeof(object), Sequence),
                "Stack" => new KnownForm(type, typeof(object), Reversed),
                "BitArray" => new KnownForm(type, typeof(bool), new CollectionShape { Items = (o, _) => Copied((ICollection)o, typeof(bool)) }),
                "Hashtable" => new KnownForm(type, typeof(DictionaryEntry), new CollectionShape { Comparer = "EqualityComparer", IsHashed = true, Adds = true }),
                "SortedList" => new KnownForm(type, typeof(DictionaryEntry), new CollectionShape { Adds = true }),
                _ => null,
            };
        }

        Type[] arguments = type.GetGenericArguments();
        Type first = arguments[0];
        return type.GetGenericTypeDefinition().FullName switch
        {
            "System.Collections.Generic.List`1" => new ListForm(type, first),
            "System.Collections.Generic.Dictionary`2" or "System.Collections.Concurrent.ConcurrentDictionary`2"
                or "System.Collections.Generic.OrderedDictionary`2" => new KnownForm(type, Pair(arguments), Hashed),
            "System.Collections.Generic.HashSet`1" => new KnownForm(type, first, Hashed),
            "System.Collections.Generic.SortedSet`1" => new KnownForm(type, first, Sorted),
            "System.Collections.Generic.SortedDictionary`2" or "System.Collections.Generic.SortedList`2" => new KnownForm(type, Pair(arguments), SortedByAdding),
            "System.Collections.Generic.Queue`1" or "System.Collections.Generic.LinkedList`1"
                or "System.Collections.Concurrent.ConcurrentQueue`1" => new KnownForm(type, first, Sequence),
            "System.Collections.Generic.Stack`1" or "System.Collections.Concurrent.ConcurrentStack`1"
                or "System.Collections.Concurrent.ConcurrentBag`1" => new KnownForm(type, first, Reversed),
            "System.Collections.Generic.PriorityQueue`2" => new KnownForm(
                type,
                typeof(ValueTuple<,>).MakeGenericType(arguments),
                new CollectionShape { Comparer = "Comparer", Items = (o, e) => Copied((ICollection)o.GetType().GetProperty("UnorderedItems")!.GetValue(o)!, e) }),
            "System.Lazy`1" => new KnownForm(type, first, new CollectionShape { Single = true, Items = LazyValue }),
            "System.WeakReference`1" => new WeakForm(type),
            _ => null,
        };
    }

    /// <summary>The form of a collection that is made at once with all its elements.</summary>
    public static LateForm? LateOf(Type type)
    {
        if (!type.IsGenericType || type.Namespace is not ("System.Collections.Immutable" or "System.Collections.Frozen") || !GraphRules.IsFramework(type))
        {
            return null;
        }

        Type[] arguments = type.GetGenericArguments();
        Type first = arguments[0];
        string name = type.Name;
        string holder = $"{type.Namespace}.{name[..name.IndexOf('`', StringComparison.Ordinal)]}";
        CollectionForm? form = name switch
        {
            "ImmutableList`1" or "ImmutableQueue`1" => new KnownForm(type, first, new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated }),
            "ImmutableStack`1" => new KnownForm(type, first, new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated, IsReversed = true }),
            "ImmutableHashSet`1" => new KnownForm(type, first, new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated, Comparer = "KeyComparer", IsHashed = true }),
            "ImmutableSortedSet`1" => new KnownForm(type, first, new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated, Comparer = "KeyComparer" }),
            "ImmutableDictionary`2" => new KnownForm(
                type, Pair(arguments), new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated, Comparer = "KeyComparer", Values = "ValueComparer", IsHashed = true }),
            "ImmutableSortedDictionary`2" => new KnownForm(
                type, Pair(arguments), new CollectionShape { Factory = (holder, "CreateRange"), Items = Enumerated, Comparer = "KeyComparer", Values = "ValueComparer" }),
            "FrozenSet`1" => new KnownForm(type, first, new CollectionShape { Factory = (holder, "ToFrozenSet"), Items = Enumerated, Comparer = "Comparer", IsHashed = true }),
            "FrozenDictionary`2" => new KnownForm(
                type, Pair(arguments), new CollectionShape { Factory = (holder, "ToFrozenDictionary"), Items = Enumerated, Comparer = "Comparer", IsHashed = true }),
            _ => null,
        };
        return form is null ? null : new LateForm(form);
    }

    private static Type Pair(Type[] arguments) => typeof(KeyValuePair<,>).MakeGenericType(arguments);

    private static Array Copied(ICollection collection, Type element)
    {
        Array items = Array.CreateInstance(element, collection.Count);
        collection.CopyTo(items, 0);
        return items;
    }

    private static Array Enumerated(object collection, Type element)
    {
        ArrayList all = [];
        foreach (object? item in (IEnumerable)collection)
        {
            all.Add(item);
        }

        return all.ToArray(element);
    }

    private static Array LazyValue(object lazy, Type element)
    {
        if (!(bool)lazy.GetType().GetProperty("IsValueCreated")!.GetValue(lazy)!)
        {
            throw new FailureException(
                FailureKind.Value,
                $"A {lazy.GetType()} whose value was not made yet cannot cross, for what makes it is a delegate, and that is code: ask for its Value before the call.");
        }

        Array items = Array.CreateInstance(element, 1);
        items.SetValue(lazy.GetType().GetProperty("Value")!.GetValue(lazy), 0);
        return items;
    }
}
