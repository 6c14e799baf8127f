using System.Text.RegularExpressions;

const string Poem = "the fox and the dog and the cat; THE END";
string path = Path.Combine(Path.GetTempPath(), "words.txt");
File.WriteAllLines(path, Poem.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

var counts = new SortedDictionary<string, int>();
using (var reader = new StreamReader(path))
{
    string? line;
    while ((line = reader.ReadLine()) != null)
    {
        string word = Regex.Replace(line.ToLowerInvariant(), "[^a-z]", "");
        counts[word] = counts.GetValueOrDefault(word) + 1;
    }
}

foreach ((string word, int count) in counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(3))
{
    Console.WriteLine($"{word}: {new string('*', count)}");
}

var index = new Index<string, int>();
int position = 0;
foreach (Match match in Words().Matches(Poem))
{
    index.Add(match.Value.Trim(), position++);
}
Console.WriteLine(index["the"].Count());
Console.WriteLine(string.Concat(Poem.Where(char.IsLetter).Select(char.ToUpperInvariant).Distinct().Order()));
Console.WriteLine(Poem.Truncated(7));
Console.WriteLine(DateTime.Parse("2024-02-29").AddYears(1).ToString("yyyy-MM-dd"));
Console.WriteLine(new DateOnly(2024, 1, 31).AddMonths(1).DayOfWeek);
var lookup = Poem.Split(' ').ToLookup(word => word.Length, word => word);
Console.WriteLine(string.Join(" | ", lookup.Select(group => $"{group.Key}={group.Count()}")));
Console.WriteLine(lookup.Zip(lookup.Skip(1), (a, b) => b.Key - a.Key).Any(step => step < 0));
int longest = 0;
Action<string> measure = delegate (string word) { longest = Math.Max(longest, word.Length); };
Array.ForEach(Poem.Split(' '), measure);
Console.WriteLine(longest);
var fizz = Enumerable.Range(1, 15).Select(i => (i % 3, i % 5) switch { (0, 0) => "FizzBuzz", (0, _) => "Fizz", (_, 0) => "Buzz", _ => i.ToString() });
Console.WriteLine(string.Join(',', fizz));
HashSet<int> seen = [1, 2, 3];
Stack<int> stack = new(seen);
Console.WriteLine(stack.Pop() + seen.Count(seen.Contains));
if (!int.TryParse("12x", out int parsed) || parsed == 0) Console.WriteLine("no number");
File.Delete(path);

partial class Program
{
    private static Regex Words() => new(@"\b\w+\b", RegexOptions.Compiled | RegexOptions.IgnoreCase);
}

/// <summary>Where keys are.</summary>
class Index<TKey, TValue> where TKey : notnull
{
    private readonly Dictionary<TKey, List<TValue>> _values = [];

    public IEnumerable<TValue> this[TKey key] => _values.TryGetValue(key, out var list) ? list : [];

    public void Add(TKey key, TValue value)
    {
        if (!_values.TryGetValue(key, out List<TValue>? list))
        {
            _values.Add(key, list = new List<TValue>());
        }
        list.Add(value);
    }
}

static class Texts
{
    public static string Truncated(this string text, int length, string mark = "…") =>
        text.Length <= length ? text : text[..length] + mark;
}
