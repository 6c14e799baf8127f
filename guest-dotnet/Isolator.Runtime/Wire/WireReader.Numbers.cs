using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <content>Arrays of the commonest numbers, in loops without calls.</content>
internal sealed unsafe partial class WireReader
{
    /// <summary>Reads as many ints as there are places.</summary>
    public void ReadInt32s(Span<int> target)
    {
        fixed (int* first = target)
        {
            int* to = first;
            int* last = first + target.Length;
            byte* p = _pos;
            while (to < last)
            {
                // The longest of the forms that are read here takes 5 bytes.
                if (_end - p >= 5)
                {
                    int code = (sbyte)*p;
                    if (code >= -32)
                    {
                        *to++ = code;
                        p++;
                        continue;
                    }

                    if (code == unchecked((sbyte)Codes.UInt16))
                    {
                        *to++ = (p[1] << 8) | p[2];
                        p += 3;
                        continue;
                    }

                    if (code == unchecked((sbyte)Codes.UInt8))
                    {
                        *to++ = p[1];
                        p += 2;
                        continue;
                    }

                    if (code == unchecked((sbyte)Codes.Int32))
                    {
                        *to++ = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<int>(p + 1));
                        p += 5;
                        continue;
                    }
                }

                _pos = p;
                *to++ = ReadInt32();
                p = _pos;
            }

            _pos = p;
        }
    }

    /// <summary>Reads as many doubles as there are places.</summary>
    public void ReadDoubles(Span<double> target)
    {
        fixed (double* first = target)
        {
            double* to = first;
            double* last = first + target.Length;
            byte* p = _pos;
            while (to < last)
            {
                if (_end - p >= 9 && *p == Codes.Float64)
                {
                    *(ulong*)to++ = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(p + 1));
                    p += 9;
                    continue;
                }

                _pos = p;
                *to++ = ReadDouble();
                p = _pos;
            }

            _pos = p;
        }
    }
}
