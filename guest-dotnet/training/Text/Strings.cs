using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Training.Text;

/// <summary>What programs do with strings.</summary>
internal static class Strings
{
    private const string Line = "  The quick brown fox, jumps over; the lazy dog: Straße Ünïcode 😀\t\r\n";

    public static void Methods(Checksum sum)
    {
        sum.AddAll(Line.Split(' '));
        sum.AddAll(Line.Split([',', ';', ':'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        sum.AddAll(Line.Split("the", 2));
        sum.AddAll(Line.Split(["fox", "dog"], StringSplitOptions.None));
        sum.AddAll(Line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        sum.AddAll("a,b,,c".Split(',', 3, StringSplitOptions.RemoveEmptyEntries));
        sum.Add(string.Join(", ", ["a", "b", "c"]));
        sum.Add(string.Join('-', 1, 2.5, "x", null));
        sum.Add(string.Join(';', new List<string> { "p", "q" }));
        sum.Add(string.Join("", Enumerable.Range(0, 5)));
        sum.Add(string.Concat("a", "b", "c", "d"));
        sum.Add(string.Concat(new object[] { 1, 'c', 2.5m }));
        sum.Add("a" + 1 + 'c' + 2.5 + true);
        sum.Add(Line.Replace("the", "THE", StringComparison.OrdinalIgnoreCase).Replace('o', '0').Replace("quick", null));
        sum.Add(Line.ReplaceLineEndings(" | "));
        sum.Add(Line.Trim());
        sum.Add(Line.TrimStart().TrimEnd('\n', '\r', '\t'));
        sum.Add(Line.ToUpperInvariant());
        sum.Add(Line.ToLowerInvariant());
        sum.Add(Line.ToUpper(CultureInfo.InvariantCulture));
        sum.Add(Line.Substring(6, 5) + Line[^5..] + Line[2]);
        sum.Add(Line.Insert(3, "<>").Remove(8, 4).PadLeft(100, '*').PadRight(110));
        sum.Add(Line.IndexOf('q'));
        sum.Add(Line.IndexOf("fox", StringComparison.Ordinal));
        sum.Add(Line.IndexOf("FOX", StringComparison.OrdinalIgnoreCase));
        sum.Add(Line.IndexOfAny(['z', 'x']));
        sum.Add(Line.LastIndexOf('o'));
        sum.Add(Line.LastIndexOf("o", StringComparison.Ordinal));
        sum.Add(Line.Contains("lazy"));
        sum.Add(Line.Contains('ß'));
        sum.Add(Line.Contains("LAZY", StringComparison.OrdinalIgnoreCase));
        sum.Add(Line.StartsWith("  The", StringComparison.Ordinal));
        sum.Add(Line.EndsWith('\n'));
        sum.Add(string.IsNullOrWhiteSpace(" \t") && !string.IsNullOrEmpty(Line));
        sum.Add(new string('x', 5) + new string(['a', 'b']) + new string("span".AsSpan(1)));
        sum.Add(Line.ToCharArray().Length);
        sum.Add(new string([.. Line.Reverse()]));
        sum.Add(string.Create(5, 'a', static (span, c) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)(c + i);
            }
        }));
        sum.AddAll(Line.EnumerateRunes().Where(r => r.Value > 127).Select(r => r.ToString()));
        sum.Add(Line.Normalize(NormalizationForm.FormD).Length);
        sum.AddAll("one\ntwo\r\nthree".AsSpan().EnumerateLines().Collect());
        sum.AddAll(StringInfo.GetTextElementEnumerator("e\u0301a😀").Collect());
        SearchValues<char> vowels = SearchValues.Create("aeiou");
        sum.Add(Line.AsSpan().IndexOfAny(vowels));
        sum.Add(Line.AsSpan().ContainsAny(SearchValues.Create(["fox", "cat"], StringComparison.OrdinalIgnoreCase)));
        foreach (char c in Line)
        {
            sum.Add(char.IsLetter(c) | char.IsDigit(c) | char.IsWhiteSpace(c) | char.IsPunctuation(c) | char.IsUpper(c) | char.IsLower(c) | char.IsSurrogate(c) | char.IsSymbol(c) | char.IsControl(c) | char.IsAscii(c));
            sum.Add(char.ToUpperInvariant(c));
            sum.Add(char.GetUnicodeCategory(c));
        }

        sum.Add(char.GetNumericValue('7') + char.ConvertToUtf32("😀", 0));
        sum.Add(char.ConvertFromUtf32(0x1F600));
        sum.Add(CountWords(Line));
        sum.Add(string.Intern(new string("abc".AsSpan())) == "abc");
        ReadOnlySpan<char> span = Line.AsSpan().Trim();
        sum.Add(span.ToString());
        Span<Range> ranges = stackalloc Range[8];
        sum.Add(span.Split(ranges, ' '));
        foreach (Range range in span.Split(' '))
        {
            sum.Add(span[range].ToString());
        }

        sum.Add(MemoryExtensions.ToUpperInvariant(span, new char[100]));
        sum.Add(span.Equals("x", StringComparison.OrdinalIgnoreCase));
        sum.Add(span.StartsWith("the", StringComparison.OrdinalIgnoreCase));
        sum.Add(span.IndexOf("fox", StringComparison.Ordinal));
    }

    public static void Builder(Checksum sum)
    {
        StringBuilder builder = new("start");
        builder.Append('c').Append('d', 3).Append(" text").Append(1).Append(2L).Append(3.5).Append(4.5f).Append(5.5m).Append(true).Append((object)"o");
        builder.Append((byte)1).Append((short)-2).Append(3u).Append(4ul).Append("sub string", 4, 3).Append(['x', 'y']).Append("span".AsSpan());
        builder.Append($"{1}-{2.5:F2}-{"x",5}").AppendFormat(CultureInfo.InvariantCulture, "{0:X4} {1,-6}|", 255, "ab");
        builder.AppendLine().AppendLine("line").AppendJoin(", ", [1, 2, 3]).AppendJoin('|', "a", "b");
        builder.Insert(0, "<<").Insert(2, 9).Replace("text", "TEXT").Replace('x', 'y').Remove(0, 1);
        builder[0] = '#';
        sum.Add(builder[3]);
        sum.Add(builder.Length);
        sum.Add(builder.ToString());
        sum.Add(builder.ToString(2, 6));
        sum.Add(builder.Equals(new StringBuilder(builder.ToString())));
        for (int i = 0; i < 500; i++)
        {
            builder.Append(i).Append(',');
        }

        builder.Length -= 1;
        builder.EnsureCapacity(10_000);
        char[] copy = new char[20];
        builder.CopyTo(5, copy, 0, 20);
        sum.Add(new string(copy));
        foreach (ReadOnlyMemory<char> chunk in builder.GetChunks())
        {
            sum.Add(chunk.Length > 0);
        }

        sum.Add(builder.ToString());
        builder.Clear();
        sum.Add(builder.Length);
    }

    public static void Comparing(Checksum sum)
    {
        string[] words = ["apple", "Apple", "äpfel", "zebra", "Zebra", "10", "9", "éclair", "eclair", "", "coöp", "co-op", "ﬁ", "日本"];
        foreach (StringComparison comparison in new[] { StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase, StringComparison.InvariantCulture, StringComparison.InvariantCultureIgnoreCase, StringComparison.CurrentCulture })
        {
            foreach (string word in words)
            {
                sum.Add(Math.Sign(string.Compare(word, "coop", comparison)));
                sum.Add(word.Equals("apple", comparison));
                sum.Add(word.StartsWith("a", comparison));
                sum.Add(word.EndsWith("E", comparison));
                sum.Add(word.IndexOf("e", comparison));
                sum.Add(word.GetHashCode(comparison) == word.GetHashCode(comparison));
            }
        }

        sum.AddAll(words.Order(StringComparer.Ordinal));
        sum.AddAll(words.Order(StringComparer.Create(new CultureInfo("de-DE"), true)));
        sum.Add(Math.Sign("a".CompareTo("b")));
        sum.Add(Math.Sign(string.CompareOrdinal("a", 0, "b", 0, 1)));
        CompareInfo compare = new CultureInfo("sv-SE").CompareInfo;
        sum.Add(Math.Sign(compare.Compare("ö", "z", CompareOptions.IgnoreCase)));
        sum.Add(compare.IsPrefix("Ölsson", "öl", CompareOptions.IgnoreCase));
        sum.Add(compare.IndexOf("abcÖ", "ö", CompareOptions.IgnoreCase));
        sum.Add(compare.GetSortKey("abc").KeyData.Length > 0);
        sum.Add(words is ["apple", .. var rest] ? rest.Length : 0);
        sum.Add("key" switch { "a" => 1, "key" => 2, "other" => 3, "more" => 4, "cases" => 5, "than" => 6, "six" => 7, _ => 8 });
    }

    private static int CountWords(string text)
    {
        Dictionary<string, int> counts = new(StringComparer.OrdinalIgnoreCase);
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            counts[word] = counts.TryGetValue(word, out int count) ? count + 1 : 1;
        }

        return counts.Values.Max();
    }

    private static List<string> Collect(this SpanLineEnumerator lines)
    {
        List<string> all = [];
        foreach (ReadOnlySpan<char> line in lines)
        {
            all.Add(line.ToString());
        }

        return all;
    }

    private static List<string> Collect(this TextElementEnumerator elements)
    {
        List<string> all = [];
        while (elements.MoveNext())
        {
            all.Add(elements.GetTextElement());
        }

        return all;
    }
}
