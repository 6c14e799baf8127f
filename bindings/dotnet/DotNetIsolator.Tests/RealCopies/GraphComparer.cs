using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>
/// Compares two object graphs field by field, as deep as they go, and says where they first differ. It runs no code of the types that it compares: no
/// getter, no <c>Equals</c>, no enumerator. Only .NET's own types are compared by what they say, since their insides are no part of a value.
/// </summary>
/// <remarks>It runs here and inside, so it uses no recursion over references: a list may have a hundred thousand nodes.</remarks>
internal sealed class GraphComparer
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<Type, Member[]> Members = new();

    private readonly Queue<(object? Expected, object? Actual, Place Place)> _next = new();
    private readonly Dictionary<object, object> _there = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, object> _back = new(ReferenceEqualityComparer.Instance);

    private HashSet<Type>? _met;

    private GraphComparer()
    {
    }

    /// <summary>The path of the first difference and what it is; null if there is none.</summary>
    public static string? FirstDifference(object? expected, object? actual)
    {
        GraphComparer comparer = new();
        comparer.Later(expected, actual, new Place(null, "value"));
        while (comparer._next.TryDequeue(out (object? Expected, object? Actual, Place Place) pair))
        {
            if (comparer.Compare(pair.Expected, pair.Actual, pair.Place) is { } difference)
            {
                return $"{pair.Place}: {difference}";
            }
        }

        return null;
    }

    /// <summary>The types of all that a graph leads to, as far as it is compared.</summary>
    public static HashSet<Type> TypesIn(object? graph)
    {
        GraphComparer comparer = new() { _met = [] };
        comparer.Later(graph, graph, new Place(null, "value"));
        while (comparer._next.TryDequeue(out (object? Expected, object? Actual, Place Place) pair))
        {
            comparer.Compare(pair.Expected, pair.Actual, pair.Place);
        }

        return comparer._met;
    }

    /// <summary>Whether a type is a part of .NET.</summary>
    public static bool IsFramework(Type type)
    {
        string name = type.Assembly.GetName().Name!;
        return name is "System" or "mscorlib" || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);
    }

    /// <summary>Notes two values that are to be compared.</summary>
    internal void Later(object? expected, object? actual, Place place) => _next.Enqueue((expected, actual, place));

    /// <summary>Notes the fields that a type declares.</summary>
    internal void LaterFields(Type level, object expected, object actual, Place place, Func<FieldInfo, bool>? which = null)
    {
        foreach (Member member in Members.GetOrAdd(level, MembersOf))
        {
            if (which is not null && !which(member.Field))
            {
                continue;
            }

            Place inner = new(place, member.Name);
            object? left = member.Field.GetValue(expected);
            object? right = member.Field.GetValue(actual);
            if (member.Buffer is not null)
            {
                Later(Blocks.BytesOf(left!, member.Buffer), Blocks.BytesOf(right!, member.Buffer), inner);
            }
            else
            {
                Later(left, right, inner);
            }
        }
    }

    /// <summary>The fields that a type declares, but for what the compiler keeps of lambdas, which is no state of the object's.</summary>
    private static Member[] MembersOf(Type level) =>
    [
        .. level.GetFields(Declared)
            .Where(field => !field.Name.StartsWith("<>9__", StringComparison.Ordinal))
            .Select(field => new Member(field, "." + NameOf(level, field), field.GetCustomAttribute<FixedBufferAttribute>())),
    ];

    private static string NameOf(Type level, FieldInfo field) =>
        field.Name is ['<', .. var rest] && rest.IndexOf('>', StringComparison.Ordinal) is > 0 and var end ? rest[..end] : $"{level.Name}::{field.Name}";

    private string? Compare(object? expected, object? actual, Place place)
    {
        if (expected is null || actual is null)
        {
            return expected is null && actual is null ? null : $"expected {Leaves.Show(expected)}, is {Leaves.Show(actual)}";
        }

        Type type = Frameworks.Normal(expected.GetType());
        if (type != Frameworks.Normal(actual.GetType()))
        {
            return $"expected a {expected.GetType()}, is a {actual.GetType()}";
        }

        _met?.Add(expected.GetType());
        if (_met is not null && expected is Type named)
        {
            // Who may send its name may send one of it.
            _met.Add(named);
            _met.UnionWith(named.GetGenericArguments());
        }

        if (Leaves.Knows(type))
        {
            return Leaves.Same(expected, actual) ? null : $"expected {Leaves.Show(expected)}, is {Leaves.Show(actual)}";
        }

        if (HasIdentity(expected, type))
        {
            if (_there.TryGetValue(expected, out object? known))
            {
                return ReferenceEquals(known, actual) ? null : "is another object than the one where it was met first";
            }

            if (!_back.TryAdd(actual, expected))
            {
                return "is one object where there were two";
            }

            _there.Add(expected, actual);
        }

        return type.IsArray ? CompareArrays((Array)expected, (Array)actual, place) : CompareLevels(type, expected, actual, place);
    }

    /// <summary>Whether it matters that two references lead to one object. Of what cannot change it does not.</summary>
    private static bool HasIdentity(object value, Type type) => !type.IsValueType && value is not Array { Length: 0 } && !Frameworks.IsShared(value);

    private string? CompareLevels(Type type, object expected, object actual, Place place)
    {
        if (type.GetCustomAttribute<InlineArrayAttribute>() is { } inline)
        {
            Later(Blocks.ElementsOf(expected, inline.Length), Blocks.ElementsOf(actual, inline.Length), place);
            return null;
        }

        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            if (IsFramework(level))
            {
                return Frameworks.Compare(this, level, expected, actual, place);
            }

            LaterFields(level, expected, actual, place);
        }

        return null;
    }

    private string? CompareArrays(Array expected, Array actual, Place place)
    {
        for (int i = 0; i < expected.Rank; i++)
        {
            if (expected.GetLength(i) != actual.GetLength(i) || expected.GetLowerBound(i) != actual.GetLowerBound(i))
            {
                return $"expected {expected.GetLength(i)} elements from {expected.GetLowerBound(i)} in dimension {i}, "
                    + $"are {actual.GetLength(i)} from {actual.GetLowerBound(i)}";
            }
        }

        if (expected.GetType().GetElementType()!.IsPrimitive)
        {
            int at = Blocks.Bytes(expected).CommonPrefixLength(Blocks.Bytes(actual));
            return at == Buffer.ByteLength(expected) ? null : $"differs from byte {at}";
        }

        var left = expected.GetEnumerator();
        var right = actual.GetEnumerator();
        for (int i = 0; left.MoveNext() && right.MoveNext(); i++)
        {
            Later(left.Current, right.Current, new Place(place, $"[{i}]"));
        }

        return null;
    }

    private sealed record Member(FieldInfo Field, string Name, FixedBufferAttribute? Buffer);

    /// <summary>Where in a graph: put into words only where there is something to say.</summary>
    internal sealed class Place(Place? parent, string text)
    {
        public override string ToString()
        {
            List<string> parts = [];
            for (Place? each = this; each is not null; each = each.Parent)
            {
                parts.Add(each.Text);
            }

            parts.Reverse();
            string all = string.Concat(parts);
            return all.Length < 400 ? all : $"{all[..200]} … {all[^200..]}";
        }

        private Place? Parent => parent;

        private string Text => text;
    }
}
