using System;
using System.Collections.Generic;
using System.Linq;

namespace Training.Linq;

/// <summary>All operators over one type, from an array, a list and an iterator.</summary>
internal sealed class Operators : IForEachType
{
    public void Run<T>(Checksum sum, Func<int, T> make)
        where T : notnull
    {
        T[] array = [.. Enumerable.Range(0, 18).Select(make)];
        foreach (IEnumerable<T> source in new[] { array, [.. array], Iterate(array) })
        {
            Choosing(sum, source, make);
            Ordering(sum, source);
            Combining(sum, source, array);
            Grouping(sum, source, array);
            Ending(sum, source, make);
        }
    }

    private static IEnumerable<T> Iterate<T>(T[] array)
    {
        foreach (T value in array)
        {
            yield return value;
        }
    }

    private static int Size<T>(T value) => value!.ToString()!.Length;

    private static void Choosing<T>(Checksum sum, IEnumerable<T> source, Func<int, T> make)
        where T : notnull
    {
        T first = make(0);
        sum.AddAll(source.Where(v => Size(v) % 2 == 0));
        sum.AddAll(source.Where((_, i) => i % 3 == 0));
        sum.AddAll(source.Select(v => v));
        sum.AddAll(source.Select(v => Size(v)));
        sum.AddAll(source.Select(v => v.ToString()));
        sum.AddAll(source.Select(v => (object)v));
        sum.AddAll(source.Select(v => (long)Size(v)));
        sum.AddAll(source.Select(v => Size(v) / 2.0));
        sum.AddAll(source.Select(v => Size(v) > 3));
        sum.AddAll(source.Select((v, i) => (i, v)).Select(p => p.v));
        sum.AddAll(source.Select(v => new { Value = v, Size = Size(v) }).Where(x => x.Size > 1).Select(x => x.Value));
        sum.AddAll(source.Where(v => Size(v) > 1).Select(v => v));
        sum.Add(source.Where(v => Size(v) > 1).Select(v => Size(v)).ToList().Count);
        sum.AddAll(source.SelectMany(v => new[] { v, first }));
        sum.AddAll(source.SelectMany(v => v.ToString()!, (v, c) => c));
        sum.AddAll(source.Take(5).Skip(2));
        sum.AddAll(source.TakeWhile(v => !v.Equals(make(4))));
        sum.AddAll(source.SkipWhile(v => !v.Equals(make(4))));
        sum.AddAll(source.TakeLast(3));
        sum.AddAll(source.SkipLast(15));
        sum.AddAll(source.Take(2..4));
        sum.AddAll(source.OfType<T>());
        sum.AddAll(source.Cast<object>().OfType<T>());
        sum.AddAll(source.DefaultIfEmpty());
        sum.AddAll(source.Where(_ => false).DefaultIfEmpty(first));
        sum.AddAll(source.Append(first).Prepend(first));
        sum.AddAll(source.Index().Select(p => p.Index));
        foreach (T[] chunk in source.Chunk(7))
        {
            sum.Add(chunk.Length);
        }

        sum.AddAll(Enumerable.Repeat(first, 2));
        sum.AddAll(Enumerable.Empty<T>());
    }

    private static void Ordering<T>(Checksum sum, IEnumerable<T> source)
        where T : notnull
    {
        sum.AddAll(source.Order());
        sum.AddAll(source.OrderDescending());
        sum.AddAll(source.OrderBy(v => v));
        sum.AddAll(source.OrderByDescending(v => v));
        sum.AddAll(source.OrderBy(v => Size(v)).ThenBy(v => v));
        sum.AddAll(source.OrderBy(v => Size(v)).ThenByDescending(v => v.ToString(), StringComparer.Ordinal));
        sum.AddAll(source.OrderByDescending(v => v.ToString(), StringComparer.Ordinal).ThenBy(v => Size(v)));
        sum.AddAll(source.OrderBy(v => v, Comparer<T>.Create((a, b) => Comparer<T>.Default.Compare(b, a))));
        sum.AddAll(source.OrderBy(v => Size(v)).Take(3));
        sum.AddAll(source.OrderBy(v => (long)Size(v)).Skip(2).Take(3));
        sum.AddAll(source.OrderBy(v => (double)Size(v)));
        sum.Add(source.OrderBy(v => v).First());
        sum.Add(source.OrderBy(v => v).Last());
        sum.Add(source.OrderBy(v => v).ToArray().Length);
        sum.Add(source.OrderBy(v => v).ToList().Count);
        sum.AddAll(source.Reverse());
        sum.AddAll(from v in source where Size(v) > 0 orderby Size(v), v descending select v);
    }

    private static void Combining<T>(Checksum sum, IEnumerable<T> source, T[] array)
        where T : notnull
    {
        sum.AddAll(source.Concat(array[..3]));
        sum.AddAll(source.Union(array[..3]));
        sum.AddAll(source.Intersect(array[2..5]));
        sum.AddAll(source.Except(array[2..15]));
        sum.AddAll(source.Concat(array).Distinct());
        sum.AddAll(source.DistinctBy(v => Size(v)));
        sum.AddAll(source.ExceptBy([2], v => Size(v)));
        sum.AddAll(source.IntersectBy([2, 3], v => Size(v)));
        sum.AddAll(source.UnionBy(array, v => Size(v)));
        sum.AddAll(source.Zip(array.Skip(1), (a, b) => Comparer<T>.Default.Compare(a, b) < 0));
        sum.AddAll(source.Zip(array).Select(p => p.Second));
        sum.AddAll(source.Zip(Enumerable.Range(0, 5), array).Select(p => p.Second));
        sum.Add(source.SequenceEqual(array));
        sum.AddAll(source.Join(array, a => a, b => b, (a, b) => b));
        sum.AddAll(source.Join(array, a => Size(a), b => Size(b), (a, b) => a).Take(5));
        sum.AddAll(source.GroupJoin(array, a => a, b => b, (a, all) => all.Count()));
        sum.AddAll(source.LeftJoin(array[..3], a => a, b => b, (a, b) => a));
        sum.AddAll(from a in source join b in array on a equals b into all from c in all.DefaultIfEmpty() select c);
    }

    private static void Grouping<T>(Checksum sum, IEnumerable<T> source, T[] array)
        where T : notnull
    {
        foreach (IGrouping<int, T> group in source.GroupBy(v => Size(v)))
        {
            sum.Add(group.Key);
            sum.AddAll(group);
            sum.Add(group.Count());
        }

        sum.AddAll(source.GroupBy(v => v).Select(g => g.Key));
        sum.AddAll(source.GroupBy(v => v.ToString()).Select(g => g.First()));
        sum.AddAll(source.GroupBy(v => Size(v), v => v.ToString()).Select(g => string.Join('|', g)));
        sum.AddAll(source.GroupBy(v => Size(v), (key, all) => key * all.Count()));
        sum.AddAll(source.GroupBy(v => Size(v) > 3).OrderBy(g => g.Key).Select(g => g.Count()));
        sum.AddAll(source.CountBy(v => Size(v)).Select(p => p.Value));
        sum.AddAll(source.AggregateBy(v => Size(v), 0, (all, v) => all + 1).Select(p => p.Key));
        ILookup<int, T> lookup = source.ToLookup(v => Size(v));
        sum.Add(lookup.Contains(3));
        sum.AddAll(lookup[3]);
        sum.AddAll(from v in source group v by Size(v) into g where g.Any() select g.Key);
        sum.Add(source.ToDictionary(v => v).Count);
        sum.Add(source.ToDictionary(v => v, v => Size(v)).Values.Sum());
        sum.Add(source.ToDictionary(v => v.ToString()!, v => v).Count);
        sum.Add(source.ToHashSet().Count + array.Length);
    }

    private static void Ending<T>(Checksum sum, IEnumerable<T> source, Func<int, T> make)
        where T : notnull
    {
        sum.Add(source.Count());
        sum.Add(source.Count(v => Size(v) > 2));
        sum.Add(source.LongCount());
        sum.Add(source.Any());
        sum.Add(source.Any(v => v.Equals(make(3))));
        sum.Add(source.All(v => v.Equals(make(3))));
        sum.Add(source.Contains(make(5)));
        sum.Add(source.First());
        sum.Add(source.First(v => Size(v) > 0));
        sum.Add(source.FirstOrDefault(v => v.Equals(make(90))));
        sum.Add(source.FirstOrDefault(v => v.Equals(make(90)), make(1)));
        sum.Add(source.Last());
        sum.Add(source.Last(v => Size(v) > 0));
        sum.Add(source.LastOrDefault(v => v.Equals(make(90))));
        sum.Add(source.Single(v => v.Equals(make(5))));
        sum.Add(source.SingleOrDefault(v => v.Equals(make(90))));
        sum.Add(source.ElementAt(4));
        sum.Add(source.ElementAt(^2));
        sum.Add(source.ElementAtOrDefault(400));
        sum.Add(source.Min());
        sum.Add(source.Max());
        sum.Add(source.MinBy(v => v.ToString(), StringComparer.Ordinal));
        sum.Add(source.MaxBy(v => Size(v)));
        sum.Add(source.Min(v => Size(v)));
        sum.Add(source.Max(v => Size(v)));
        sum.Add(source.Sum(v => Size(v)));
        sum.Add(source.Sum(v => (long)Size(v)));
        sum.Add(source.Sum(v => Size(v) / 4.0));
        sum.Add(source.Sum(v => (decimal)Size(v)));
        sum.AddRounded(source.Average(v => Size(v)));
        sum.Add(source.Aggregate((a, b) => Comparer<T>.Default.Compare(a, b) < 0 ? b : a));
        sum.Add(source.Aggregate(0, (all, v) => all + Size(v)));
        sum.Add(source.Aggregate("", (all, v) => all + v, all => all.Length));
        sum.Add(source.ToArray().Length);
        sum.Add(source.ToList().Count);
        sum.Add(string.Join(", ", source));
        sum.Add(string.Concat(source));
        sum.Add(source.TryGetNonEnumeratedCount(out int count) ? count : -1);
        sum.AddThrown(() => source.Where(_ => false).First());
        sum.AddThrown(() => source.Single());
    }
}
