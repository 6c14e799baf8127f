using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text.RegularExpressions;
using DotNetIsolator;

namespace Isolator.Runtime.Wire.Graph;

/// <content>On the host the sender is not trusted.</content>
internal static partial class GraphRules
{
    /// <summary>Up to here, keys that all have the same hash code cost nobody anything.</summary>
    private const int FewKeys = 1_000;

    /// <summary>What the host sends is of types that guests can load, so literals stay what they are.</summary>
    public const bool GathersLiterals = false;

    /// <summary>A guest's pattern does not become machine code of this process.</summary>
    public const RegexOptions DroppedRegexOptions = RegexOptions.Compiled;

    /// <summary>
    /// Types of .NET's own that consist of references to other objects, and check these as any caller would have to: whatever is in them, the
    /// worst is an exception where they are used.
    /// </summary>
    private static readonly HashSet<string> Wrappers = new(StringComparer.Ordinal)
    {
        "System.Tuple`1", "System.Tuple`2", "System.Tuple`3", "System.Tuple`4", "System.Tuple`5", "System.Tuple`6", "System.Tuple`7", "System.Tuple`8",
        "System.Nullable`1", "System.ArraySegment`1", "System.Collections.Generic.KeyValuePair`2", "System.Collections.DictionaryEntry",
        "System.Collections.Immutable.ImmutableArray`1", "System.Runtime.CompilerServices.StrongBox`1",
        "System.Collections.ObjectModel.Collection`1", "System.Collections.ObjectModel.ReadOnlyCollection`1",
        "System.Collections.ObjectModel.ReadOnlyDictionary`2", "System.Collections.ObjectModel.ReadOnlySet`1",
        "System.Collections.ObjectModel.ObservableCollection`1", "System.Collections.ObjectModel.ReadOnlyObservableCollection`1",
        "System.Collections.ObjectModel.KeyedCollection`2",
        "System.Collections.ObjectModel.ReadOnlyDictionary`2+KeyCollection", "System.Collections.ObjectModel.ReadOnlyDictionary`2+ValueCollection",
        "System.Collections.Specialized.StringCollection",
        "System.Collections.Generic.Dictionary`2+KeyCollection", "System.Collections.Generic.Dictionary`2+ValueCollection",
    };

    /// <summary>Whether a type is a part of .NET, going by its assembly's name.</summary>
    public static bool IsFramework(Type type) => FrameworkFields.IsFramework(type.Assembly);

    /// <summary>Whether a type of .NET's own may be made here with whatever a guest has in its fields.</summary>
    public static bool IsWrapper(Type type) =>
        Wrappers.Contains((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!);

    /// <summary>Whether a field must be empty in what a guest sends.</summary>
    public static bool Guards(FieldInfo field) =>
        IsFramework(field.DeclaringType!) && !IsWrapper(field.DeclaringType!) && !IsOpen(field) && FrameworkFields.Of(field) != FieldUse.Open;

    /// <summary>Fields of exceptions that are only ever looked at through casts and checks.</summary>
    private static bool IsOpen(FieldInfo field) =>
        (field.DeclaringType == typeof(Exception) && field.Name == "_data")
        || (field.DeclaringType == typeof(AggregateException) && field.Name == "_innerExceptions")
        || (field.DeclaringType == typeof(ArgumentOutOfRangeException) && field.Name == "_actualValue");

    /// <summary>Whether code of .NET's own goes on to what is in a field, calling itself: all that is not known to stop there.</summary>
    public static bool Nests(FieldInfo field)
    {
        Type owner = field.DeclaringType!;
        return IsFramework(owner) && (owner.IsGenericType ? owner.GetGenericTypeDefinition() : owner).FullName is not
            ("System.Runtime.CompilerServices.StrongBox`1" or "System.ArraySegment`1" or "System.Collections.Immutable.ImmutableArray`1"
            or "System.Collections.Generic.Dictionary`2+KeyCollection" or "System.Collections.Generic.Dictionary`2+ValueCollection");
    }

    /// <summary>The same for the elements of an array: an exception of several goes through all of them.</summary>
    public static bool NestsElements(Type array) => typeof(Exception).IsAssignableFrom(array.GetElementType());

    /// <summary>Whether objects of a guest's must not be finalized here, for their finalizer takes what is in them for its own.</summary>
    public static bool IsFinalizedHere(Type type) =>
        type.IsClass && type.GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic, Type.EmptyTypes) is { } finalizer
        && finalizer.DeclaringType != typeof(object) && !IsFramework(finalizer.DeclaringType!);

    /// <summary>The comparer for keys that a guest sent, which it may have chosen to collide.</summary>
    public static object? CheckKeys(Type key, object? comparer, Array items)
    {
        if (items.Length <= FewKeys)
        {
            return comparer;
        }

        if (comparer is null)
        {
            Plans.CheckKeys(key, items.Length);
            if (key == typeof(object) || key.IsInterface || key.IsAbstract)
            {
                CheckObjects(items);
            }

            return key == typeof(string) ? null : Plans.KeyComparerOf(key);
        }

        if (comparer is not StringComparer)
        {
            Plans.CheckKeys(comparer.GetType(), items.Length);
        }

        return comparer;
    }

    /// <summary>Whether a comparer stands in for the default one, as numbers that a guest sent are compared.</summary>
    public static bool IsOwnComparer(object comparer) => SeededComparers.Is(comparer);

    private static string? RefusesHere(Type type)
    {
        if (type == typeof(IsolatedObject))
        {
            return "it names an object of one guest. Pass it as an argument of its own.";
        }

        if (type == typeof(IsolatedRuntime) || type == typeof(IsolatedRuntimeHost) || type == typeof(IsolatedMethod))
        {
            return "it belongs to the host. Register a callback for what the guest is to do with it.";
        }

        // These have a form that does not take the finalizer's field over.
        bool isKnown = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(WeakReference<>);
        return !isKnown && FrameworkFields.IsFinalized(type) ? "it holds a resource of its process. Keep it out of what crosses." : null;
    }

    /// <summary>Counts keys that have hash codes of their own making.</summary>
    private static void CheckObjects(Array items)
    {
        int unusual = 0;
        foreach (object? item in items)
        {
            object? key = item is System.Collections.DictionaryEntry entry ? entry.Key
                : item is not null && item.GetType().IsGenericType && item.GetType().GetGenericTypeDefinition() == typeof(KeyValuePair<,>)
                    ? item.GetType().GetProperty("Key")!.GetValue(item)
                    : item;
            if (key is not null and not string && SeededComparers.Of(key.GetType()) is null)
            {
                Plans.CheckKeys(key.GetType(), ++unusual);
            }
        }
    }
}
