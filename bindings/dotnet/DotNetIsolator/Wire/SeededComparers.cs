using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>Comparers for keys that come from a guest.</summary>
/// <remarks>
/// The hash codes of numbers are known to everyone, so a guest could send a hundred thousand keys with the same, and make this process compare each
/// with all others. These depend on a number of this process. For strings .NET does that itself.
/// </remarks>
internal static class SeededComparers
{
    private static readonly ConcurrentDictionary<Type, object?> Known = new();

    /// <summary>The <see cref="IEqualityComparer{T}"/> of a type; null where there is none.</summary>
    public static object? Of(Type key) => Known.GetOrAdd(key, Make);

    /// <summary>Whether a comparer is one of these.</summary>
    public static bool Is(object comparer) => comparer is ISeeded or SeededObjectComparer;

    private static object? Make(Type key)
    {
        if (key == typeof(object))
        {
            return new SeededObjectComparer();
        }

        return Type.GetTypeCode(key) switch
        {
            _ when key.IsEnum => null,
            TypeCode.Boolean => new Seeded<bool>(v => v ? 1 : 0),
            TypeCode.Char => new Seeded<char>(v => v),
            TypeCode.SByte => new Seeded<sbyte>(v => v),
            TypeCode.Byte => new Seeded<byte>(v => v),
            TypeCode.Int16 => new Seeded<short>(v => v),
            TypeCode.UInt16 => new Seeded<ushort>(v => v),
            TypeCode.Int32 => new Seeded<int>(v => v),
            TypeCode.UInt32 => new Seeded<uint>(v => v),
            TypeCode.Int64 => new Seeded<long>(v => v),
            TypeCode.UInt64 => new Seeded<ulong>(v => (Int128)v),
            TypeCode.Single => new Seeded<float>(v => Bits(v)),
            TypeCode.Double => new Seeded<double>(Bits),
            TypeCode.Decimal => new Seeded<decimal>(Bits),
            TypeCode.DateTime => new Seeded<DateTime>(v => v.Ticks),
            _ when key == typeof(TimeSpan) => new Seeded<TimeSpan>(v => v.Ticks),
            _ when key == typeof(DateTimeOffset) => new Seeded<DateTimeOffset>(v => v.UtcTicks),
            _ when key == typeof(DateOnly) => new Seeded<DateOnly>(v => v.DayNumber),
            _ when key == typeof(TimeOnly) => new Seeded<TimeOnly>(v => v.Ticks),
            _ when key == typeof(Guid) => new Seeded<Guid>(Bits),
            _ when key == typeof(Int128) => new Seeded<Int128>(v => v),
            _ when key == typeof(UInt128) => new Seeded<UInt128>(v => (Int128)v),
            _ => null,
        };
    }

    /// <summary>The same for numbers that are equal: both zeros, and whatever is no number.</summary>
    private static Int128 Bits(double value) => double.IsNaN(value) ? -1 : BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);

    /// <summary>The same for 1.0 and 1.00.</summary>
    private static Int128 Bits(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        // Division by a one with all digits takes zeros off the end.
        decimal.GetBits(value / 1.0000000000000000000000000000m, parts);
        return new Int128(Wide(parts[0], parts[1]), Wide(parts[2], value == 0 ? 0 : parts[3]));
    }

    private static Int128 Bits(Guid value) => Unsafe.ReadUnaligned<Int128>(ref Unsafe.As<Guid, byte>(ref value));

    private static ulong Wide(int low, int high) => (uint)low | ((ulong)(uint)high << 32);

    /// <summary>A hash code of 128 bits. .NET's own seed, which differs from process to process, goes into it.</summary>
    private static int Hash(Int128 bits)
    {
        ulong low = (ulong)bits;
        ulong high = (ulong)(bits >> 64);
        return HashCode.Combine((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32));
    }

    private interface ISeeded
    {
        int HashOf(object value);
    }

    private sealed class Seeded<T>(Func<T, Int128> bits) : IEqualityComparer<T>, ISeeded
        where T : struct
    {
        public bool Equals(T x, T y) => EqualityComparer<T>.Default.Equals(x, y);

        public int GetHashCode(T value) => Hash(bits(value));

        public int HashOf(object value) => Hash(bits((T)value));
    }

    private sealed class SeededObjectComparer : IEqualityComparer<object>
    {
        public new bool Equals(object? x, object? y) => object.Equals(x, y);

        public int GetHashCode(object value) => Of(value.GetType()) is ISeeded seeded ? seeded.HashOf(value) : value.GetHashCode();
    }
}
