using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bench;

/// <summary>Programs that compute by calling the base library, and some that do not, each with a result that tells a wrong run.</summary>
public static class Kinds
{
    public sealed record Order(int Id, string Customer, double Total, List<Line> Lines, DateTime Placed, bool Paid);

    public sealed record Line(string Article, int Count, decimal Price);

    private struct Body
    {
        public double X, Y, Z, VX, VY, VZ, Mass;
    }

    public static double Json()
    {
        List<Order> orders = [.. Enumerable.Range(0, 200).Select(i => new Order(
            i,
            "customer " + i,
            i * 1.25,
            [new("pen", i, 1.5m), new("paper", 2, 0.25m)],
            new DateTime(2025, 1, 1).AddHours(i),
            i % 2 == 0))];
        string text = JsonSerializer.Serialize(orders);
        List<Order> read = JsonSerializer.Deserialize<List<Order>>(text)!;
        return text.Length + read.Sum(order => order.Total);
    }

    public static double Linq()
    {
        var rows = Enumerable.Range(0, 20_000).Select(i => (Key: i * 7919 % 1009, Name: "n" + i % 101, Value: i % 13)).ToList();
        double sum = rows.Where(row => row.Value > 3).GroupBy(row => row.Name).OrderBy(g => g.Key, StringComparer.Ordinal).Sum(g => g.Sum(row => row.Value) * (double)g.Count());
        return sum + rows.OrderBy(row => row.Key).ThenByDescending(row => row.Value).Take(100).Sum(row => row.Key) + rows.Select(row => row.Key).Distinct().Count();
    }

    public static double Strings()
    {
        Dictionary<string, int> counts = [];
        StringBuilder text = new();
        for (int i = 0; i < 20_000; i++)
        {
            string word = string.Concat("w", (i * 7919 % 997).ToString(CultureInfo.InvariantCulture));
            counts[word] = counts.GetValueOrDefault(word) + 1;
            if (i % 10 == 0)
            {
                text.Append(word.ToUpperInvariant()).Append(' ');
            }
        }

        return counts.Values.Max() * 1000.0 + counts.Count + text.ToString().Replace("W1", "x", StringComparison.Ordinal).IndexOf("W99", StringComparison.Ordinal);
    }

    private static readonly Regex s_pairs = new(@"(?<name>[a-z]+)=(?<value>\d+)", RegexOptions.CultureInvariant);

    public static double Expressions()
    {
        string text = string.Join(';', Enumerable.Range(0, 2000).Select(i => "key=" + i));
        double sum = 0;
        for (Match match = s_pairs.Match(text); match.Success; match = match.NextMatch())
        {
            sum += int.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
        }

        return sum;
    }

    public static double Big() => (double)(BigInteger.ModPow(3, BigInteger.Pow(10, 200), BigInteger.Parse("170141183460469231731687303715884105727", CultureInfo.InvariantCulture)) % 1_000_003);

    private static readonly string s_long = string.Concat(Enumerable.Range(0, 20_000).Select(i => "größer " + i));

    public static double Utf8()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(s_long);
        return bytes.Length + Encoding.UTF8.GetString(bytes).IndexOf("r 19999", StringComparison.Ordinal);
    }

    public static double Splitting()
    {
        string text = string.Join(',', Enumerable.Range(0, 20_000));
        return string.Join(';', text.Split(',')).Length;
    }

    public static double Sorting()
    {
        int[] numbers = new int[200_000];
        uint state = 1;
        for (int i = 0; i < numbers.Length; i++)
        {
            state = (state * 1664525) + 1013904223;
            numbers[i] = (int)(state >> 4);
        }

        Array.Sort(numbers);
        return numbers[1000] + (double)numbers[^1];
    }

    public static double Formatting()
    {
        int length = 0;
        double sum = 0;
        for (int i = 0; i < 5_000; i++)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{i:D6} {i * 1.5:F3} {i * 0.1} {(decimal)i:N2}");
            length += text.Length;
            sum += int.Parse(text.AsSpan(0, 6), CultureInfo.InvariantCulture) + double.Parse(text.AsSpan(7, text.IndexOf(' ', 7) - 7), CultureInfo.InvariantCulture);
        }

        return length + sum;
    }

    private static readonly byte[] s_megabyte = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 31))];

    public static double Sha256() => BitConverter.ToUInt32(SHA256.HashData(s_megabyte));

    /// <summary>A password as it is kept: the rounds that are recommended for SHA-256.</summary>
    public static double Password() =>
        BitConverter.ToUInt32(Rfc2898DeriveBytes.Pbkdf2("correct horse battery staple", "sixteen bytes..."u8, 600_000, HashAlgorithmName.SHA256, 32));

    public static double Loop()
    {
        int state = 1;
        for (int i = 0; i < 3_000_000; i++)
        {
            state = (state * 31) ^ (i >> 3);
        }

        return state;
    }

    public static double Bodies()
    {
        Body[] bodies = new Body[5];
        for (int i = 0; i < bodies.Length; i++)
        {
            bodies[i] = new Body { X = i * 1.5, Y = i - 2, Z = 0.5 * i, VX = 0.01 * i, VY = 0.02, VZ = 0, Mass = 1 + (i * 0.1) };
        }

        for (int step = 0; step < 4_000; step++)
        {
            for (int i = 0; i < bodies.Length; i++)
            {
                for (int j = i + 1; j < bodies.Length; j++)
                {
                    ref Body a = ref bodies[i], b = ref bodies[j];
                    double x = a.X - b.X, y = a.Y - b.Y, z = a.Z - b.Z, squared = (x * x) + (y * y) + (z * z) + 0.01;
                    double force = 0.001 / (squared * Math.Sqrt(squared));
                    a.VX -= x * b.Mass * force;
                    a.VY -= y * b.Mass * force;
                    a.VZ -= z * b.Mass * force;
                    b.VX += x * a.Mass * force;
                    b.VY += y * a.Mass * force;
                    b.VZ += z * a.Mass * force;
                }
            }

            foreach (ref Body body in bodies.AsSpan())
            {
                body.X += body.VX * 0.001;
                body.Y += body.VY * 0.001;
                body.Z += body.VZ * 0.001;
            }
        }

        return bodies.Sum(body => body.X * body.Mass);
    }
}
