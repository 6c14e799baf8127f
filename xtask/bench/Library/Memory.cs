using System.Numerics;
using System.Text;

namespace Bench.Library;

/// <summary>Spans, arrays, bits, bytes.</summary>
internal static class Memory
{
    private static readonly string s_text = string.Join(',', Enumerable.Range(0, 800).Select(i => i * 7919 % 10007));

    public static double Slices()
    {
        ReadOnlySpan<char> rest = s_text;
        long sum = 0;
        while (!rest.IsEmpty)
        {
            int comma = rest.IndexOf(',');
            ReadOnlySpan<char> field = comma < 0 ? rest : rest[..comma];
            rest = comma < 0 ? default : rest[(comma + 1)..];
            foreach (char c in field)
            {
                sum = (sum * 10 + c - '0') % 1_000_003;
            }
        }

        return sum;
    }

    public static double Searching()
    {
        byte[] bytes = new byte[20_000];
        bytes[^1] = 7;
        bytes[15_000] = 9;
        Span<byte> span = bytes;
        int[] numbers = [.. Enumerable.Range(0, 5000)];
        long sum = 0;
        for (int i = 0; i < 20; i++)
        {
            sum += span.IndexOf((byte)7) + span.IndexOfAny((byte)9, (byte)7) + span.LastIndexOf((byte)9);
            sum += span.SequenceEqual(bytes) ? 1 : 0;
            sum += numbers.AsSpan().IndexOf(4900) + numbers.AsSpan().Count(5) + (numbers.AsSpan().Contains(4999) ? 1 : 0);
            sum += s_text.AsSpan().IndexOf("9999,") + s_text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        }

        return sum;
    }

    public static double Sorting()
    {
        int[] numbers = [.. Enumerable.Range(0, 3000).Select(i => i * 7919 % 3001)];
        string[] words = [.. numbers.Take(500).Select(i => "w" + i)];
        int[] copy = [.. numbers];
        Array.Sort(copy);
        Array.Sort(numbers, (a, b) => b.CompareTo(a));
        Array.Sort(words, StringComparer.Ordinal);
        double[] keys = [.. numbers.Select(i => i * 0.5)];
        Array.Sort(keys, numbers);
        int found = 0;
        for (int i = 0; i < 2000; i++)
        {
            found += Array.BinarySearch(copy, i) + Array.BinarySearch(words, "w" + i % 10, StringComparer.Ordinal);
        }

        Array.Reverse(copy);
        return found + numbers[5] + copy[3] + words[7].Length;
    }

    public static double Copying()
    {
        int[] numbers = [.. Enumerable.Range(0, 2000)];
        long sum = 0;
        for (int i = 0; i < 100; i++)
        {
            int[] copy = new int[2000];
            Array.Copy(numbers, copy, 2000);
            copy.AsSpan(10, 500).CopyTo(copy.AsSpan(700));
            Array.Fill(copy, i, 1500, 100);
            copy.AsSpan(0, 10).Clear();
            sum += copy[1550] + copy[701] + numbers[^1] + copy[5..20].Length + ((int[])copy.Clone()).Length;
            Array.Resize(ref copy, 2100);
            sum += copy.Length + Array.IndexOf(copy, 1800);
        }

        return sum;
    }

    public static double Bits()
    {
        uint x = 2463534242;
        ulong sum = 0;
        for (int i = 0; i < 10_000; i++)
        {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            sum += (uint)(BitOperations.PopCount(x) + BitOperations.LeadingZeroCount(x) + BitOperations.TrailingZeroCount(x) + BitOperations.Log2(x));
            sum += BitOperations.RotateLeft(x, 5) & 3;
        }

        return sum;
    }

    public static double Encodings()
    {
        string text = string.Concat(Enumerable.Repeat("Grüße, мир, 世界! plain words ", 60));
        long sum = 0;
        for (int i = 0; i < 10; i++)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            sum += utf8.Length + Encoding.UTF8.GetString(utf8).Length + Encoding.UTF8.GetByteCount(text);
            byte[] utf16 = Encoding.Unicode.GetBytes(text);
            sum += Encoding.Unicode.GetString(utf16).Length + Encoding.Latin1.GetBytes(text).Length + Encoding.ASCII.GetString(utf8).Length;
        }

        return sum;
    }

    public static double Encoded()
    {
        byte[] bytes = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))];
        long sum = 0;
        for (int i = 0; i < 10; i++)
        {
            string base64 = Convert.ToBase64String(bytes), hex = Convert.ToHexString(bytes);
            sum += base64.Length + hex.Length + Convert.FromBase64String(base64)[i] + Convert.FromHexString(hex)[i];
        }

        return sum;
    }
}
