using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Types of .NET's own that any guest may send where they fit: they are made by public means, whatever the bytes are.</summary>
internal static class SafeTypes
{
    private static readonly Dictionary<string, Type> Known = Make();

    /// <summary>The type of a name; a definition for a generic one.</summary>
    public static Type? Find(string name) => Known.GetValueOrDefault(name);

    private static Dictionary<string, Type> Make()
    {
        Type[] all =
        [
            typeof(object), typeof(string), typeof(bool), typeof(char), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
            typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(decimal), typeof(Half), typeof(Int128), typeof(UInt128), typeof(nint), typeof(nuint),
            typeof(BigInteger), typeof(Complex), typeof(Rune), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(DateOnly),
            typeof(TimeOnly), typeof(Index), typeof(Range), typeof(Version), typeof(Uri), typeof(StringBuilder), typeof(CultureInfo), typeof(TimeZoneInfo),
            typeof(Encoding), typeof(System.Threading.Lock), typeof(DBNull), typeof(StringComparer), typeof(ReferenceEqualityComparer), typeof(Type),
            typeof(System.Net.IPAddress), typeof(DayOfWeek), typeof(DateTimeKind), typeof(StringComparison),
            typeof(System.Collections.ArrayList), typeof(System.Collections.Hashtable), typeof(System.Collections.BitArray), typeof(System.Collections.DictionaryEntry),
            typeof(System.Collections.Queue), typeof(System.Collections.Stack), typeof(System.Collections.SortedList),
            typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(SortedDictionary<,>), typeof(SortedList<,>), typeof(SortedSet<>), typeof(Queue<>),
            typeof(Stack<>), typeof(LinkedList<>), typeof(PriorityQueue<,>), typeof(OrderedDictionary<,>), typeof(KeyValuePair<,>), typeof(EqualityComparer<>),
            typeof(Comparer<>), typeof(Nullable<>), typeof(Lazy<>), typeof(WeakReference<>), typeof(ArraySegment<>), typeof(Memory<>), typeof(ReadOnlyMemory<>),
            typeof(Tuple<>), typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(Tuple<,,,,>), typeof(Tuple<,,,,,>), typeof(Tuple<,,,,,,>), typeof(Tuple<,,,,,,,>),
            typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>), typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>),
            typeof(ValueTuple<,,,,,,>), typeof(ValueTuple<,,,,,,,>),
            typeof(System.Collections.Concurrent.ConcurrentDictionary<,>), typeof(System.Collections.Concurrent.ConcurrentQueue<>),
            typeof(System.Collections.Concurrent.ConcurrentStack<>), typeof(System.Collections.Concurrent.ConcurrentBag<>),
            typeof(System.Collections.ObjectModel.Collection<>), typeof(System.Collections.ObjectModel.ReadOnlyCollection<>),
            typeof(System.Collections.ObjectModel.ReadOnlyDictionary<,>), typeof(System.Collections.ObjectModel.ReadOnlySet<>),
            typeof(System.Collections.ObjectModel.ObservableCollection<>), typeof(System.Collections.ObjectModel.ReadOnlyObservableCollection<>),
            typeof(System.Collections.Immutable.ImmutableArray<>), typeof(System.Collections.Immutable.ImmutableList<>),
            typeof(System.Collections.Immutable.ImmutableQueue<>), typeof(System.Collections.Immutable.ImmutableStack<>),
            typeof(System.Collections.Immutable.ImmutableHashSet<>), typeof(System.Collections.Immutable.ImmutableSortedSet<>),
            typeof(System.Collections.Immutable.ImmutableDictionary<,>), typeof(System.Collections.Immutable.ImmutableSortedDictionary<,>),
            typeof(System.Collections.Frozen.FrozenSet<>), typeof(System.Collections.Frozen.FrozenDictionary<,>),
            typeof(System.Runtime.CompilerServices.StrongBox<>),
            new InvalidOperationException().Data.GetType(),
            typeof(Dictionary<,>.KeyCollection), typeof(Dictionary<,>.ValueCollection),
        ];
        Dictionary<string, Type> byName = new(StringComparer.Ordinal);
        foreach (Type each in all)
        {
            byName.Add(TypeNames.Qualified(each), each);
        }

        return byName;
    }
}
