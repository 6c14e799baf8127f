using System;
using System.Collections.Generic;
using System.Linq;

namespace Training.Linq;

/// <summary>Queries over tuples, of the shapes that programs make most: what is a class stands for every class.</summary>
internal static class Tuples
{
    private const int Rows = 24;

    public static void Queries(Checksum sum)
    {
        Query(sum, i => (Number: Types.Int(i), Name: Types.Text(i)), row => row.Number, row => row.Name);
        Query(sum, i => (Name: Types.Text(i), Number: Types.Int(i)), row => row.Number, row => row.Name);
        Query(sum, i => (Types.Int(i), i), row => row.Item1, row => row.Item2.ToString());
        Query(sum, i => (Key: Types.Int(i), Name: Types.Text(i), Value: i % 7), row => row.Value, row => row.Name);
        Query(sum, i => new KeyValuePair<string, int>(Types.Text(i), Types.Int(i)), row => row.Value, row => row.Key);
    }

    private static void Query<T>(Checksum sum, Func<int, T> make, Func<T, int> number, Func<T, string> text)
        where T : struct
    {
        List<T> list = Enumerable.Range(0, Rows).Select(make).ToList();
        T[] array = Enumerable.Range(0, Rows).Select(make).ToArray();
        foreach (IEnumerable<T> source in new IEnumerable<T>[] { list, array, Enumerable.Range(0, Rows).Select(make), list.Where(row => number(row) > 2), array.Where(row => number(row) > 2) })
        {
            Choose(sum, source, number, text);
            Order(sum, source, number, text);
            Group(sum, source, number, text);
            End(sum, source, number, text);
        }

        list.Sort((a, b) => number(a).CompareTo(number(b)));
        Array.Sort(array, (a, b) => string.CompareOrdinal(text(a), text(b)));
        sum.Add(number(list[0]) + number(array[^1]));
        list.AddRange(array);
        list.Reverse();
        list.Insert(1, make(3));
        list.RemoveAll(row => number(row) < 0);
        list.RemoveAt(0);
        sum.Add(list.FindIndex(row => number(row) == 2) + list.Count(row => number(row) == 2) + (list.Exists(row => number(row) == 1) ? 1 : 0));
        Dictionary<string, T> byText = list.ToLookup(text).ToDictionary(rows => rows.Key, rows => rows.First());
        Dictionary<int, T> byNumber = list.GroupBy(number).ToDictionary(rows => rows.Key, rows => rows.Last());
        sum.Add(byText.Count + byNumber.Count + (byText.TryGetValue("text 3", out T found) ? number(found) : 0) + (byNumber.TryGetValue(3, out found) ? 1 : 0));
        foreach ((string key, T value) in byText)
        {
            sum.Add(key.Length + number(value));
        }
    }

    private static void Choose<T>(Checksum sum, IEnumerable<T> source, Func<T, int> number, Func<T, string> text)
        where T : struct
    {
        sum.AddAll(source.Where(row => number(row) > 0).Select(number));
        sum.AddAll(source.Where(row => number(row) > 0).Select(text));
        sum.AddAll(source.Select(number));
        sum.AddAll(source.Select(text));
        sum.AddAll(source.Select((row, i) => number(row) + i));
        sum.AddAll(source.Select(row => row).Select(number));
        sum.AddAll(source.Select(number).Distinct());
        sum.AddAll(source.Select(text).Distinct());
        sum.AddAll(source.Select(row => number(row) * 0.5));
        sum.AddAll(source.SelectMany(row => text(row).Split(' ')));
        sum.AddAll(source.Skip(2).Take(5).Select(number));
        sum.AddAll(source.Concat(source).Reverse().Select(number));
        sum.Add(source.Where(row => number(row) > 1).ToList().Count + source.Where(row => number(row) > 1).ToArray().Length);
    }

    private static void Order<T>(Checksum sum, IEnumerable<T> source, Func<T, int> number, Func<T, string> text)
        where T : struct
    {
        sum.AddAll(source.OrderBy(number).Select(text));
        sum.AddAll(source.OrderBy(text, StringComparer.Ordinal).Select(number));
        sum.AddAll(source.OrderByDescending(number).ThenBy(text, StringComparer.Ordinal).Select(number));
        sum.AddAll(source.OrderBy(text, StringComparer.Ordinal).ThenByDescending(number).Take(3).Select(number));
        sum.Add(source.OrderBy(number).Take(3).Sum(number) + source.OrderByDescending(number).ToList().Count + source.OrderBy(number).ToArray().Length);
        sum.Add(number(source.OrderBy(number).First()) + number(source.OrderByDescending(text, StringComparer.Ordinal).Last()));
    }

    private static void Group<T>(Checksum sum, IEnumerable<T> source, Func<T, int> number, Func<T, string> text)
        where T : struct
    {
        foreach (IGrouping<int, T> group in source.GroupBy(row => number(row) % 3).OrderBy(group => group.Key))
        {
            sum.Add(group.Key + group.Count() + group.Sum(number));
        }

        foreach (IGrouping<string, T> group in source.GroupBy(text).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            sum.Add(group.Key + group.Count() + group.Max(number) + group.First());
            foreach (T row in group)
            {
                sum.Add(number(row));
            }
        }

        sum.AddAll(source.GroupBy(text, number).Select(group => group.Sum()));
        sum.AddAll(source.Join(source, number, number, (a, b) => text(a).Length + number(b)));
        sum.Add(source.ToLookup(number).Count + source.Select(text).ToHashSet().Count);
    }

    private static void End<T>(Checksum sum, IEnumerable<T> source, Func<T, int> number, Func<T, string> text)
        where T : struct
    {
        sum.Add(source.Sum(number) + source.Min(number) + source.Max(number) + source.Count(row => number(row) > 0) + source.Count());
        sum.Add(source.Sum(row => (double)number(row)) + source.Sum(row => (long)number(row)) + source.Average(number) + source.Average(row => number(row) / 2.0));
        sum.Add(source.Any() && source.Any(row => number(row) > 3) && source.All(row => text(row).Length > 1));
        sum.Add(number(source.First()) + number(source.Last()) + number(source.First(row => number(row) > 0)) + number(source.FirstOrDefault(row => number(row) > 1000)));
        sum.Add(number(source.MaxBy(number)) + number(source.MinBy(text)) + number(source.ElementAt(2)));
        sum.Add(source.Aggregate(0, (all, row) => all + number(row)));
        sum.Add(string.Join(',', source.Select(text)));
        foreach (T row in source)
        {
            sum.Add(number(row));
        }
    }
}
