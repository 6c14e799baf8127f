using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>.NET's own types: compared by what they say, which is what a copy must keep.</summary>
internal static class Frameworks
{
    private const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;
    private const BindingFlags All = Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Collections whose order comes of the capacity that they happen to have.</summary>
    private static readonly HashSet<Type> Unordered =
    [
        typeof(ConcurrentDictionary<,>), typeof(ConcurrentBag<>), typeof(Hashtable), typeof(ImmutableDictionary<,>), typeof(ImmutableHashSet<>),
        typeof(FrozenDictionary<,>), typeof(FrozenSet<>), typeof(HybridDictionary), typeof(ListDictionary),
    ];

    /// <summary>Collections that are a view of another.</summary>
    private static readonly HashSet<Type> Views =
    [
        typeof(Collection<>), typeof(ReadOnlyCollection<>), typeof(ObservableCollection<>), typeof(ReadOnlyObservableCollection<>), typeof(KeyedCollection<,>),
        typeof(ReadOnlyDictionary<,>), typeof(ReadOnlySet<>),
    ];

    /// <summary>The public type of what is of a type that .NET chose by its content.</summary>
    public static Type Normal(Type type)
    {
        for (Type? each = type; each is not null; each = each.BaseType)
        {
            if (each.IsGenericType && (each.GetGenericTypeDefinition() == typeof(FrozenDictionary<,>) || each.GetGenericTypeDefinition() == typeof(FrozenSet<>)))
            {
                return each;
            }
        }

        return typeof(Type).IsAssignableFrom(type) ? typeof(Type) : typeof(CultureInfo).IsAssignableFrom(type) ? typeof(CultureInfo) : type;
    }

    /// <summary>Whether .NET may well give the same object to everybody.</summary>
    public static bool IsShared(object value)
    {
        Type type = value.GetType();
        return GraphComparer.IsFramework(type)
            && (value is Type or CultureInfo or CompareInfo or Encoding or TimeZoneInfo or Version or Delegate or Lock or DBNull or Missing
                || IsComparer(type) || type.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute))
                || type.Namespace is "System.Collections.Immutable" or "System.Collections.Frozen"
                || (Views.Contains(Definition(type)) && value is ICollection { Count: 0 }));
    }

    /// <summary>Compares as what .NET makes of two objects, from a level of their types up.</summary>
    public static string? Compare(GraphComparer comparer, Type level, object expected, object actual, GraphComparer.Place place)
    {
        if (IsComparer(level) && (ReferenceEquals(expected, actual) || level.GetMethod("Equals", [typeof(object)])!.DeclaringType != typeof(object)))
        {
            return ReferenceEquals(expected, actual) || expected.Equals(actual) ? null : "is a comparer that compares otherwise";
        }

        if (IsWeak(level))
        {
            Later(comparer, [Target(expected)], [Target(actual)], place);
            return null;
        }

        if (Parts(expected) is { } parts)
        {
            Later(comparer, parts, Parts(actual)!, place);
            return null;
        }

        if (expected is Exception)
        {
            return CompareExceptions(comparer, level, expected, actual, place);
        }

        if (Views.Contains(Definition(level)))
        {
            CompareViews(comparer, level, expected, actual, place);
            return null;
        }

        Type definition = Definition(level);
        if (definition == typeof(PriorityQueue<,>))
        {
            Later(comparer, Sorted(Property(level, "UnorderedItems", expected)), Sorted(Property(level, "UnorderedItems", actual)), place);
            CompareComparers(comparer, level, expected, actual, place);
            return null;
        }

        if (definition == typeof(Lazy<>))
        {
            Later(
                comparer,
                [Property(level, "IsValueCreated", expected), Property(level, "Value", expected)],
                [Property(level, "IsValueCreated", actual), Property(level, "Value", actual)],
                place);
            return null;
        }

        if (!level.IsValueType && Enumerator(level) is { } enumerate)
        {
            CompareCollections(comparer, level, enumerate, expected, actual, place);
            return null;
        }

        for (Type? each = level; each is not null && each != typeof(object) && each != typeof(ValueType); each = each.BaseType)
        {
            comparer.LaterFields(each, expected, actual, place);
        }

        return null;
    }

    /// <summary>What there is to say about a value of one of the types that are no collections; null for others.</summary>
    private static object?[]? Parts(object value) => value switch
    {
        Lock => [],
        StringBuilder text => [text.ToString(), text.MaxCapacity],
        Uri uri => [uri.OriginalString, uri.IsAbsoluteUri, uri.ToString()],
        Version version => [version.Major, version.Minor, version.Build, version.Revision],
        BigInteger number => [number.ToByteArray()],
        Type type => [type.AssemblyQualifiedName],
        CultureInfo culture => [culture.Name, culture.IsReadOnly, culture.NumberFormat.NumberDecimalSeparator, culture.DateTimeFormat.ShortDatePattern],
        CompareInfo compare => [compare.Name],
        TimeZoneInfo zone => [zone.Id, zone.BaseUtcOffset, zone.SupportsDaylightSavingTime],
        Regex regex => [regex.ToString(), regex.Options, regex.MatchTimeout, regex.GetGroupNames()],
        Encoding encoding => [encoding.WebName, encoding.CodePage, encoding.EncoderFallback.GetType(), encoding.DecoderFallback.GetType(), encoding.GetPreamble()],
        System.Net.IPAddress address => [address.GetAddressBytes(), address.AddressFamily, address.ToString()],
        System.Net.IPEndPoint point => [point.ToString()],
        BitArray bits => [bits.Cast<bool>().ToArray()],
        ArrayList list => [Of(typeof(ArrayList), "_size", list), ((object?[])Of(typeof(ArrayList), "_items", list)!)[..(int)Of(typeof(ArrayList), "_size", list)!]],
        JsonElement json => [json.GetRawText()],
        JsonNode node => [node.ToJsonString()],
        JsonDocument document => [document.RootElement.GetRawText()],
        NameValueCollection names => [names.AllKeys, names.AllKeys.Select(names.GetValues).ToArray()],
        System.Dynamic.ExpandoObject expando => [.. ((IDictionary<string, object?>)expando).Select(pair => (object?)pair)],
        Delegate function => [function.Method, function.GetInvocationList().Length, function.Target],
        MemberInfo member => [member.DeclaringType, member.ToString()],
        _ => null,
    };

    /// <summary>What no override of the application's answers.</summary>
    private static object? Of(Type level, string field, object value) => level.GetField(field, All)!.GetValue(value);

    private static bool IsWeak(Type level) => level == typeof(WeakReference) || Definition(level) == typeof(WeakReference<>);

    private static object? Target(object reference)
    {
        if (reference is WeakReference plain)
        {
            return plain.Target;
        }

        object?[] target = [null];
        reference.GetType().GetMethod("TryGetTarget")!.Invoke(reference, target);
        return target[0];
    }

    private static bool IsComparer(Type type) =>
        typeof(IEqualityComparer).IsAssignableFrom(type) || typeof(IComparer).IsAssignableFrom(type)
        || Array.Exists(type.GetInterfaces(), i => i.IsGenericType
            && (i.GetGenericTypeDefinition() == typeof(IEqualityComparer<>) || i.GetGenericTypeDefinition() == typeof(IComparer<>)));

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static string? CompareExceptions(GraphComparer comparer, Type level, object expected, object actual, GraphComparer.Place place)
    {
        for (Type? each = level; each is not null && each != typeof(object); each = each.BaseType)
        {
            // Where it was thrown is no part of it.
            comparer.LaterFields(each, expected, actual, place, each == typeof(Exception)
                ? field => field.Name is "_message" or "_innerException" or "_HResult" or "_helpURL"
                : null);
        }

        var (left, right) = ((Exception)expected, (Exception)actual);
        comparer.Later(left.Data.Count, right.Data.Count, new GraphComparer.Place(place, ".Data.Count"));
        foreach (DictionaryEntry entry in left.Data)
        {
            comparer.Later(entry.Value, right.Data[entry.Key], new GraphComparer.Place(place, $".Data[{entry.Key}]"));
        }

        return null;
    }

    private static void CompareViews(GraphComparer comparer, Type level, object expected, object actual, GraphComparer.Place place)
    {
        for (Type? each = level; each is not null && each != typeof(object); each = each.BaseType)
        {
            comparer.LaterFields(each, expected, actual, place, field => field.Name is "items" or "list" or "m_dictionary" or "_set");
        }

        CompareComparers(comparer, level, expected, actual, place);
    }

    private static void CompareCollections(GraphComparer comparer, Type level, MethodInfo enumerate, object expected, object actual, GraphComparer.Place place)
    {
        object?[] left = List(enumerate, expected);
        object?[] right = List(enumerate, actual);
        if (Unordered.Contains(Definition(level)))
        {
            left = Sorted(left);
            right = Sorted(right);
        }

        Later(comparer, left, right, place);
        CompareComparers(comparer, level, expected, actual, place);
    }

    private static void CompareComparers(GraphComparer comparer, Type level, object expected, object actual, GraphComparer.Place place)
    {
        foreach (string name in (string[])["Comparer", "KeyComparer", "ValueComparer", "EqualityComparer"])
        {
            if (level.GetProperty(name, Public) is { } property)
            {
                comparer.Later(property.GetValue(expected), property.GetValue(actual), new GraphComparer.Place(place, "." + name));
            }
        }

        for (Type? each = level; each is not null; each = each.BaseType)
        {
            foreach (string name in (string[])["_keycomparer", "comparer", "comparison"])
            {
                if (each.GetField(name, All) is { } field && typeof(object).IsAssignableFrom(field.FieldType))
                {
                    comparer.Later(field.GetValue(expected), field.GetValue(actual), new GraphComparer.Place(place, "." + name));
                }
            }
        }
    }

    private static void Later(GraphComparer comparer, object?[] expected, object?[] actual, GraphComparer.Place place)
    {
        comparer.Later(expected.Length, actual.Length, new GraphComparer.Place(place, ".Count"));
        for (int i = 0; i < expected.Length && i < actual.Length; i++)
        {
            comparer.Later(expected[i], actual[i], new GraphComparer.Place(place, $"[{i}]"));
        }
    }

    /// <summary>The framework's own enumerator, not one that an application's class put in its place.</summary>
    private static MethodInfo? Enumerator(Type level)
    {
        for (Type? each = level; each is not null && each != typeof(object); each = each.BaseType)
        {
            MethodInfo? found = each.GetMethod("GetEnumerator", Public | BindingFlags.DeclaredOnly, Type.EmptyTypes);
            if (found is not null)
            {
                return found;
            }
        }

        return typeof(IEnumerable).IsAssignableFrom(level) ? typeof(IEnumerable).GetMethod("GetEnumerator") : null;
    }

    private static object?[] List(MethodInfo enumerate, object collection)
    {
        object enumerator = enumerate.Invoke(collection, null)!;
        if (enumerator is not IEnumerator plain)
        {
            // Those of immutable lists and their like are structs without the interface.
            return ((IEnumerable)collection).Cast<object?>().ToArray();
        }

        List<object?> all = [];
        while (plain.MoveNext())
        {
            all.Add(plain.Current);
        }

        return [.. all];
    }

    private static object? Property(Type level, string name, object value) => level.GetProperty(name, Public)!.GetValue(value);

    private static object?[] Sorted(object? items) =>
        [.. ((IEnumerable)items!).Cast<object?>().OrderBy(item => item is DictionaryEntry entry ? $"{entry.Key}" : $"{item}", StringComparer.Ordinal)];
}
