// Runs what programs of the usual kinds do.
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
namespace Training;
public sealed record Person(int Id, string Name, double Weight, DateTime Born, List<string> Tags, Dictionary<string, int> Scores);
internal static class Program
{
    private static int Main(string[] args)
    {
        var people = Enumerable.Range(0, 50).Select(i => new Person(i, $"name {i}", i * 1.5, new DateTime(2000, 1, 1).AddDays(i), ["a", "b" + i], new() { ["x"] = i })).ToList();
        string json = JsonSerializer.Serialize(people);
        people = JsonSerializer.Deserialize<List<Person>>(json)!;
        json = JsonSerializer.Serialize(people, new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
        int[] numbers = Enumerable.Range(0, 1000).Select(i => i * 7919 % 1009).ToArray();
        double total = numbers.Where(n => n % 2 == 0).Select(n => n * 2.0).Sum() + numbers.OrderBy(n => n).ThenBy(n => -n).Take(10).Sum()
            + numbers.GroupBy(n => n % 10).Select(g => g.Count()).Max() + numbers.Distinct().Count() + numbers.Select(n => n).Sum();
        Array.Sort(numbers);
        numbers.AsSpan().Sort();
        string[] words = numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)).ToArray();
        Array.Sort(words, StringComparer.Ordinal);
        Array.Sort(words);
        Dictionary<string, int> counts = new();
        foreach (string word in string.Join(' ', words).Split(' '))
        {
            counts[word] = counts.TryGetValue(word, out int n) ? n + 1 : 1;
        }
        Dictionary<int, string> byNumber = words.DistinctBy(w => w).ToDictionary(int.Parse, w => w);
        HashSet<string> set = [.. words];
        StringBuilder text = new();
        foreach (var (key, value) in counts) text.Append(key).Append('=').Append(value).AppendLine($"{value:N2} {key,5} {total}");
        foreach (Match match in Regex.Matches(text.ToString(), @"(\d+)=(\d+)")) total += int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        text.Append(Regex.Replace("a1b22c333", "[0-9]+", m => $"<{m.Value}>"));
        BigInteger big = BigInteger.ModPow(3, 20000, BigInteger.Parse("170141183460469231731687303715884105727")) * BigInteger.Pow(7, 100) % 1000007;
        byte[] bytes = Encoding.UTF8.GetBytes(text + big.ToString());
        string hash = Convert.ToHexString(SHA256.HashData(bytes)) + Convert.ToBase64String(bytes) + Encoding.UTF8.GetString(bytes).IndexOf("zz", StringComparison.Ordinal);
        Console.WriteLine($"{hash.Length} {total} {set.Count} {byNumber.Count} {json.Length}");
        Profile.Finish();
        return 0;
    }
}
