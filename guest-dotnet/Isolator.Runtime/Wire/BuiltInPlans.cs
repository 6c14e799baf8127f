using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Isolator.Runtime.Wire;

/// <summary>The types of the base class library that have a form of their own on the wire.</summary>
internal static class BuiltInPlans
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>One plan each.</summary>
    public static IEnumerable<TypePlan> All()
    {
        Type[] scalars =
        [
            typeof(bool), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
            typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(char),
        ];
        foreach (Type scalar in scalars)
        {
            yield return new ScalarPlan(scalar);
        }

        yield return new StringPlan();
        yield return new BytesPlan();
        yield return new DynamicPlan(typeof(object));
        yield return new CustomValuePlan<DateTime>(r => r.ReadDateTime(), (w, v) => w.WriteDateTime(v));
        yield return new CustomValuePlan<DateTimeOffset>(ReadDateTimeOffset, WriteDateTimeOffset);
        yield return new CustomValuePlan<TimeSpan>(r => new TimeSpan(r.ReadInt64()), (w, v) => w.WriteInt64(v.Ticks));
        yield return new CustomValuePlan<DateOnly>(
            r => DateOnly.FromDayNumber((int)r.ReadInt64(0, DateOnly.MaxValue.DayNumber, "a DateOnly")),
            (w, v) => w.WriteInt64(v.DayNumber));
        yield return new CustomValuePlan<TimeOnly>(
            r => new TimeOnly(r.ReadInt64(0, TimeOnly.MaxValue.Ticks, "a TimeOnly")),
            (w, v) => w.WriteInt64(v.Ticks));
        yield return new CustomValuePlan<Guid>(
            r => Parse<Guid>(r, "a Guid", s => Guid.TryParse(s, out Guid v) ? v : null),
            (w, v) => w.WriteString(v.ToString()));
        yield return new CustomValuePlan<decimal>(ReadDecimal, (w, v) => w.WriteString(v == 0 && decimal.IsNegative(v) ? "-" + v.ToString(Invariant) : v.ToString(Invariant)));
        yield return new CustomValuePlan<Half>(r => (Half)r.ReadDouble(), (w, v) => w.WriteSingle((float)v));
        yield return new CustomValuePlan<Int128>(
            r => IsText(r) ? Parse<Int128>(r, "an Int128", s => Int128.TryParse(s, NumberStyles.Integer, Invariant, out Int128 v) ? v : null) : ReadInteger(r),
            (w, v) => w.WriteString(v.ToString(Invariant)));
        yield return new CustomValuePlan<UInt128>(
            r => IsText(r) ? Parse<UInt128>(r, "a UInt128", s => UInt128.TryParse(s, NumberStyles.Integer, Invariant, out UInt128 v) ? v : null) : r.ReadUInt64(),
            (w, v) => w.WriteString(v.ToString(Invariant)));
        yield return new CustomValuePlan<BigInteger>(ReadBigInteger, (w, v) => w.WriteBinary(v.ToByteArray()));
        yield return new CustomValuePlan<Complex>(ReadComplex, WriteComplex);
        yield return new CustomValuePlan<Rune>(ReadRune, (w, v) => w.WriteInt64(v.Value));
        yield return new CustomValuePlan<nint>(r => (nint)r.ReadInt64(nint.MinValue, nint.MaxValue, "an nint"), (w, v) => w.WriteInt64(v));
        yield return new CustomValuePlan<nuint>(ReadNuint, (w, v) => w.WriteUInt64(v));
        yield return new CustomValuePlan<ReadOnlyMemory<byte>>(r => BytesPlan.ReadBytes(r), (w, v) => w.WriteBinary(v.Span));
        yield return new CustomValuePlan<Memory<byte>>(r => BytesPlan.ReadBytes(r), (w, v) => w.WriteBinary(v.Span));
        yield return new CustomValuePlan<ArraySegment<byte>>(r => new ArraySegment<byte>(BytesPlan.ReadBytes(r)), (w, v) => w.WriteBinary(v));
        yield return new CustomReferencePlan<Version>(
            r => ParseClass(r, "a Version", s => Version.TryParse(s, out Version? v) ? v : null),
            (w, v) => w.WriteString(v.ToString()));
        yield return new CustomReferencePlan<Uri>(
            r => ParseClass(r, "a Uri", s => Uri.TryCreate(s, UriKind.RelativeOrAbsolute, out Uri? v) ? v : null),
            (w, v) => w.WriteString(v.OriginalString));
        yield return new CustomReferencePlan<StringBuilder>(r => new StringBuilder(r.ReadString()), (w, v) => w.WriteString(v.ToString()));
        yield return new CustomReferencePlan<CultureInfo>(r => Plans.CultureOf(r.ReadString()), (w, v) => w.WriteString(v.Name));
        yield return new CustomReferencePlan<DBNull>(
            r => throw r.Unexpected("nil"),
            (w, _) => w.WriteNil());
    }

    private static bool IsText(WireReader reader)
    {
        byte code = reader.Peek();
        return (code & 0xe0) == Codes.FixStr || code is Codes.Str8 or Codes.Str16 or Codes.Str32;
    }

    private static T Parse<T>(WireReader reader, string what, Func<string, T?> parse)
        where T : struct
    {
        string text = reader.ReadString() ?? string.Empty;
        return parse(text) ?? throw NotA(text, what);
    }

    private static T ParseClass<T>(WireReader reader, string what, Func<string, T?> parse)
        where T : class
    {
        string text = reader.ReadString() ?? string.Empty;
        return parse(text) ?? throw NotA(text, what);
    }

    private static FailureException NotA(string text, string what) =>
        new(FailureKind.Value, $"The string '{(text.Length <= 60 ? text : text[..60] + "…")}' is not {what}.");

    private static Int128 ReadInteger(WireReader reader) =>
        reader.Peek() == Codes.UInt64 ? reader.ReadUInt64() : reader.ReadInt64();

    private static decimal ReadDecimal(WireReader reader)
    {
        if (IsText(reader))
        {
            return Parse(reader, "a decimal", s => decimal.TryParse(s, NumberStyles.Float, Invariant, out decimal v)
                ? v == 0 && s.StartsWith('-') ? new decimal(0, 0, 0, isNegative: true, v.Scale) : v
                : (decimal?)null);
        }

        if (reader.Peek() is Codes.Float32 or Codes.Float64)
        {
            double number = reader.ReadDouble();
            return Math.Abs(number) < 7.9e28 ? (decimal)number : throw NotA(number.ToString(Invariant), "a decimal");
        }

        return (decimal)ReadInteger(reader);
    }

    // As MessagePack libraries for .NET have it: the clock time as if it were UTC, and the offset in minutes.
    private static DateTimeOffset ReadDateTimeOffset(WireReader reader)
    {
        if (reader.PeekExtension() != 0)
        {
            DateTime point = reader.ReadDateTime();
            return point.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(point, TimeSpan.Zero) : new DateTimeOffset(point);
        }

        if (reader.ReadArrayHeader() != 2)
        {
            throw new FailureException(FailureKind.Value, "A DateTimeOffset is an array of a timestamp and an offset in minutes.");
        }

        DateTime clock = reader.ReadDateTime();
        TimeSpan offset = TimeSpan.FromMinutes(reader.ReadInt64(-14 * 60, 14 * 60, "an offset from UTC in minutes"));
        long utc = clock.Ticks - offset.Ticks;
        return utc >= 0 && utc <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(clock.Ticks, offset)
            : throw new FailureException(FailureKind.Value, "A DateTimeOffset is outside the years 1 to 9999.");
    }

    private static void WriteDateTimeOffset(WireWriter writer, DateTimeOffset value)
    {
        writer.WriteArrayHeader(2);
        writer.WriteDateTime(new DateTime(value.Ticks, DateTimeKind.Utc));
        writer.WriteInt64((long)value.Offset.TotalMinutes);
    }

    private static unsafe BigInteger ReadBigInteger(WireReader reader)
    {
        byte code = reader.Peek();
        if (code is >= Codes.Bin8 and <= Codes.Bin32)
        {
            int length = reader.ReadBinaryHeader();
            BigInteger number = new(new ReadOnlySpan<byte>(reader.Pointer, length));
            reader.Advance(length);
            return number;
        }

        return IsText(reader)
            ? Parse(reader, "a BigInteger", s => BigInteger.TryParse(s, NumberStyles.Integer, Invariant, out BigInteger v) ? v : (BigInteger?)null)
            : (BigInteger)ReadInteger(reader);
    }

    private static Complex ReadComplex(WireReader reader)
    {
        if (reader.ReadArrayHeader() != 2)
        {
            throw new FailureException(FailureKind.Value, "A Complex is an array of its real and its imaginary part.");
        }

        double real = reader.ReadDouble();
        return new Complex(real, reader.ReadDouble());
    }

    private static void WriteComplex(WireWriter writer, Complex value)
    {
        writer.WriteArrayHeader(2);
        writer.WriteDouble(value.Real);
        writer.WriteDouble(value.Imaginary);
    }

    private static Rune ReadRune(WireReader reader)
    {
        long value = reader.ReadInt64();
        return Rune.IsValid((int)value) && (int)value == value
            ? new Rune((int)value)
            : throw new FailureException(FailureKind.Value, $"The number {value} is not a Unicode scalar value.");
    }

    private static nuint ReadNuint(WireReader reader)
    {
        ulong value = reader.ReadUInt64();
        return value <= nuint.MaxValue
            ? (nuint)value
            : throw new FailureException(FailureKind.Value, $"The number {value} does not fit into a nuint.");
    }
}
