using System;
using System.Globalization;
using System.Numerics;

namespace Training.Numbers;

/// <summary>Numbers from text and to text, for every type of number.</summary>
internal static class Parsing
{
    private static readonly string[] s_whole = ["0", "7", "-12", "+120", " 99 ", "1,000", "(5)", "2147483648", "x", "", "99999999999999999999999999999999999999999", "1e3", "FF"];

    private static readonly string[] s_real = ["0", "-1.5", "3.14159265358979", "1e10", "1.7976931348623157E308", "4.9E-324", "NaN", "Infinity", "-0", "1,234.5", ".5", "x", "0.1", "123456789012345678901234567890"];

    public static void Integers(Checksum sum)
    {
        Whole<sbyte>(sum);
        Whole<byte>(sum);
        Whole<short>(sum);
        Whole<ushort>(sum);
        Whole<int>(sum);
        Whole<uint>(sum);
        Whole<long>(sum);
        Whole<ulong>(sum);
        Whole<Int128>(sum);
        Whole<UInt128>(sum);
        Whole<BigInteger>(sum);
        Texts(sum);
    }

    public static void Reals(Checksum sum)
    {
        Real<Half>(sum);
        Real<float>(sum);
        Real<double>(sum);
        Real<decimal>(sum);
        sum.Add(double.Parse("1.234,5", NumberStyles.Any, CultureInfo.GetCultureInfo("de-DE")));
        sum.Add(float.TryParse("2.5", out float single) ? single : 0);
        sum.Add(double.TryParse("2.5", NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : 0);
        sum.Add(decimal.TryParse("2.50", NumberStyles.Number, CultureInfo.InvariantCulture, out decimal exact) ? exact : 0);
        double value = 1e-10;
        for (int i = 0; i < 40; i++)
        {
            sum.Add(value.ToString("R", CultureInfo.InvariantCulture));
            sum.Add(((float)value).ToString(CultureInfo.InvariantCulture));
            sum.Add(value.ToString("G17", CultureInfo.InvariantCulture));
            sum.Add(double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) == value);
            value *= -3.7;
        }
    }

    public static void Generic(Checksum sum)
    {
        Arithmetic<int>(sum);
        Arithmetic<long>(sum);
        Arithmetic<byte>(sum);
        Arithmetic<ulong>(sum);
        Arithmetic<float>(sum);
        Arithmetic<double>(sum);
        Arithmetic<decimal>(sum);
        Arithmetic<Half>(sum);
        Arithmetic<Int128>(sum);
        Arithmetic<BigInteger>(sum);
        Complex c = new Complex(1, 2) * new Complex(3, -1);
        sum.Add(c);
        sum.AddRounded(c.Magnitude);
    }

    private static void Whole<T>(Checksum sum)
        where T : IBinaryInteger<T>
    {
        foreach (string text in s_whole)
        {
            sum.Add(T.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out T? value) ? value : T.Zero);
            sum.Add(T.TryParse(text, NumberStyles.Any, CultureInfo.InvariantCulture, out value) ? value : T.Zero);
            sum.Add(T.TryParse(text.AsSpan(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value) ? value : T.Zero);
            sum.Add(T.TryParse(System.Text.Encoding.UTF8.GetBytes(text), CultureInfo.InvariantCulture, out value) ? value : T.Zero);
            sum.AddThrown(() => sum.Add(T.Parse(text, CultureInfo.InvariantCulture)));
        }

        T hundred = T.CreateChecked(100);
        sum.Add(T.PopCount(hundred) + T.LeadingZeroCount(hundred) + T.TrailingZeroCount(hundred) + (hundred >> 2) + (hundred ^ T.One));
        sum.Add(hundred.ToString("X", CultureInfo.InvariantCulture));
        sum.Add(hundred.ToString("D8", CultureInfo.InvariantCulture));
        (T quotient, T rest) = T.DivRem(hundred, T.CreateChecked(7));
        sum.Add(quotient);
        sum.Add(rest);
    }

    private static void Real<T>(Checksum sum)
        where T : IFloatingPoint<T>
    {
        foreach (string text in s_real)
        {
            sum.AddThrown(() => sum.Add(T.Parse(text, CultureInfo.InvariantCulture)));
            sum.Add(T.TryParse(text.AsSpan(), NumberStyles.Any, CultureInfo.InvariantCulture, out T? value) ? value : T.Zero);
            sum.Add(T.TryParse(System.Text.Encoding.UTF8.GetBytes(text), CultureInfo.InvariantCulture, out value) ? value : T.Zero);
        }

        T number = T.CreateChecked(-1234.5625);
        foreach (string format in new[] { "G", "F2", "N1", "E4", "0.0#", "P", "R" })
        {
            sum.AddThrown(() => sum.Add(number.ToString(format, CultureInfo.InvariantCulture)));
        }

        sum.Add(T.Round(number, 1) + T.Floor(number) + T.Ceiling(number) + T.Truncate(number) + T.Abs(number));
        sum.Add(T.Round(number, 2, MidpointRounding.AwayFromZero));
    }

    private static void Arithmetic<T>(Checksum sum)
        where T : INumber<T>
    {
        T total = T.Zero;
        for (int i = 1; i < 20; i++)
        {
            T next = T.CreateTruncating(i);
            total = total + (next * next) - (next / T.CreateChecked(2));
            total = T.Max(T.Min(total, T.CreateChecked(100)), next);
        }

        sum.Add(total);
        sum.Add(total % T.CreateChecked(7));
        sum.Add(T.Clamp(total, T.One, T.CreateChecked(9)));
        sum.Add(T.Sign(total));
        sum.Add(T.IsZero(total) || T.IsInteger(total));
        sum.Add(int.CreateSaturating(total));
        sum.Add(double.CreateTruncating(total));
        sum.Add(total.CompareTo(T.One));
        sum.Add(total.Equals(T.One));
    }

    private static void Texts(Checksum sum)
    {
        sum.Add(int.Parse("12"));
        sum.Add(int.TryParse("12", out int i) ? i : 0);
        sum.Add(int.TryParse("12".AsSpan(), out i) ? i : 0);
        sum.Add(int.Parse("ff", NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        sum.Add(int.Parse("1010", NumberStyles.BinaryNumber, CultureInfo.InvariantCulture));
        sum.Add(long.Parse("-9223372036854775808"));
        sum.Add(long.TryParse("5", out long l) ? l : 0);
        sum.Add(uint.Parse("5") + ulong.Parse("6") + byte.Parse("7") + (ulong)short.Parse("8") + ushort.Parse("9"));
        sum.Add(bool.Parse("True") && bool.TryParse("false", out _) && !bool.TryParse("x", out _));
        sum.Add(char.Parse("x"));
        sum.Add(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
        sum.Add(Guid.TryParse("{00112233-4455-6677-8899-aabbccddeeff}", out Guid id) ? id.ToString("N") + id.ToString("B") + id.ToString("X") : "");
        sum.Add(Version.Parse("1.2.3.4"));
        sum.Add(Version.TryParse("x", out _));
        sum.Add(Enum.Parse<DayOfWeek>("Friday"));
        for (int n = -1500; n < 1500; n += 137)
        {
            sum.Add(n.ToString());
            sum.Add(((long)n * 1_000_000_007).ToString(CultureInfo.InvariantCulture));
            sum.Add(((uint)(n + 1500)).ToString("N0", CultureInfo.InvariantCulture));
        }
    }
}
