// What scripts use most of the base library, run once: a fresh runtime for a script begins after it. It leaves nothing behind that another program
// could see, but for what the base library keeps for itself.
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

var items = new List<Item> { new(1, "lamp", 40.5), new(2, "chair", 12), new(3, "table", 99) };
int limit = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50;
var cheap = from item in items where item.Price < limit orderby item.Price, item.Name descending select item;
foreach (var item in cheap)
{
    Console.WriteLine($"{item.Id}: {item.Name} {item.Price:F2} {item.Id,4}");
}
Console.WriteLine(items[0]);
Console.WriteLine(items[0] == items[1] with { Id = 1 });
Console.Write(1);
Console.Write('a');
Console.WriteLine(1.5);
Console.WriteLine(2L);
Console.WriteLine(3m);
Console.WriteLine(true);
Console.WriteLine((object?)null);
Console.WriteLine("{0} {1}", limit, "x");
Console.WriteLine();
Console.Error.WriteLine("warm");
Console.Out.Flush();
var text = new StringBuilder();
for (int i = 0; i < 5; i++)
{
    text.Append(i % 2 == 0 ? "even " : "odd ").Append(i).AppendLine();
}
Console.WriteLine(text.ToString().Trim().ToUpperInvariant());
var counts = new Dictionary<string, int>();
foreach (string word in "the fox and the dog".Split(' '))
{
    counts[word] = counts.GetValueOrDefault(word) + 1;
}
foreach (var (word, count) in counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key))
{
    Console.WriteLine($"{word} {count}");
}
int[] numbers = Enumerable.Range(1, 10).ToArray();
Console.WriteLine(numbers.Where(n => n % 2 == 0).Select(n => n * n).Sum());
Console.WriteLine(string.Join(", ", numbers.Reverse().Take(3).Concat(numbers.Skip(7)).Distinct().Order()));
Console.WriteLine(string.Join(", ", items.GroupBy(item => item.Name.Length).Select(group => $"{group.Key}={group.Count()}")));
Console.WriteLine(items.ToDictionary(item => item.Id, item => item.Name)[2] + items.First(item => item.Id > 1).Name + items.Any() + items.Max(item => item.Price) + items.Average(item => item.Price));
var sorted = new List<int>(numbers);
sorted.Sort((a, b) => b.CompareTo(a));
var seen = new HashSet<string>(["a", "b"], StringComparer.OrdinalIgnoreCase);
Console.WriteLine(seen.Contains("A") && sorted.Contains(3));
Console.WriteLine(double.Parse("1.5", CultureInfo.InvariantCulture).ToString("F3", CultureInfo.InvariantCulture) + 12345.678.ToString("N1", CultureInfo.InvariantCulture));
Console.WriteLine(int.TryParse("12x", out _) || "abc".Contains("b", StringComparison.Ordinal) && "a,b".Replace(",", ";").StartsWith("a") && "abc"[1..].PadLeft(5).Length == 5);
Console.WriteLine(new DateTime(2024, 2, 29).AddYears(1).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + TimeSpan.FromSeconds(90));
Console.WriteLine(Math.Round(Math.Sqrt(2), 3) + Math.Max(1, 2));
Console.WriteLine(Regex.Replace("a1 b22", @"\d+", match => $"<{match.Value}>") + Regex.IsMatch("x", "^[a-z]$"));
Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object> { ["a"] = 1, ["b"] = new[] { 1, 2 }, ["c"] = "text" }));
Console.WriteLine(JsonSerializer.Serialize(items) + JsonSerializer.Deserialize<List<int>>("[1,2]")!.Count + JsonDocument.Parse("{\"a\":1}").RootElement.GetProperty("a").GetInt32());
try
{
    await Task.Yield();
    Console.WriteLine(await Later(1) + (await Task.WhenAll(Later(2), Later(3))).Sum());
    throw new InvalidOperationException("warm");
}
catch (InvalidOperationException problem)
{
    Console.WriteLine(problem.Message + problem.ToString().Length);
}
Console.WriteLine(numbers.AsSpan(2, 3).IndexOf(4) + string.Concat("a", "b", "c") + (limit, text.Length));
return 0;

static async Task<int> Later(int value)
{
    await Task.Yield();
    return value;
}

record Item(int Id, string Name, double Price);
