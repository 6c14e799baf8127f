using System;
using System.Collections.Generic;
using System.Numerics;
using System.Text;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>The value types that have a form of their own.</summary>
internal static class ValueForms
{
    private static readonly Dictionary<Type, ValueForm> Known = new()
    {
        [typeof(decimal)] = new ValueForm<decimal>(16, WriteDecimal, ReadDecimal),
        [typeof(DateTime)] = new ValueForm<DateTime>(8, (w, v) => w.WriteInt64(BitsOf(v)), r => TimeOf(r.ReadInt64())),
        [typeof(DateTimeOffset)] = new ValueForm<DateTimeOffset>(9, WriteOffset, ReadOffset),
        [typeof(DateOnly)] = new ValueForm<DateOnly>(1, (w, v) => w.WriteNumber((uint)v.DayNumber), r => DateOnly.FromDayNumber((int)r.ReadNumber())),
        [typeof(TimeOnly)] = new ValueForm<TimeOnly>(8, (w, v) => w.WriteInt64(v.Ticks), r => new TimeOnly(r.ReadInt64())),
        [typeof(Rune)] = new ValueForm<Rune>(1, (w, v) => w.WriteNumber((uint)v.Value), r => new Rune(r.ReadNumber())),
        [typeof(BigInteger)] = new ValueForm<BigInteger>(1, (w, v) => w.WriteBytes(v.ToByteArray()), r => new BigInteger(r.ReadBytes())),
        [typeof(nint)] = new ValueForm<nint>(8, (w, v) => w.WriteInt64(v), r => checked((nint)r.ReadInt64())),
        [typeof(nuint)] = new ValueForm<nuint>(8, (w, v) => w.WriteInt64((long)v), r => checked((nuint)(ulong)r.ReadInt64())),
    };

    /// <summary>The form of a type; null if it has none.</summary>
    public static ValueForm? Of(Type type)
    {
        if (Known.TryGetValue(type, out ValueForm? form))
        {
            return form;
        }

        return type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Memory<>) || type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>))
            ? new MemoryForm(type)
            : null;
    }

    private static void WriteDecimal(GraphWriter writer, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        writer.WriteInt64((uint)bits[0] | ((long)bits[1] << 32));
        writer.WriteInt64((uint)bits[2] | ((long)bits[3] << 32));
    }

    private static decimal ReadDecimal(GraphReader reader)
    {
        long low = reader.ReadInt64();
        long high = reader.ReadInt64();
        return new decimal([(int)low, (int)(low >> 32), (int)high, (int)(high >> 32)]);
    }

    /// <summary>The ticks, and the kind in the two bits above.</summary>
    private static long BitsOf(DateTime value) => value.Ticks | ((long)value.Kind << 62);

    private static DateTime TimeOf(long bits) => new(bits & 0x3fff_ffff_ffff_ffff, (DateTimeKind)(byte)((ulong)bits >> 62));

    private static void WriteOffset(GraphWriter writer, DateTimeOffset value)
    {
        writer.WriteInt64(value.Ticks);
        writer.WriteNumber((uint)(value.TotalOffsetMinutes + (14 * 60)));
    }

    private static DateTimeOffset ReadOffset(GraphReader reader)
    {
        long ticks = reader.ReadInt64();
        return new DateTimeOffset(ticks, TimeSpan.FromMinutes((int)Math.Min(reader.ReadNumber(), 10_000) - (14 * 60)));
    }
}
