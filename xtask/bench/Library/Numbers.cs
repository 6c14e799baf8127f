using System.Globalization;
using System.Numerics;

namespace Bench.Library;

/// <summary>Numbers, their texts, and what is computed with them.</summary>
internal static class Numbers
{
    public static double Integers()
    {
        long sum = 0;
        for (int i = 0; i < 2000; i++)
        {
            string text = (i * 7919).ToString();
            sum += int.Parse(text) + text.Length;
            sum += int.TryParse("x" + text, out int no) ? no : 1;
            sum += i.ToString("D6").Length + i.ToString("N0", CultureInfo.InvariantCulture).Length + i.ToString("X").Length;
            sum += long.Parse((i * 1_000_000_007L).ToString()) % 10 + Convert.ToInt32("ff", 16);
        }

        return sum;
    }

    public static double Doubles()
    {
        double sum = 0;
        for (int i = 1; i < 1500; i++)
        {
            double x = i * 0.37;
            string text = x.ToString(CultureInfo.InvariantCulture);
            sum += double.Parse(text, CultureInfo.InvariantCulture) + x.ToString("F2", CultureInfo.InvariantCulture).Length;
            sum += x.ToString("E3", CultureInfo.InvariantCulture).Length + ((float)x).ToString(CultureInfo.InvariantCulture).Length;
        }

        return Math.Round(sum, 3);
    }

    public static double Decimals()
    {
        decimal sum = 0;
        for (int i = 1; i < 1500; i++)
        {
            decimal x = i * 1.37m;
            string text = x.ToString(CultureInfo.InvariantCulture);
            sum += decimal.Parse(text, CultureInfo.InvariantCulture) + x.ToString("C", CultureInfo.InvariantCulture).Length + x.ToString("0.00", CultureInfo.InvariantCulture).Length;
        }

        return (double)sum;
    }

    public static double Money()
    {
        decimal balance = 1000;
        for (int i = 0; i < 3000; i++)
        {
            decimal interest = Math.Round(balance * 0.0137m / 12, 2, MidpointRounding.ToEven);
            balance += interest - i % 7 * 1.25m;
            balance = balance > 5000 ? balance % 1000m : balance;
            if (decimal.Compare(balance, 10m) < 0)
            {
                balance = 1000;
            }
        }

        return (double)balance;
    }

    public static double Functions()
    {
        double sum = 0;
        for (int i = 1; i < 3000; i++)
        {
            double x = i * 0.01;
            sum += Math.Sqrt(x) + Math.Sin(x) + Math.Pow(x, 1.5) + Math.Log(x) + Math.Exp(-x) + Math.Atan2(x, 2);
            sum += Math.Floor(x) + Math.Round(x, 1) + Math.Abs(-x) + Math.Max(x, 5) + Math.Clamp(i, 10, 100) + Math.Sign(x) + Math.DivRem(i, 7).Remainder;
        }

        return Math.Round(sum, 3);
    }

    public static double Randoms()
    {
        Random random = new(42);
        long sum = 0;
        for (int i = 0; i < 5000; i++)
        {
            sum += random.Next(100) + random.Next(5, 10) + (random.NextDouble() < 0.5 ? 1 : 0);
        }

        int[] cards = [.. Enumerable.Range(0, 52)];
        Random fast = new();
        for (int i = 0; i < 50; i++)
        {
            fast.Shuffle(cards);
            sum += fast.Next(1) + fast.NextInt64(1) + Random.Shared.Next(1);
        }

        return sum + cards.Sum();
    }

    public static double Big()
    {
        BigInteger a = 1, b = 1;
        for (int i = 0; i < 300; i++)
        {
            (a, b) = (b, a + b);
        }

        BigInteger factorial = 1;
        for (int i = 1; i <= 120; i++)
        {
            factorial *= i;
        }

        return (double)(factorial % (a + 1_000_003) % 997) + factorial.ToString().Length + (double)BigInteger.ModPow(3, 1000, 1_000_007) + (BigInteger.Parse(a.ToString()) == a ? 1 : 0);
    }

    public static double Guids()
    {
        long sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            Guid guid = new(i, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8);
            string text = guid.ToString();
            sum += text.Length + (Guid.Parse(text) == guid ? 1 : 0) + guid.ToString("N").Length + (Guid.TryParse("no", out _) ? 1 : 0) + guid.CompareTo(Guid.Empty) + guid.ToByteArray()[0];
        }

        return sum;
    }

    private static T SumOf<T>(T[] numbers)
        where T : INumber<T>
    {
        T sum = T.Zero;
        foreach (T number in numbers)
        {
            sum += T.Max(number, T.One) * T.CreateChecked(2);
        }

        return sum;
    }

    public static double Generic()
    {
        int[] ints = [.. Enumerable.Range(0, 3000)];
        double[] doubles = [.. ints.Select(i => i * 0.5)];
        return SumOf(ints) + SumOf(doubles) + (double)SumOf(ints.Take(300).Select(i => (decimal)i).ToArray());
    }
}
