using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <content>Arrays of the commonest numbers, in loops without calls.</content>
internal sealed unsafe partial class WireWriter
{
    /// <summary>Writes ints one after the other, without a header.</summary>
    public void WriteInt32s(ReadOnlySpan<int> values)
    {
        Ensure(values.Length, 5);
        fixed (int* first = values)
        {
            int* last = first + values.Length;
            byte* p = _pos;
            for (int* from = first; from < last; from++)
            {
                int value = *from;
                if (value >= -32 && value <= 127)
                {
                    *p++ = (byte)value;
                }
                else if ((uint)value <= ushort.MaxValue)
                {
                    if (value <= byte.MaxValue)
                    {
                        p[0] = Codes.UInt8;
                        p[1] = (byte)value;
                        p += 2;
                    }
                    else
                    {
                        p[0] = Codes.UInt16;
                        p[1] = (byte)(value >> 8);
                        p[2] = (byte)value;
                        p += 3;
                    }
                }
                else
                {
                    _pos = p;
                    PutInt64(value);
                    p = _pos;
                }
            }

            _pos = p;
        }
    }

    /// <summary>Writes doubles one after the other, without a header.</summary>
    public void WriteDoubles(ReadOnlySpan<double> values)
    {
        Ensure(values.Length, 9);
        fixed (double* first = values)
        {
            double* last = first + values.Length;
            byte* p = _pos;
            for (double* from = first; from < last; from++)
            {
                *p = Codes.Float64;
                Unsafe.WriteUnaligned(p + 1, BinaryPrimitives.ReverseEndianness(*(ulong*)from));
                p += 9;
            }

            _pos = p;
        }
    }

    /// <summary>Makes room for some values of a size.</summary>
    private void Ensure(int count, int size)
    {
        if (count > MaxSize / size)
        {
            throw TooLarge();
        }

        Ensure(count * size);
    }
}
