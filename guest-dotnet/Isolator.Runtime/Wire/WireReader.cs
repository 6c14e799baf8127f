using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>Reads MessagePack from memory that C owns. Never reads past its end, never nests deeper than allowed.</summary>
/// <remarks>Made for an interpreter: raw pointers, one compare for the common forms, no generic layers.</remarks>
internal sealed unsafe partial class WireReader
{
    private readonly byte* _start;
    private byte* _end;
    private byte* _pos;
    private int _depth;
    private Graph.GraphReader? _graph;

    /// <summary>Elements that headers may still announce. Each takes a byte at least, so all together are never more than the bytes.</summary>
    private long _announceable;

    public WireReader(byte* bytes, int length)
    {
        _start = bytes;
        _pos = bytes;
        _end = bytes + length;
        _announceable = length;
    }

    /// <summary>Where the next value begins, in bytes from the start.</summary>
    public int Position => (int)(_pos - _start);

    /// <summary>Bytes that are left.</summary>
    public int Remaining => (int)(_end - _pos);

    /// <summary>The next value's bytes; for comparing keys.</summary>
    public byte* Pointer => _pos;

    /// <summary>Skips bytes that were looked at through <see cref="Pointer"/>.</summary>
    public void Advance(int count) => _pos += count;

    /// <summary>The format byte of the next value.</summary>
    public byte Peek()
    {
        if (_pos == _end)
        {
            throw Truncated();
        }

        return *_pos;
    }

    /// <summary>Goes one level deeper.</summary>
    public void Enter()
    {
        if (++_depth > Codes.MaxDepth)
        {
            throw TooDeep();
        }
    }

    /// <summary>Comes back from a level.</summary>
    public void Leave() => _depth--;

    /// <summary>Takes a nil if there is one.</summary>
    public bool TryNil()
    {
        if (_pos != _end && *_pos == Codes.Nil)
        {
            _pos++;
            return true;
        }

        return false;
    }

    /// <summary>Fails if anything is left.</summary>
    public void ExpectEnd()
    {
        if (_pos != _end)
        {
            throw new FailureException(FailureKind.Value, $"{Remaining} bytes follow the value.");
        }
    }

    public bool ReadBoolean()
    {
        byte code = Peek();
        if (code != Codes.True && code != Codes.False)
        {
            throw Unexpected("a bool");
        }

        _pos++;
        return code == Codes.True;
    }

    public int ReadInt32()
    {
        if (_pos != _end)
        {
            int code = (sbyte)*_pos;
            if (code >= -32)
            {
                _pos++;
                return code;
            }
        }

        long value = ReadInt64();
        return (int)value == value ? (int)value : throw OutOfRange(value, "an int");
    }

    /// <summary>Reads an integer and checks its range; <paramref name="what"/> names the type in the error.</summary>
    public long ReadInt64(long min, long max, string what)
    {
        long value = ReadInt64();
        return value >= min && value <= max ? value : throw OutOfRange(value, what);
    }

    public long ReadInt64()
    {
        byte code = Peek();
        byte* p = _pos + 1;
        switch (code)
        {
            case Codes.UInt8:
                Need(2);
                _pos += 2;
                return *p;
            case Codes.UInt16:
                Need(3);
                _pos += 3;
                return (p[0] << 8) | p[1];
            case Codes.UInt32:
                Need(5);
                _pos += 5;
                return BigEndian32(p);
            case Codes.UInt64:
                Need(9);
                ulong big = BigEndian64(p);
                if (big > long.MaxValue)
                {
                    throw OutOfRange(big, "a long");
                }

                _pos += 9;
                return (long)big;
            case Codes.Int8:
                Need(2);
                _pos += 2;
                return (sbyte)*p;
            case Codes.Int16:
                Need(3);
                _pos += 3;
                return (short)((p[0] << 8) | p[1]);
            case Codes.Int32:
                Need(5);
                _pos += 5;
                return (int)BigEndian32(p);
            case Codes.Int64:
                Need(9);
                _pos += 9;
                return (long)BigEndian64(p);
            default:
                if ((sbyte)code >= -32)
                {
                    _pos++;
                    return (sbyte)code;
                }

                throw Unexpected("an integer");
        }
    }

    public ulong ReadUInt64()
    {
        if (Peek() == Codes.UInt64)
        {
            Need(9);
            ulong value = BigEndian64(_pos + 1);
            _pos += 9;
            return value;
        }

        long small = ReadInt64();
        return small >= 0 ? (ulong)small : throw OutOfRange(small, "a ulong");
    }

    /// <summary>Reads a float, a double, or an integer.</summary>
    public double ReadDouble()
    {
        byte code = Peek();
        if (code == Codes.Float64)
        {
            Need(9);
            ulong bits = BigEndian64(_pos + 1);
            _pos += 9;
            return BitConverter.UInt64BitsToDouble(bits);
        }

        if (code == Codes.Float32)
        {
            Need(5);
            uint bits = BigEndian32(_pos + 1);
            _pos += 5;
            return BitConverter.UInt32BitsToSingle(bits);
        }

        if (code == Codes.UInt64)
        {
            return ReadUInt64();
        }

        return (sbyte)code >= -32 || (code >= Codes.UInt8 && code <= Codes.Int64) ? ReadInt64() : throw Unexpected("a number");
    }

    /// <summary>Reads a float; a double is rounded to the nearest.</summary>
    public float ReadSingle()
    {
        if (Peek() == Codes.Float32)
        {
            Need(5);
            uint bits = BigEndian32(_pos + 1);
            _pos += 5;
            return BitConverter.UInt32BitsToSingle(bits);
        }

        return (float)ReadDouble();
    }

    /// <summary>Reads a string or nil.</summary>
    public string? ReadString()
    {
        if (TryNil())
        {
            return null;
        }

        int length = ReadStringHeader();
        string text = Utf8.Decode(_pos, length);
        _pos += length;
        return text;
    }

    /// <summary>Reads a string's length, checked against what is left. The bytes follow at <see cref="Pointer"/>.</summary>
    public int ReadStringHeader()
    {
        byte code = Peek();
        long length;
        if ((code & 0xe0) == Codes.FixStr)
        {
            length = code & 0x1f;
            _pos++;
        }
        else
        {
            length = code switch
            {
                Codes.Str8 => ReadLength(1),
                Codes.Str16 => ReadLength(2),
                Codes.Str32 => ReadLength(4),
                _ => throw Unexpected("a string"),
            };
        }

        return length <= Remaining ? (int)length : throw Truncated();
    }

    /// <summary>Reads the header of a byte list, checked against what is left. A string's bytes count too.</summary>
    public int ReadBinaryHeader()
    {
        byte code = Peek();
        long length = code switch
        {
            Codes.Bin8 => ReadLength(1),
            Codes.Bin16 => ReadLength(2),
            Codes.Bin32 => ReadLength(4),
            _ => throw Unexpected("bytes"),
        };
        return length <= Remaining ? (int)length : throw Truncated();
    }

    /// <summary>Reads the number of elements that follow: never more than there are bytes left.</summary>
    public int ReadArrayHeader()
    {
        byte code = Peek();
        long count;
        if ((code & 0xf0) == Codes.FixArray)
        {
            count = code & 0xf;
            _pos++;
        }
        else
        {
            count = code switch
            {
                Codes.Array16 => ReadLength(2),
                Codes.Array32 => ReadLength(4),
                _ => throw Unexpected("an array"),
            };
        }

        return Announce(count, count);
    }

    /// <summary>Reads the number of pairs that follow: never more than half the bytes left.</summary>
    public int ReadMapHeader()
    {
        byte code = Peek();
        long count;
        if ((code & 0xf0) == Codes.FixMap)
        {
            count = code & 0xf;
            _pos++;
        }
        else
        {
            count = code switch
            {
                Codes.Map16 => ReadLength(2),
                Codes.Map32 => ReadLength(4),
                _ => throw Unexpected("a map"),
            };
        }

        return Announce(count, 2 * count);
    }

    /// <summary>
    /// Checks a number of elements, or of pairs, for which room may be made before they are read: alone against what is left, and with those of all
    /// headers before it against what there ever was. Otherwise nested headers would each claim all that is left.
    /// </summary>
    private int Announce(long count, long values)
    {
        if (values > Remaining || values > _announceable)
        {
            throw Truncated();
        }

        _announceable -= values;
        return (int)count;
    }

    private long ReadLength(int size)
    {
        Need(1 + size);
        byte* p = _pos + 1;
        _pos += 1 + size;
        return size switch
        {
            1 => *p,
            2 => (p[0] << 8) | p[1],
            _ => BigEndian32(p),
        };
    }

    private void Need(int count)
    {
        if (_end - _pos < count)
        {
            throw Truncated();
        }
    }

    private static uint BigEndian32(byte* p) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(p));

    private static ulong BigEndian64(byte* p) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(p));
}
