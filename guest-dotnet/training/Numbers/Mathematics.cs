using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Training.Numbers;

/// <summary>Arithmetic of the base library.</summary>
internal static class Mathematics
{
    public static void Functions(Checksum sum)
    {
        for (double x = -2.75; x < 3; x += 0.5)
        {
            foreach (double y in new[] { Math.Sin(x), Math.Cos(x), Math.Tan(x), Math.Atan(x), Math.Exp(x), Math.Sinh(x), Math.Cosh(x), Math.Tanh(x), Math.Cbrt(x), Math.Atan2(x, 2), Math.Pow(2.5, x), Math.Sqrt(Math.Abs(x)), Math.Log(Math.Abs(x)), Math.Log10(Math.Abs(x)), Math.Log2(Math.Abs(x)), Math.Asin(x / 4), Math.Acos(x / 4), MathF.Sin((float)x) > 0 ? 1 : 0 })
            {
                sum.Add(y.ToString("G9", CultureInfo.InvariantCulture));
            }

            sum.Add(Math.Floor(x) + Math.Ceiling(x) + Math.Round(x) + Math.Round(x, 1) + Math.Truncate(x) + Math.Abs(x) + Math.Sign(x) + Math.IEEERemainder(x, 2) + Math.CopySign(1, x) + Math.Max(x, 1) + Math.Min(x, 1) + Math.FusedMultiplyAdd(x, 2, 1));
            sum.Add(Math.Round(x, MidpointRounding.AwayFromZero) + Math.Round((decimal)x, 1, MidpointRounding.ToZero).CompareTo(0));
            sum.Add(MathF.Floor((float)x) + MathF.Sqrt(MathF.Abs((float)x)).CompareTo(1) + MathF.Round((float)x));
            sum.Add(double.IsNaN(x) || double.IsInfinity(x) || double.IsFinite(x));
        }

        sum.Add(Math.Max(1, 2) + Math.Min(1L, 2L) + Math.Abs(-5) + Math.Clamp(15, 0, 10) + Math.DivRem(17, 5, out int rest) + rest);
        sum.Add(Math.BigMul(int.MaxValue, 3) + (long)Math.BigMul(ulong.MaxValue, 3ul, out _));
        sum.AddThrown(() => sum.Add(checked(int.MaxValue + rest)));
        sum.AddThrown(() => sum.Add(10 / (rest - 2)));
        sum.AddThrown(() => sum.Add((int)checked((long)1e18 * rest)));
        decimal d = 1.10m;
        sum.Add(((d * 3.333m) / 7) + (d % 0.3m) - decimal.Round(d, 1) + decimal.Floor(d) + decimal.Truncate(d) + decimal.Negate(d) + decimal.Parse("1.5", CultureInfo.InvariantCulture));
        sum.AddAll(decimal.GetBits(d));
        sum.Add(d.CompareTo(1) + decimal.Compare(d, 2) + (int)d + (double)(decimal)2.5 + (double)(float)d.Scale);
        Random random = new(42);
        sum.AddAll(Enumerable.Range(0, 10).Select(_ => random.Next(100)));
        sum.Add(random.NextDouble());
        sum.Add(random.NextInt64(1000));
        byte[] bytes = new byte[8];
        random.NextBytes(bytes);
        sum.Add(Convert.ToHexString(bytes));
        int[] order = [1, 2, 3, 4, 5];
        random.Shuffle(order);
        sum.AddAll(order);
        sum.Add(random.GetItems(order, 3).Length);
        sum.Add(Random.Shared.Next(5) < 5 && Random.Shared.NextDouble() < 1 && Random.Shared.Next(1, 3) > 0);
    }

    public static void Big(Checksum sum)
    {
        BigInteger a = BigInteger.Pow(7, 120), b = BigInteger.Parse("123456789012345678901234567890");
        sum.Add(a);
        sum.Add(a * b);
        sum.Add(a / b);
        sum.Add(a % b);
        sum.Add(a - b + 1);
        sum.Add(-a + (b << 70) - (a >> 33));
        sum.Add(BigInteger.ModPow(b, 65537, a));
        sum.Add(BigInteger.GreatestCommonDivisor(a, b));
        sum.Add(BigInteger.DivRem(a, b, out BigInteger rest) + rest);
        sum.Add((a & b) ^ (a | b));
        sum.Add(a.CompareTo(b) + a.Sign + (a == b ? 1 : 0) + (a.IsEven ? 1 : 0));
        sum.Add(a.ToString("X"));
        sum.Add(a.ToString("N0", CultureInfo.InvariantCulture));
        sum.Add(new BigInteger(a.ToByteArray()) == a);
        sum.Add(Convert.ToHexString(b.ToByteArray(true, true)));
        sum.Add((long)(BigInteger)5L + (double)(BigInteger)2.7 + (int)BigInteger.One);
        sum.AddRounded(BigInteger.Log10(a));
        sum.Add(a.GetBitLength());
        BigInteger factorial = Enumerable.Range(1, 60).Aggregate(BigInteger.One, (all, i) => all * i);
        sum.Add(factorial);
        sum.Add(BigInteger.Max(a, b) - BigInteger.Min(a, b) + BigInteger.Abs(-a));
        sum.Add(BigInteger.TryParse("x", out _));
        BigInteger large = BigInteger.Pow(3, 4000);
        sum.Add((large * large).ToString().Length);
        sum.Add((large * large / (large + 1)).IsOne);
        Int128 wide = Int128.MaxValue / 3;
        sum.Add((wide * 2) + (wide >> 5) - (wide % 1000));
        sum.Add((UInt128)wide * 3);
    }

    public static void Bits(Checksum sum)
    {
        uint x = 0xdeadbeef;
        sum.Add(BitOperations.PopCount(x) + BitOperations.LeadingZeroCount(x) + BitOperations.TrailingZeroCount(x) + BitOperations.Log2(x));
        sum.Add(BitOperations.RotateLeft(x, 5) ^ BitOperations.RotateRight(x, 7) ^ BitOperations.RoundUpToPowerOf2(x >> 3));
        sum.Add(BitOperations.IsPow2(x));
        sum.Add(BitConverter.ToString(BitConverter.GetBytes(x)));
        sum.Add(BitConverter.GetBytes(2.5).Length + BitConverter.ToInt32([1, 2, 3, 4], 0) + BitConverter.DoubleToInt64Bits(2.5) + BitConverter.SingleToInt32Bits(2.5f));
        sum.Add(BitConverter.Int64BitsToDouble(0x4004000000000000) + BitConverter.ToDouble(new byte[8]));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes, 5);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], 6);
        BinaryPrimitives.WriteDoubleBigEndian(bytes[8..], 7.5);
        BinaryPrimitives.WriteInt16LittleEndian(bytes[2..], 9);
        sum.Add(Convert.ToHexString(bytes));
        sum.Add(BinaryPrimitives.ReadInt32LittleEndian(bytes) + BinaryPrimitives.ReadInt64BigEndian(bytes) + BinaryPrimitives.ReadUInt16BigEndian(bytes) + BinaryPrimitives.ReverseEndianness(x));
        sum.AddAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray());
        sum.Add(MemoryMarshal.Read<long>(bytes));
        sum.AddAll(MemoryMarshal.AsBytes<short>([1, 2]).ToArray());
        HashCode hash = default;
        hash.Add(1);
        hash.Add("x");
        sum.Add(hash.ToHashCode() == hash.ToHashCode());
        sum.Add(HashCode.Combine(1, 2L, 3.0, 'c') == HashCode.Combine(1, 2L, 3.0, 'c'));
        int shared = 5;
        System.Threading.Interlocked.Increment(ref shared);
        System.Threading.Interlocked.CompareExchange(ref shared, 10, 6);
        sum.Add(System.Threading.Interlocked.Exchange(ref shared, 3) + System.Threading.Interlocked.Add(ref shared, 4));
    }

    public static void Vectors(Checksum sum)
    {
        Vector<int> v = new(3);
        sum.Add(Vector.Sum(v * v) / Vector<int>.Count);
        Vector128<int> w = Vector128.Create(1, 2, 3, 4);
        sum.Add(Vector128.Sum(w + w));
        sum.Add((w & Vector128.Create(1)).ToScalar());
        sum.Add(Vector128.GreaterThan(w, Vector128.Create(2)).ExtractMostSignificantBits());
        sum.Add(Vector256.Sum(Vector256.Create(1.5)));
        Vector3 p = new(1, 2, 3), q = new(4, 5, 6);
        sum.Add(Vector3.Dot(p, q) + Vector3.Cross(p, q).X + Vector3.Distance(p, p) + Vector3.Lerp(p, q, 0.5f).Y);
        sum.Add(Vector2.Normalize(new(3, 4)).X > 0.5f);
        sum.Add(Vector4.Transform(new Vector4(1, 2, 3, 1), Matrix4x4.CreateTranslation(1, 1, 1)));
        sum.Add((Matrix4x4.Identity * Matrix4x4.CreateScale(2)).GetDeterminant());
        sum.Add(Matrix3x2.CreateTranslation(1, 2).Translation);
        sum.Add(Quaternion.Concatenate(Quaternion.Identity, Quaternion.Identity).W);
        sum.Add(new Plane(0, 1, 0, 5).D);
    }

    public static void Converting(Checksum sum)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        foreach (object? value in new object?[] { 5, 6L, 7.5, 8.25f, 9.75m, "12", true, (byte)3, (short)4, 'A', null })
        {
            sum.AddThrown(() => sum.Add(Convert.ToInt32(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToInt64(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToDouble(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToDecimal(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToBoolean(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToByte(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToSingle(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ToString(value, invariant)));
            sum.AddThrown(() => sum.Add(Convert.ChangeType(value, typeof(long), invariant)));
            sum.AddThrown(() => sum.Add(Convert.ChangeType(value, typeof(string), invariant)));
        }

        sum.Add(Convert.ToString(255, 16) + Convert.ToString(5, 2) + Convert.ToInt32("ff", 16) + Convert.ToInt64("77", 8));
        sum.Add(Convert.ToDateTime("2024-05-06", invariant));
        double big = 1e20;
        sum.Add(unchecked((int)(long)3e9) + (uint)3e9 + (long)1.9 + (byte)200.5 + (char)65.5 + (decimal)big.CompareTo(1));
        sum.AddThrown(() => sum.Add(checked((int)big)));
        sum.Add(System.ComponentModel.TypeDescriptor.GetConverter(typeof(int)).ConvertFromInvariantString("12"));
        sum.Add(System.ComponentModel.TypeDescriptor.GetConverter(typeof(DayOfWeek)).ConvertFromInvariantString("Monday"));
    }
}
