using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>Recognises lists, sets, dictionaries and tuples, and finds out how to make them.</summary>
internal static class CollectionPlanFactory
{
    private const BindingFlags AnyConstructor = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The plan of a collection type; null if it is none.</summary>
    public static TypePlan? TryMake(Type type)
    {
        Type? open = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (open == typeof(List<>))
        {
            return new ListPlan(type);
        }

        if (open is not null && open.Namespace == "System")
        {
            if (open == typeof(Memory<>) || open == typeof(ReadOnlyMemory<>))
            {
                return new UnsupportedValuePlan(type, "memory crosses only as bytes. Pass an array.");
            }

            if (open.Name.StartsWith("ValueTuple`", StringComparison.Ordinal))
            {
                return new ValueTuplePlan(type);
            }

            if (open.Name.StartsWith("Tuple`", StringComparison.Ordinal))
            {
                return new TuplePlan(type);
            }
        }

        if (open == typeof(KeyValuePair<,>))
        {
            return new ValueTuplePlan(type);
        }

        if (!typeof(IEnumerable).IsAssignableFrom(type))
        {
            return null;
        }

        if (PairOf(type) is { } pair)
        {
            return new DictionaryPlan(type, pair.Key, pair.Value, MakerOf(type, pair.Key, pair.Value));
        }

        Type element = ElementOf(type);
        if (type.IsValueType)
        {
            return open == typeof(ArraySegment<>) || open?.FullName == "System.Collections.Immutable.ImmutableArray`1"
                ? new SequenceValuePlan(type, element)
                : null;
        }

        return new SequencePlan(type, element, SequenceMakerOf(type, open, element));
    }

    private static (Type Key, Type Value)? PairOf(Type type)
    {
        foreach (Type candidate in WithInterfaces(type))
        {
            if (candidate.IsGenericType
                && (candidate.GetGenericTypeDefinition() == typeof(IDictionary<,>)
                    || candidate.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)))
            {
                Type[] arguments = candidate.GetGenericArguments();
                return (arguments[0], arguments[1]);
            }
        }

        return typeof(IDictionary).IsAssignableFrom(type) ? (typeof(object), typeof(object)) : null;
    }

    private static Type ElementOf(Type type)
    {
        foreach (Type candidate in WithInterfaces(type))
        {
            if (candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            {
                return candidate.GetGenericArguments()[0];
            }
        }

        return typeof(object);
    }

    private static IEnumerable<Type> WithInterfaces(Type type)
    {
        yield return type;
        foreach (Type each in type.GetInterfaces())
        {
            yield return each;
        }
    }

    private static MakeCollection? SequenceMakerOf(Type type, Type? open, Type element)
    {
        if (type.IsInterface || type.IsAbstract)
        {
            if (type.IsAssignableFrom(element.MakeArrayType()) && open != typeof(IList<>) && open != typeof(ICollection<>))
            {
                return elements => elements;
            }

            Type list = typeof(List<>).MakeGenericType(element);
            if (type.IsAssignableFrom(list))
            {
                return FromConstructor(list, element);
            }

            Type set = typeof(HashSet<>).MakeGenericType(element);
            return type.IsAssignableFrom(set) ? FromConstructor(set, element) : FromFactory(type, open, element);
        }

        if (open?.FullName is "System.Collections.Generic.Stack`1" or "System.Collections.Concurrent.ConcurrentStack`1")
        {
            // A stack yields its elements from the top, and takes them from the bottom.
            MakeCollection make = FromConstructor(type, element)!;
            return elements =>
            {
                Array.Reverse(elements);
                return make(elements);
            };
        }

        return FromFactory(type, open, element) ?? FromConstructor(type, element) ?? FromAdd(type);
    }

    /// <summary>A constructor that takes the elements.</summary>
    private static MakeCollection? FromConstructor(Type type, Type element)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(HashSet<>) && Plans.KeyComparerOf(element) is { } comparer)
        {
            ConstructorInfo compared = type.GetConstructor(
                [typeof(IEnumerable<>).MakeGenericType(element), typeof(IEqualityComparer<>).MakeGenericType(element)])!;
            return elements => Run(compared, elements, comparer);
        }

        Type array = element.MakeArrayType();
        foreach (ConstructorInfo constructor in type.GetConstructors(AnyConstructor))
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            if (parameters.Length == 1
                && parameters[0].ParameterType is { IsInterface: true } taken
                && typeof(IEnumerable).IsAssignableFrom(taken)
                && taken.IsAssignableFrom(array))
            {
                // A collection that only wraps what it gets must get a list that can grow.
                bool wraps = taken.IsGenericType && taken.GetGenericTypeDefinition() == typeof(IList<>);
                ConstructorInfo? growable = wraps ? typeof(List<>).MakeGenericType(element).GetConstructor([typeof(IEnumerable<>).MakeGenericType(element)]) : null;
                return elements => Run(constructor, growable is null ? elements : Run(growable, elements));
            }
        }

        if (type.GetConstructor(AnyConstructor, [typeof(ICollection)]) is { } old)
        {
            return elements => Run(old, elements);
        }

        return null;
    }

    /// <summary>An empty collection and its <c>IList.Add</c>.</summary>
    private static MakeCollection? FromAdd(Type type)
    {
        if (!typeof(IList).IsAssignableFrom(type) || type.GetConstructor(AnyConstructor, Type.EmptyTypes) is not { } constructor)
        {
            return null;
        }

        return elements =>
        {
            IList list = (IList)Run(constructor);
            foreach (object? item in elements)
            {
                list.Add(item);
            }

            return list;
        };
    }

    /// <summary>The factories of immutable and frozen collections.</summary>
    private static MakeCollection? FromFactory(Type type, Type? open, Type element)
    {
        if (Factory(type, open, out bool frozen) is not { } factory)
        {
            return null;
        }

        string name = frozen ? "ToFrozenSet" : "CreateRange";
        foreach (MethodInfo method in factory.GetMethods(BindingFlags.Public | BindingFlags.Static))
        {
            ParameterInfo[] parameters = method.GetParameters();
            if (method.Name == name
                && method.GetGenericArguments().Length == 1
                && parameters.Length == (frozen ? 2 : 1)
                && parameters[0].ParameterType is { IsGenericType: true } first
                && first.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            {
                MethodInfo closed = method.MakeGenericMethod(element);
                return elements => closed.Invoke(null, BindingFlags.DoNotWrapExceptions, null, frozen ? [elements, null] : [elements], null)!;
            }
        }

        return null;
    }

    private static Type? Factory(Type type, Type? open, out bool frozen)
    {
        frozen = false;
        string? full = open?.FullName;
        if (full is null || open!.Namespace is not ("System.Collections.Immutable" or "System.Collections.Frozen"))
        {
            return null;
        }

        frozen = open.Namespace == "System.Collections.Frozen";
        string name = full[..full.IndexOf('`', StringComparison.Ordinal)];
        return open.Assembly.GetType(type.IsInterface ? name.Replace(".IImmutable", ".Immutable", StringComparison.Ordinal) switch
        {
            "System.Collections.Immutable.ImmutableSet" => "System.Collections.Immutable.ImmutableHashSet",
            string other => other,
        } : name);
    }

    private static DictionaryMaker? MakerOf(Type type, Type key, Type value)
    {
        Type dictionary = typeof(Dictionary<,>).MakeGenericType(key, value);
        if (type.IsAssignableFrom(dictionary))
        {
            return new DictionaryMaker(Creator(dictionary, key)!, AddToDictionary, null);
        }

        if (type.IsInterface || type.IsAbstract)
        {
            return FromPairs(type, dictionary, key, value);
        }

        if (Creator(type, key) is { } create)
        {
            if (typeof(IDictionary).IsAssignableFrom(type))
            {
                return new DictionaryMaker(create, AddToDictionary, null);
            }

            Type generic = typeof(IDictionary<,>).MakeGenericType(key, value);
            if (generic.IsAssignableFrom(type))
            {
                PropertyInfo item = generic.GetProperty("Item")!;
                return new DictionaryMaker(create, (d, k, v) => item.SetValue(d, v, BindingFlags.DoNotWrapExceptions, null, [k], null), null);
            }
        }

        foreach (ConstructorInfo constructor in type.GetConstructors(AnyConstructor))
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            if (parameters.Length == 1 && parameters[0].ParameterType.IsAssignableFrom(dictionary) && parameters[0].ParameterType != typeof(object))
            {
                return new DictionaryMaker(Creator(dictionary, key)!, AddToDictionary, d => Run(constructor, d));
            }
        }

        return FromPairs(type, dictionary, key, value);
    }

    private static DictionaryMaker? FromPairs(Type type, Type dictionary, Type key, Type value)
    {
        Type? open = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (Factory(type, open, out bool frozen) is not { } factory)
        {
            return null;
        }

        string name = frozen ? "ToFrozenDictionary" : "CreateRange";
        foreach (MethodInfo method in factory.GetMethods(BindingFlags.Public | BindingFlags.Static))
        {
            if (method.Name == name && method.GetGenericArguments().Length == 2 && method.GetParameters().Length == (frozen ? 2 : 1))
            {
                MethodInfo closed = method.MakeGenericMethod(key, value);
                return new DictionaryMaker(
                    Creator(dictionary, key)!,
                    AddToDictionary,
                    d => closed.Invoke(null, BindingFlags.DoNotWrapExceptions, null, frozen ? [d, null] : [d], null)!);
            }
        }

        return null;
    }

    /// <summary>Makes an empty dictionary, with a comparer of keys where that is wanted and the type takes one.</summary>
    private static Func<object>? Creator(Type type, Type key)
    {
        if (Plans.KeyComparerOf(key) is { } comparer
            && type.GetConstructor([typeof(IEqualityComparer<>).MakeGenericType(key)]) is { } compared)
        {
            return () => Run(compared, comparer);
        }

        return type.GetConstructor(AnyConstructor, Type.EmptyTypes) is { } constructor ? () => Run(constructor) : null;
    }

    private static void AddToDictionary(object dictionary, object? key, object? value) => ((IDictionary)dictionary)[key!] = value;

    private static object Run(ConstructorInfo constructor, params object?[] args) =>
        constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, args, null);
}
