using System;
using System.Runtime.CompilerServices;

namespace DotNetIsolator;

/// <summary>The letter and the bits of a number, without boxing: the JIT leaves one branch of each of these.</summary>
/// <typeparam name="T">Any type; the letter is 0 for what is no number.</typeparam>
internal static class Scalar<T>
{
    /// <summary>The letter of the contract's scalar signatures.</summary>
    public static readonly byte Letter = LetterOf();

    /// <summary>As 64 bits: integers extended with their sign or zeroes, floating-point numbers as IEEE 754.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ToBits(T value)
    {
        if (typeof(T) == typeof(int))
        {
            return (ulong)(long)Unsafe.As<T, int>(ref value);
        }

        if (typeof(T) == typeof(long) || typeof(T) == typeof(ulong) || typeof(T) == typeof(double))
        {
            return Unsafe.As<T, ulong>(ref value);
        }

        if (typeof(T) == typeof(bool) || typeof(T) == typeof(byte))
        {
            return Unsafe.As<T, byte>(ref value);
        }

        if (typeof(T) == typeof(sbyte))
        {
            return (ulong)(long)Unsafe.As<T, sbyte>(ref value);
        }

        if (typeof(T) == typeof(short))
        {
            return (ulong)(long)Unsafe.As<T, short>(ref value);
        }

        return typeof(T) == typeof(ushort) || typeof(T) == typeof(char)
            ? Unsafe.As<T, ushort>(ref value)
            : Unsafe.As<T, uint>(ref value);
    }

    /// <summary>The number of some bits. A bool from a guest may be any byte; here it is one of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T FromBits(ulong bits)
    {
        T value = default!;
        if (typeof(T) == typeof(int) || typeof(T) == typeof(uint) || typeof(T) == typeof(float))
        {
            Unsafe.As<T, uint>(ref value) = (uint)bits;
        }
        else if (typeof(T) == typeof(long) || typeof(T) == typeof(ulong) || typeof(T) == typeof(double))
        {
            Unsafe.As<T, ulong>(ref value) = bits;
        }
        else if (typeof(T) == typeof(bool))
        {
            Unsafe.As<T, bool>(ref value) = (byte)bits != 0;
        }
        else if (typeof(T) == typeof(byte) || typeof(T) == typeof(sbyte))
        {
            Unsafe.As<T, byte>(ref value) = (byte)bits;
        }
        else if (typeof(T) == typeof(short) || typeof(T) == typeof(ushort) || typeof(T) == typeof(char))
        {
            Unsafe.As<T, ushort>(ref value) = (ushort)bits;
        }

        return value;
    }

    private static byte LetterOf() => (byte)Character();

    private static char Character() => typeof(T).IsEnum ? '\0' : Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Boolean => 'z',
        TypeCode.Char => 'c',
        TypeCode.SByte => 'b',
        TypeCode.Byte => 'B',
        TypeCode.Int16 => 's',
        TypeCode.UInt16 => 'S',
        TypeCode.Int32 => 'i',
        TypeCode.UInt32 => 'I',
        TypeCode.Int64 => 'l',
        TypeCode.UInt64 => 'L',
        TypeCode.Single => 'f',
        TypeCode.Double => 'd',
        _ => '\0',
    };
}
