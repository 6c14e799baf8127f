using System;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Linq;
using System.Runtime.InteropServices;

namespace Training.Collections;

/// <summary>Dictionaries, with one type as key and as value.</summary>
internal sealed class Maps : IForEachType
{
    private const int Count = 16;

    public void Run<T>(Checksum sum, Func<int, T> make)
        where T : notnull
    {
        Hashed(sum, make, i => i);
        Hashed(sum, make, i => $"value {i}");
        Hashed(sum, i => $"key {i}", make);
        Hashed(sum, i => i, make);
        Kinds(sum, make);
    }

    /// <summary>The pairs of key and value that are met most.</summary>
    public static void Pairs(Checksum sum)
    {
        Values(sum, i => i);
        Values(sum, Types.Text);
        Values(sum, Types.Long);
        Values(sum, Types.Id);

        static void Values<TKey>(Checksum sum, Func<int, TKey> key)
            where TKey : notnull
        {
            Hashed(sum, key, i => i % 2 == 0);
            Hashed(sum, key, i => (object)i);
            Hashed(sum, key, Types.Long);
            Hashed(sum, key, Types.Double);
            Hashed(sum, key, i => i / 4m);
            Hashed(sum, key, Types.Time);
            Hashed(sum, key, i => (int?)i);
            Hashed(sum, key, i => (i, i));
            Hashed(sum, key, i => ("x", i));
            Hashed(sum, key, i => new List<int> { i });
            Hashed(sum, key, i => new Dictionary<string, object?> { ["a"] = i });
        }
    }

    private static void Hashed<TKey, TValue>(Checksum sum, Func<int, TKey> key, Func<int, TValue> value)
        where TKey : notnull
    {
        Dictionary<TKey, TValue> map = [];
        for (int i = 0; i < Count; i++)
        {
            map.Add(key(i), value(i));
        }

        map[key(2)] = value(3);
        map[key(Count)] = value(1);
        sum.Add(map.TryAdd(key(2), value(4)));
        sum.Add(map.TryGetValue(key(3), out TValue? found));
        sum.Add(found);
        sum.Add(map.GetValueOrDefault(key(4)));
        sum.Add(map.ContainsKey(key(50)));
        sum.Add(map.ContainsValue(value(3)));
        sum.Add(map.Remove(key(5)));
        sum.Add(map.Remove(key(6), out TValue? removed) ? removed : default);
        CollectionsMarshal.GetValueRefOrAddDefault(map, key(7), out bool existed) = value(9);
        sum.Add(existed);
        foreach (KeyValuePair<TKey, TValue> pair in map)
        {
            sum.Add(pair.Key);
            sum.Add(pair.Value);
        }

        foreach ((TKey k, TValue v) in map)
        {
            sum.Add(k);
            sum.Add(v);
        }

        sum.AddAll(map.Keys);
        sum.AddAll(map.Values);
        sum.Add(map.Keys.ToList().Count);
        sum.Add(map.Values.ToArray().Length);
        sum.AddAll(map.Select(p => p.Value));
        sum.Add(map.OrderBy(p => p.Key).First().Value);
        sum.Add(map.ToDictionary(p => p.Key, p => p.Value).Count);
        sum.Add(new Dictionary<TKey, TValue>(map, EqualityComparer<TKey>.Default).Count);
        sum.Add(new Dictionary<TKey, TValue>(map.Where(p => p.Value is not null)).Count);
        sum.Add(((IReadOnlyDictionary<TKey, TValue>)map)[key(1)]);
        sum.Add(((ICollection<KeyValuePair<TKey, TValue>>)map).Contains(new(key(1), value(1))));
        sum.AddThrown(() => _ = map[key(60)]);
        sum.AddThrown(() => map.Add(key(1), value(1)));
        map.EnsureCapacity(40);
        map.TrimExcess();
        map.Clear();
        sum.Add(map.Count);
    }

    private static void Kinds<T>(Checksum sum, Func<int, T> make)
        where T : notnull
    {
        SortedDictionary<T, int> sorted = [];
        SortedList<string, T> list = [];
        ConcurrentDictionary<T, int> concurrent = [];
        ConcurrentDictionary<string, T> byName = [];
        OrderedDictionary<T, int> ordered = [];
        for (int i = 0; i < Count; i++)
        {
            sorted[make(i)] = i;
            list[$"k{i:D2}"] = make(i);
            concurrent[make(i)] = i;
            byName.TryAdd($"k{i}", make(i));
            ordered.Add(make(i), i);
        }

        sum.AddAll(sorted.Keys);
        sum.AddAll(sorted.Select(p => p.Value));
        sum.Add(sorted.TryGetValue(make(3), out int position) ? position : -1);
        sum.Add(sorted.Remove(make(4)));
        sum.AddAll(list.Select(p => p.Value));
        sum.Add(list.GetValueAtIndex(2));
        sum.Add(concurrent.GetOrAdd(make(1), 5));
        sum.Add(concurrent.GetOrAdd(make(40), _ => 70));
        sum.Add(concurrent.AddOrUpdate(make(1), 1, (_, old) => old + 100));
        sum.Add(concurrent.TryRemove(make(2), out position) ? position : -1);
        sum.Add(concurrent.TryUpdate(make(3), 30, 3));
        sum.AddAll(concurrent.OrderBy(p => p.Value).Select(p => p.Key));
        sum.Add(byName.GetOrAdd("k1", static (_, f) => f(9), make));
        sum.AddAll(byName.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value));
        sum.Add(ordered.IndexOf(make(3)));
        sum.Add(ordered.GetAt(2));
        Dictionary<T, int> source = new(ordered);
        FrozenDictionary<T, int> frozen = source.ToFrozenDictionary();
        sum.Add(frozen[make(6)]);
        sum.Add(frozen.TryGetValue(make(70), out _));
        ImmutableDictionary<T, int> immutable = source.ToImmutableDictionary();
        sum.Add(immutable.SetItem(make(1), 2).Remove(make(2)).Add(make(80), 3).Count);
        sum.AddAll(immutable.OrderBy(p => p.Value).Select(p => p.Key));
        sum.AddAll(source.ToImmutableSortedDictionary().Keys);
        sum.Add(new ReadOnlyDictionary<T, int>(source)[make(3)]);
        ILookup<int, T> lookup = source.Keys.ToLookup(k => k.ToString()!.Length);
        foreach (IGrouping<int, T> group in lookup.OrderBy(g => g.Key))
        {
            sum.Add(group.Key);
            sum.AddAll(group);
        }
    }
}
