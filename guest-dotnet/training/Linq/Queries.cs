using System;
using System.Collections.Generic;
using System.Linq;

namespace Training.Linq;

/// <summary>Sums and averages of every type of number, and queries over a program's own records.</summary>
internal static class Queries
{
    private enum Level
    {
        Low,
        High,
    }

    public static void Numbers(Checksum sum)
    {
        int[] ints = [3, 1, 4, 1, 5, 9, 2, 6];
        long[] longs = [.. ints.Select(i => i * 10_000_000_000)];
        float[] floats = [.. ints.Select(i => i / 4f)];
        double[] doubles = [.. ints.Select(i => i / 8.0)];
        decimal[] decimals = [.. ints.Select(i => i / 10m)];
        int?[] optional = [1, null, 3];
        Ends(sum, ints.Sum(), ints.Average(), ints.Min(), ints.Max());
        Ends(sum, longs.Sum(), longs.Average(), longs.Min(), longs.Max());
        Ends(sum, floats.Sum(), floats.Average(), floats.Min(), floats.Max());
        Ends(sum, doubles.Sum(), doubles.Average(), doubles.Min(), doubles.Max());
        Ends(sum, decimals.Sum(), decimals.Average(), decimals.Min(), decimals.Max());
        Ends(sum, optional.Sum(), optional.Average(), optional.Min(), optional.Max());
        Ends(sum, optional.Select(v => (long?)v).Sum(), optional.Average(v => (double?)v), optional.Min(v => (decimal?)v), optional.Max(v => (float?)v));
        Ends(sum, new double?[] { 1.5, null }.Sum(), new decimal?[] { 1, null }.Average(), new long?[] { 7 }.Min(), new double?[] { null }.Max());
        foreach (IEnumerable<int> source in new[] { ints, [.. ints], ints.Where(i => i > 0) })
        {
            sum.Add(source.Where(i => i % 2 == 1).Sum());
            sum.Add(source.Select(i => i * 2).Sum());
            sum.Add(source.Select(i => i * 2L).Max());
            sum.Add(source.Select(i => i * 2.0).Average());
            sum.Add(source.Average(i => (float)i));
            sum.Add(source.Average(i => (long)i));
            sum.Add(source.Average(i => (double)i));
            sum.Add(source.Average(i => (decimal)i));
            sum.Add(source.Min(i => (long)i));
            sum.Add(source.Min(i => (float)i));
            sum.Add(source.Min(i => (double)i));
            sum.Add(source.Max(i => (decimal)i));
            sum.Add(source.Max(i => i.ToString()));
        }

        sum.Add(Enumerable.Range(1, 100).Where(i => i % 7 == 0).Select(i => i * i).Skip(1).Take(5).Sum());
        sum.AddAll(Enumerable.Range(5, 5).Reverse().Select(i => i * i).ToArray());
        sum.AddAll(Enumerable.Range(0, 10).Select(i => i * 1.5).ToList());
        sum.AddAll(Enumerable.Sequence(0, 10, 3));
        sum.Add(Enumerable.Range(0, 5).SelectMany(i => Enumerable.Range(0, i)).Count());
        sum.AddAll(Enumerable.Range(0, 12).Shuffle().Order());

        static void Ends<TSum, TAverage, TMin, TMax>(Checksum sum, TSum total, TAverage average, TMin min, TMax max)
        {
            sum.Add(total);
            sum.Add(average);
            sum.Add(min);
            sum.Add(max);
        }
    }

    public static void Records(Checksum sum)
    {
        List<Order> orders = [.. Enumerable.Range(0, 40).Select(i => new Order(i, "customer " + (i % 7), Types.Time(i), (i % 13) / 4m, i % 3 == 0 ? Level.High : Level.Low, i % 5 == 0 ? null : i / 2.0))];
        Dictionary<string, string> cities = orders.Select(o => o.Customer).Distinct().ToDictionary(c => c, c => "city of " + c);
        foreach (var line in from o in orders
                             where o.Price > 1 && o.Level == Level.Low
                             join city in cities on o.Customer equals city.Key
                             let day = o.At.Date
                             orderby day descending, o.Price, o.Id
                             select new { o.Id, City = city.Value, Day = day, Total = o.Price * 2 })
        {
            sum.Add($"{line.Id} {line.City} {line.Day:yyyy-MM-dd} {line.Total:F2}");
        }

        foreach (var group in orders.GroupBy(o => new { o.Customer, o.Level }).OrderBy(g => g.Key.Customer).ThenBy(g => g.Key.Level))
        {
            sum.Add($"{group.Key} {group.Sum(o => o.Price)} {group.Average(o => o.Price):F3} {group.Max(o => o.At):s} {group.Min(o => o.Weight)}");
        }

        sum.AddAll(orders.GroupBy(o => o.Level).Select(g => (g.Key, g.Count(), g.Select(o => o.Customer).Distinct().Count())));
        sum.AddAll(orders.ToLookup(o => o.At.DayOfWeek).OrderBy(g => g.Key).Select(g => g.Sum(o => o.Id)));
        sum.Add(orders.MaxBy(o => o.Price));
        sum.Add(orders.MinBy(o => o.At));
        sum.Add(orders.Sum(o => o.Weight ?? 0));
        sum.AddAll(orders.OrderBy(o => o.Customer, StringComparer.Ordinal).ThenByDescending(o => o.At).ThenBy(o => o.Id).Select(o => o.Id));
        sum.AddAll(orders.Select(o => o.Customer).Distinct().Order(StringComparer.Ordinal));
        sum.AddAll(orders.DistinctBy(o => (o.Level, o.Customer)).Select(o => o.Id));
        sum.Add(orders.Aggregate(0m, (all, o) => all + (o.Price * o.Id)));
        sum.Add(orders.AsQueryable().Where(o => o.Price > 2).OrderBy(o => o.Id).Select(o => o.Customer).First());
        sum.Add(orders.AsQueryable().Count(o => o.Level == Level.High));
        sum.Add(orders.Any(o => o is { Price: > 2, Level: Level.High }));
        sum.Add(orders.ToDictionary(o => o.Id)[7]);
        sum.Add(orders.Where(o => o.Weight.HasValue).Select(o => o.Weight!.Value).Max());
    }

    public static void Parallel(Checksum sum)
    {
        sum.Add(Enumerable.Range(0, 100).AsParallel().Where(i => i % 2 == 0).Select(i => (long)i).Sum());
        sum.AddAll(Enumerable.Range(0, 30).AsParallel().AsOrdered().Select(i => i * i).Take(9));
        sum.AddAll(ParallelEnumerable.Range(0, 30).GroupBy(i => i % 4).Select(g => g.Count()).OrderBy(i => i));
        sum.Add(Enumerable.Range(0, 50).AsParallel().Aggregate(0, (a, b) => a + b));
    }

    private sealed record Order(int Id, string Customer, DateTime At, decimal Price, Level Level, double? Weight);
}
