// C# in a sandbox of its own. Ctrl+Enter runs it.
using System.Runtime.InteropServices;

Console.WriteLine($"Hello from {RuntimeInformation.FrameworkDescription}!");

var text = "the quick brown fox jumps over the lazy dog";
foreach (var (letter, count) in Letters(text).Take(5))
    Console.WriteLine($"{letter} {new string('▪', count)} {count}");

static IEnumerable<(char Letter, int Count)> Letters(string text) =>
    from letter in text
    where char.IsLetter(letter)
    group letter by letter into same
    orderby same.Count() descending, same.Key
    select (same.Key, same.Count());
