using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Linq;

namespace Training.Collections;

/// <summary>Collections without type arguments, and those that do something besides.</summary>
internal static class Others
{
    public static void Old(Checksum sum)
    {
        ArrayList list = [3, 1, 2, "x"];
        list.Remove("x");
        list.Sort();
        sum.AddAll(list.Cast<int>());
        Hashtable table = new() { ["a"] = 1, [2] = "b" };
        sum.Add(table["a"]);
        sum.Add(table.ContainsKey(2));
        sum.Add(table.Keys.Count);
        Queue queue = new();
        queue.Enqueue(1);
        sum.Add(queue.Dequeue());
        Stack stack = new();
        stack.Push("s");
        sum.Add(stack.Pop());
        SortedList sorted = new() { ["b"] = 2, ["a"] = 1 };
        sum.Add(sorted.GetByIndex(0));
        BitArray bits = new(40) { [3] = true };
        bits.Or(new BitArray(40) { [5] = true }).Xor(new BitArray(40) { [3] = true }).Not();
        sum.AddAll(bits.Cast<bool>());
        NameValueCollection names = new() { { "a", "1" }, { "a", "2" }, { "b", "3" } };
        sum.Add(names["a"]);
        sum.AddAll(names.AllKeys);
        OrderedDictionary ordered = new() { ["z"] = 1, ["y"] = 2 };
        sum.Add(ordered[0]);
        StringCollection strings = ["p", "q"];
        sum.Add(strings.Contains("q"));
        HybridDictionary hybrid = new() { ["h"] = 1 };
        sum.Add(hybrid.Count);
        BitVector32 vector = new(5);
        sum.Add(vector[4]);
        foreach (DictionaryEntry entry in new SortedList(table.Keys.Cast<object>().ToDictionary(k => k.ToString()!, k => table[k])))
        {
            sum.Add(entry.Key);
            sum.Add(entry.Value);
        }
    }

    public static void Concurrent(Checksum sum)
    {
        using BlockingCollection<int> blocking = new(new ConcurrentQueue<int>());
        blocking.Add(1);
        sum.Add(blocking.TryAdd(2));
        blocking.CompleteAdding();
        sum.AddAll(blocking.GetConsumingEnumerable());
        ConcurrentDictionary<string, List<int>> groups = new(StringComparer.OrdinalIgnoreCase);
        foreach (int i in Enumerable.Range(0, 20))
        {
            groups.GetOrAdd(i % 2 == 0 ? "EVEN" : "odd", _ => []).Add(i);
        }

        sum.Add(groups["even"].Sum());
        OrderablePartitioner<Tuple<int, int>> partitioner = Partitioner.Create(0, 10, 4);
        foreach (Tuple<int, int> range in partitioner.GetDynamicPartitions())
        {
            sum.Add(range);
        }
    }

    public static void Immutable(Checksum sum)
    {
        ImmutableDictionary<string, int> map = ImmutableDictionary<string, int>.Empty.Add("a", 1).SetItem("b", 2);
        sum.AddAll(map.OrderBy(p => p.Key).Select(p => p.Value));
        ImmutableDictionary<string, int>.Builder builder = map.ToBuilder();
        builder["c"] = 3;
        builder.Remove("a");
        sum.Add(builder.ToImmutable().Count);
        ImmutableList<string> list = ["x", "y"];
        sum.Add(string.Join("", list.AddRange(["z", "w"]).Sort().Reverse()));
        sum.Add(ImmutableArray.Create(1, 2, 3).Select(i => i * i).Sum());
        FrozenDictionary<string, int> frozen = new Dictionary<string, int> { ["One"] = 1, ["two"] = 2, ["three"] = 3 }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        sum.Add(frozen["ONE"]);
        sum.Add(frozen.ContainsKey("four"));
        FrozenSet<string> names = new[] { "alpha", "beta", "gamma", "delta" }.ToFrozenSet();
        sum.Add(names.Contains("gamma"));
        sum.Add(new[] { 1, 2, 3, 4, 5, 6 }.ToFrozenSet().Contains(4));
        ImmutableInterlocked.AddOrUpdate(ref map, "q", 1, (_, v) => v + 1);
        sum.Add(map["q"]);
    }

    public static void Observed(Checksum sum)
    {
        ObservableCollection<string> observed = ["a"];
        observed.CollectionChanged += (_, change) => sum.Add(change.Action);
        observed.Add("b");
        observed.Move(0, 1);
        observed[0] = "c";
        observed.RemoveAt(0);
        observed.Clear();
        ReadOnlyObservableCollection<string> only = new(observed);
        sum.Add(only.Count);
        Named named = new();
        named.PropertyChanged += (_, change) => sum.Add(change.PropertyName);
        named.Name = "x";
        KeyedByName keyed = [named];
        sum.Add(keyed["x"].Name);
    }

    public static void Comparers(Checksum sum)
    {
        string[] names = ["b", "A", "c10", "c9", "ä"];
        foreach (StringComparer comparer in new[] { StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase, StringComparer.InvariantCulture, StringComparer.InvariantCultureIgnoreCase })
        {
            sum.AddAll(names.Order(comparer));
            sum.Add(new Dictionary<string, int>(comparer) { ["Key"] = 1 }.ContainsKey("KEY"));
            sum.Add(new HashSet<string>(["x", "X"], comparer).Count);
            sum.Add(new SortedDictionary<string, int>(comparer) { ["q"] = 1, ["Q"] = 2 == 2 ? 2 : 0 }.Count);
        }

        sum.Add(ReferenceEqualityComparer.Instance.Equals(names, names));
        sum.Add(StructuralComparisons.StructuralEqualityComparer.Equals(new[] { 1, 2 }, new[] { 1, 2 }));
        Dictionary<string, int> counts = new(StringComparer.Ordinal) { ["one"] = 1 };
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        lookup["two".AsSpan()] = 2;
        sum.Add(lookup.ContainsKey("one".AsSpan()));
        sum.Add(EqualityComparer<string>.Create((a, b) => a?.Length == b?.Length, s => s.Length).Equals("ab", "cd"));
        sum.AddAll(new List<Version> { new(2, 0), new(1, 5) }.Order());
    }

    private sealed class Named : System.ComponentModel.INotifyPropertyChanged
    {
        public event System.ComponentModel.PropertyChangedEventHandler? PropertyChanged;

        public string Name
        {
            get;
            set
            {
                field = value;
                PropertyChanged?.Invoke(this, new(nameof(Name)));
            }
        }

        = "";
    }

    private sealed class KeyedByName : KeyedCollection<string, Named>
    {
        protected override string GetKeyForItem(Named item) => item.Name;
    }
}
