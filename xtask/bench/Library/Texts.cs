using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Bench.Library;

/// <summary>Strings.</summary>
internal static partial class Texts
{
    private static readonly string s_prose = string.Join(' ', Enumerable.Range(0, 400).Select(i => (i % 5) switch { 0 => "the", 1 => "quick", 2 => "Fox" + i, 3 => "jumps-over", _ => "a lazy dog," }));

    public static double Formats()
    {
        long sum = 0;
        for (int i = 0; i < 1200; i++)
        {
            sum += string.Format(CultureInfo.InvariantCulture, "{0}: {1,8:F2} {2:X4} [{3,-10}]", "row", i * 0.5, i, "end").Length;
            sum += string.Format("{0} and {1}", i, "text").Length;
        }

        return sum;
    }

    public static double Interpolation()
    {
        long sum = 0;
        DateTime day = new(2024, 5, 6);
        for (int i = 0; i < 1500; i++)
        {
            sum += $"item {i} of {1500}: {i * 0.25:F2} ({i % 2 == 0})".Length + $"{"name",-10}|{i,6}|{'c'}".Length;
            sum += i % 10 == 0 ? $"{day:yyyy-MM-dd} {i:N0}".Length : 0;
        }

        return sum;
    }

    public static double Building()
    {
        StringBuilder text = new();
        for (int i = 0; i < 3000; i++)
        {
            text.Append("line ").Append(i).Append(' ').Append(i * 0.5).Append(',').AppendLine();
            text.Append($"<{i}>");
        }

        text.Replace("line", "row").Insert(0, "begin").Remove(5, 3);
        long sum = text.ToString().Length;
        for (int i = 0; i < 50; i++)
        {
            StringBuilder small = new();
            small.AppendJoin(", ", ["a", "b", "c"]).AppendFormat("{0:D3}", i).Append('*', 10);
            small[0] = 'x';
            sum += small.Length;
        }

        return sum;
    }

    public static double Comparing()
    {
        string[] words = s_prose.ToLowerInvariant().Split(' ');
        CultureInfo culture = CultureInfo.InvariantCulture;
        long sum = 0;
        for (int i = 1; i < words.Length; i++)
        {
            sum += Math.Sign(string.Compare(words[i - 1], words[i], culture, CompareOptions.None));
            sum += Math.Sign(string.Compare(words[i - 1], words[i], StringComparison.OrdinalIgnoreCase));
            sum += words[i].Equals(words[i - 1], StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            sum += words[i].StartsWith('j') ? 1 : words[i].StartsWith("qu", StringComparison.InvariantCulture) ? 2 : 0;
            sum += Math.Sign(words[i].CompareTo("m"));
        }

        Array.Sort(words, StringComparer.InvariantCulture);
        return sum + words[10].Length;
    }

    public static double Casing()
    {
        long sum = 0;
        foreach (string word in s_prose.Split(' '))
        {
            sum += word.ToUpper().Length + word.ToLowerInvariant()[0] + CultureInfo.InvariantCulture.TextInfo.ToTitleCase(word)[0];
            foreach (char c in word)
            {
                sum += char.ToUpperInvariant(c);
            }
        }

        return sum;
    }

    public static double SplitJoin()
    {
        long sum = 0;
        for (int i = 0; i < 10; i++)
        {
            string[] words = s_prose.Split(' ');
            sum += words.Length + s_prose.Split([' ', '-', ','], StringSplitOptions.RemoveEmptyEntries).Length + s_prose.Split("lazy").Length;
            sum += string.Join(", ", words).Length + string.Concat(words).Length + string.Join('|', Enumerable.Range(0, 100)).Length;
        }

        return sum;
    }

    public static double Trimming()
    {
        long sum = 0;
        for (int i = 0; i < 2000; i++)
        {
            string text = "  value ".Trim() + "--x--".Trim('-') + "abc".PadLeft(10) + "abc".PadRight(8, '.') + "  end".TrimStart() + "end,".TrimEnd(',', '.');
            sum += text.Length + text.Substring(3, 4).Length + text[5..].Length + text.Insert(3, "++").Length + text.Remove(2, 3).Length;
        }

        return sum;
    }

    public static double Finding()
    {
        long sum = 0;
        for (int i = 0; i < 40; i++)
        {
            sum += s_prose.IndexOf("Fox397", StringComparison.Ordinal) + s_prose.Replace("lazy", "busy").Length + s_prose.Replace('o', '0').IndexOf('0');
            sum += s_prose.Contains("nowhere") ? 1 : 0;
            sum += s_prose.LastIndexOf("quick", StringComparison.Ordinal) + s_prose.IndexOfAny(['z', 'Q']) + (s_prose.EndsWith("dog,", StringComparison.Ordinal) ? 1 : 0);
            sum += s_prose.IndexOf("FOX397", StringComparison.OrdinalIgnoreCase);
        }

        return sum;
    }

    public static double Characters()
    {
        int letters = 0, digits = 0, spaces = 0, upper = 0, punctuation = 0;
        Dictionary<char, int> counts = [];
        foreach (char c in s_prose)
        {
            letters += char.IsLetter(c) ? 1 : 0;
            digits += char.IsDigit(c) ? 1 : 0;
            spaces += char.IsWhiteSpace(c) ? 1 : 0;
            upper += char.IsUpper(c) ? 1 : 0;
            punctuation += char.IsPunctuation(c) ? 1 : 0;
            counts[c] = counts.GetValueOrDefault(c) + 1;
        }

        char[] reversed = s_prose.ToCharArray();
        Array.Reverse(reversed);
        return letters + digits * 3 + spaces * 5 + upper * 7 + punctuation * 11 + counts['o'] + new string(reversed).IndexOf('q');
    }

    private static readonly Regex s_word = new(@"\b[A-Z]\w*\d+\b");

    [GeneratedRegex(@"(\w+)-(\w+)")]
    private static partial Regex Hyphen { get; }

    public static double Matching()
    {
        long sum = 0;
        foreach (Match match in s_word.Matches(s_prose))
        {
            sum += match.Index + match.Length;
        }

        foreach (string line in (string[])["user@example.org", "no mail", "2024-05-06", "192.168.0.1", "+49 123 456"])
        {
            sum += Regex.IsMatch(line, @"^[\w.]+@[\w.]+\.\w+$") ? 1 : 0;
            sum += Regex.Match(line, @"(\d{4})-(\d\d)-(\d\d)").Groups.Count;
        }

        return sum;
    }

    public static double Replacing()
    {
        return Hyphen.Replace(s_prose, "$2_$1").Length + Regex.Replace(s_prose, @"\d+", m => (int.Parse(m.Value) + 1).ToString()).Length + Regex.Split(s_prose, @"\W+").Length;
    }
}
