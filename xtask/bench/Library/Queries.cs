namespace Bench.Library;

/// <summary>LINQ.</summary>
internal static class Queries
{
    private sealed record Person(int Id, string Name, int Age, string City, decimal Salary);

    private sealed record Order(int Id, int PersonId, double Total);

    private static readonly List<Person> s_people = [.. Enumerable.Range(0, 500).Select(i => new Person(i, "name" + i * 31 % 97, 20 + i % 50, "city" + i % 7, 1000 + i % 40 * 12.5m))];

    private static readonly List<Order> s_orders = [.. Enumerable.Range(0, 1000).Select(i => new Order(i, i * 7 % 500, i * 1.25))];

    public static double Numbers()
    {
        int[] numbers = [.. Enumerable.Range(1, 3000)];
        double sum = numbers.Where(n => n % 3 == 0).Select(n => n * 2).Sum() + numbers.Sum(n => (long)n) + numbers.Average() + numbers.Max() + numbers.Min(n => n % 17) + numbers.Count(n => n > 100);
        sum += numbers.Take(500).Skip(10).TakeWhile(n => n < 400).Aggregate((a, b) => (a * 3 + b) % 1009) + numbers.Any(n => n == 2999).GetHashCode() + numbers.All(n => n > 0).GetHashCode();
        sum += numbers.OrderByDescending(n => n % 101).ThenBy(n => n).First() + numbers.Chunk(100).Count() + numbers.Zip(numbers.Skip(1), (a, b) => b - a).Sum() + numbers.Reverse().First() + numbers.Last();
        return sum + numbers.SelectMany(n => Enumerable.Range(0, n % 3)).Count() + numbers.ToDictionary(n => n, n => n * 0.5).Count + numbers.Select((n, i) => n * i % 7).ToHashSet().Count;
    }

    public static double Objects()
    {
        double sum = 0;
        foreach (var group in s_people.Where(p => p.Age > 25).GroupBy(p => p.City).OrderBy(g => g.Key))
        {
            sum += group.Count() + group.Average(p => p.Age) + (double)group.Sum(p => p.Salary) + group.Max(p => p.Salary > 1100 ? p.Age : 0);
        }

        sum += s_people.OrderBy(p => p.Name).ThenByDescending(p => p.Age).Select(p => new { p.Name, Old = p.Age > 50 }).Count(x => x.Old);
        sum += s_people.MaxBy(p => p.Salary)!.Id + s_people.FirstOrDefault(p => p.Age == 33)!.Id + s_people.Select(p => p.Name).Distinct().Count() + s_people.ToLookup(p => p.Age).Count + s_people.CountBy(p => p.City).Count();
        return sum + s_people.Select(p => p.City.ToUpperInvariant()).ToList().Count + s_people.Any(p => p.Name == "none").GetHashCode();
    }

    public static double Joins()
    {
        double sum = s_people.Join(s_orders, p => p.Id, o => o.PersonId, (p, o) => p.Age * o.Total).Sum();
        sum += s_people.GroupJoin(s_orders, p => p.Id, o => o.PersonId, (p, orders) => (p.Name, Total: orders.Sum(o => o.Total))).OrderByDescending(x => x.Total).First().Total;
        var query =
            from p in s_people
            join o in s_orders on p.Id equals o.PersonId
            where o.Total > 100
            group o by p.City into g
            orderby g.Key
            select new { City = g.Key, Total = g.Sum(o => o.Total), Count = g.Count() };
        return sum + query.Sum(x => x.Total + x.Count);
    }

    public static double Sets()
    {
        int[] a = [.. Enumerable.Range(0, 1500)], b = [.. Enumerable.Range(700, 1500)];
        string[] words = [.. s_people.Select(p => p.Name)];
        return a.Union(b).Count() + a.Intersect(b).Sum() + a.Except(b).Count() + a.Concat(b).Distinct().Count() + (a.SequenceEqual(b) ? 1 : 0) + words.Distinct().Count() + words.GroupBy(w => w.Length).Sum(g => g.Key) + words.Union(["x"]).Count() + a.Append(5).Prepend(6).Count() + a.DistinctBy(n => n % 10).Count();
    }
}
