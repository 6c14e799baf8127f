using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Isolator.Runtime.Wire;

/// <summary>Writes MessagePack into memory from malloc, which can be given to C without a copy.</summary>
internal sealed unsafe partial class WireWriter
{
    private const int FirstSize = 256;
    private const long MaxSize = Codes.LargestValue;

    /// <summary>From here on, counting the bytes first is cheaper than memory for the worst case.</summary>
    private const int LongString = 1 << 16;

    /// <summary>Memory above this is not kept for another use.</summary>
    private const int LargestSpare = 1 << 16;

    private static WireWriter? s_spare;

    private byte* _start;
    private byte* _pos;
    private byte* _end;
    private int _depth;
    private Graph.GraphWriter? _graph;

    /// <summary>Bytes written.</summary>
    public int Length => (int)(_pos - _start);

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Written => new(_start, Length);

    /// <summary>The start of what was written.</summary>
    public byte* Start => _start;

    /// <summary>Where the next byte goes. Call <see cref="Ensure(int)"/> first.</summary>
    public byte* Pointer
    {
        get => _pos;
        set => _pos = value;
    }

    /// <summary>Makes room for some bytes.</summary>
    public void Ensure(int count)
    {
        if (_end - _pos < count)
        {
            Grow(count);
        }
    }

    /// <summary>The objects that the values written here refer to.</summary>
    public Graph.GraphWriter Graph => _graph ??= Wire.Graph.GraphWriter.Rent();

    /// <summary>Appends the graph, if there is one. Nothing is written after it.</summary>
    public void FinishGraph()
    {
        if (_graph is { } graph)
        {
            _graph = null;
            graph.AppendTo(this);
            Wire.Graph.GraphWriter.Return(graph);
        }
    }

    /// <summary>Takes the last bytes back.</summary>
    public void CutTo(int length) => _pos = _start + length;

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Reset()
    {
        _pos = _start;
        _depth = 0;
        if (_graph is { } graph)
        {
            _graph = null;
            Wire.Graph.GraphWriter.Return(graph);
        }
    }

    /// <summary>Gives the memory away. The caller frees it.</summary>
    public byte* Detach(out uint length)
    {
        if (_start == null)
        {
            Grow(1);
        }

        FinishGraph();
        byte* result = _start;
        length = (uint)(_pos - _start);
        _start = _pos = _end = null;
        _depth = 0;
        return result;
    }

    /// <summary>A writer whose memory stays here: give it back with <see cref="Return"/>.</summary>
    public static WireWriter Rent()
    {
        WireWriter writer = s_spare ?? new WireWriter();
        s_spare = null;
        return writer;
    }

    /// <summary>Gives a writer back.</summary>
    public static void Return(WireWriter writer)
    {
        if (writer._end - writer._start > LargestSpare)
        {
            writer.Free();
        }

        writer.Reset();
        s_spare = writer;
    }

    /// <summary>Frees the memory.</summary>
    public void Free()
    {
        _graph = null;
        NativeMemory.Free(_start);
        _start = _pos = _end = null;
    }

    /// <summary>Goes one level deeper; a cycle ends here.</summary>
    public void Enter(Type type)
    {
        if (++_depth > Codes.MaxDepth)
        {
            throw new FailureException(
                FailureKind.Value,
                $"The value nests deeper than {Codes.MaxDepth} levels at a {type}; perhaps it refers to itself.");
        }
    }

    /// <summary>Comes back from a level.</summary>
    public void Leave() => _depth--;

    public void WriteNil() => WriteByte(Codes.Nil);

    public void WriteBoolean(bool value) => WriteByte(value ? Codes.True : Codes.False);

    public void WriteInt64(long value)
    {
        Ensure(9);
        PutInt64(value);
    }

    public void WriteUInt64(ulong value)
    {
        Ensure(9);
        if (value <= long.MaxValue)
        {
            PutInt64((long)value);
        }
        else
        {
            PutHeader64(Codes.UInt64, value);
        }
    }

    public void WriteDouble(double value)
    {
        Ensure(9);
        PutDouble(value);
    }

    public void WriteSingle(float value)
    {
        Ensure(5);
        PutHeader32(Codes.Float32, BitConverter.SingleToUInt32Bits(value));
    }

    /// <summary>Writes an integer in the form of exactly <paramref name="code"/>, which keeps its type readable.</summary>
    public void WriteExact(byte code, long value)
    {
        Ensure(9);
        switch (code)
        {
            case Codes.Int8 or Codes.UInt8:
                *_pos++ = code;
                *_pos++ = (byte)value;
                break;
            case Codes.Int16 or Codes.UInt16:
                PutHeader16(code, (ushort)value);
                break;
            case Codes.Int32 or Codes.UInt32:
                PutHeader32(code, (uint)value);
                break;
            default:
                PutHeader64(code, (ulong)value);
                break;
        }
    }

    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteNil();
            return;
        }

        // Room for the worst case, so that text is encoded in place; the header's size is guessed and corrected.
        int length = value.Length;
        if (length > MaxSize / 3)
        {
            throw TooLarge();
        }

        int capacity = length < LongString ? length * 3 : Encoding.UTF8.GetByteCount(value);
        Ensure(capacity + 5);
        int guess = length < 32 ? 1 : length < 256 ? 2 : length < 65536 ? 3 : 5;
        int size = Utf8.Encode(value, _pos + guess, capacity);
        int header = size < 32 ? 1 : size < 256 ? 2 : size < 65536 ? 3 : 5;
        if (header != guess)
        {
            Buffer.MemoryCopy(_pos + guess, _pos + header, size, size);
        }

        PutStringHeader(size);
        _pos += size;
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        Ensure(5);
        if (value.Length < 256)
        {
            *_pos++ = Codes.Bin8;
            *_pos++ = (byte)value.Length;
        }
        else if (value.Length < 65536)
        {
            PutHeader16(Codes.Bin16, (ushort)value.Length);
        }
        else
        {
            PutHeader32(Codes.Bin32, (uint)value.Length);
        }

        WriteRaw(value);
    }

    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        Ensure(value.Length);
        value.CopyTo(new Span<byte>(_pos, value.Length));
        _pos += value.Length;
    }

    public void WriteArrayHeader(int count) => WriteCount(count, Codes.FixArray, Codes.Array16);

    public void WriteMapHeader(int count) => WriteCount(count, Codes.FixMap, Codes.Map16);

    public void WriteHandle(ulong handle)
    {
        Ensure(10);
        *_pos++ = Codes.FixExt8;
        *_pos++ = unchecked((byte)Codes.Handle);
        PutBigEndian64(handle);
    }

    /// <summary>As <see cref="WriteInt64(long)"/> where there is room for 9 bytes already.</summary>
    public void PutInt64(long value)
    {
        if (value >= -32 && value <= 127)
        {
            *_pos++ = (byte)value;
        }
        else if (value >= 0)
        {
            if (value <= byte.MaxValue)
            {
                *_pos++ = Codes.UInt8;
                *_pos++ = (byte)value;
            }
            else if (value <= ushort.MaxValue)
            {
                PutHeader16(Codes.UInt16, (ushort)value);
            }
            else if (value <= uint.MaxValue)
            {
                PutHeader32(Codes.UInt32, (uint)value);
            }
            else
            {
                PutHeader64(Codes.UInt64, (ulong)value);
            }
        }
        else if (value >= sbyte.MinValue)
        {
            *_pos++ = Codes.Int8;
            *_pos++ = (byte)value;
        }
        else if (value >= short.MinValue)
        {
            PutHeader16(Codes.Int16, (ushort)value);
        }
        else if (value >= int.MinValue)
        {
            PutHeader32(Codes.Int32, (uint)value);
        }
        else
        {
            PutHeader64(Codes.Int64, (ulong)value);
        }
    }

    /// <summary>As <see cref="WriteDouble(double)"/> where there is room for 9 bytes already.</summary>
    public void PutDouble(double value) => PutHeader64(Codes.Float64, BitConverter.DoubleToUInt64Bits(value));

    private void WriteByte(byte value)
    {
        Ensure(1);
        *_pos++ = value;
    }

    private void WriteCount(int count, byte fix, byte code16)
    {
        Ensure(5);
        if (count < 16)
        {
            *_pos++ = (byte)(fix | count);
        }
        else if (count < 65536)
        {
            PutHeader16(code16, (ushort)count);
        }
        else
        {
            PutHeader32((byte)(code16 + 1), (uint)count);
        }
    }

    private void PutStringHeader(int size)
    {
        if (size < 32)
        {
            *_pos++ = (byte)(Codes.FixStr | size);
        }
        else if (size < 256)
        {
            *_pos++ = Codes.Str8;
            *_pos++ = (byte)size;
        }
        else if (size < 65536)
        {
            PutHeader16(Codes.Str16, (ushort)size);
        }
        else
        {
            PutHeader32(Codes.Str32, (uint)size);
        }
    }

    private void PutHeader16(byte code, ushort value)
    {
        _pos[0] = code;
        _pos[1] = (byte)(value >> 8);
        _pos[2] = (byte)value;
        _pos += 3;
    }

    private void PutHeader32(byte code, uint value)
    {
        *_pos = code;
        Unsafe.WriteUnaligned(_pos + 1, BinaryPrimitives.ReverseEndianness(value));
        _pos += 5;
    }

    private void PutHeader64(byte code, ulong value)
    {
        *_pos = code;
        Unsafe.WriteUnaligned(_pos + 1, BinaryPrimitives.ReverseEndianness(value));
        _pos += 9;
    }

    private void PutBigEndian64(ulong value)
    {
        Unsafe.WriteUnaligned(_pos, BinaryPrimitives.ReverseEndianness(value));
        _pos += 8;
    }

    private void Grow(int count)
    {
        long used = _pos - _start;
        long wanted = Math.Max(used + count, Math.Min((_end - _start) * 2, MaxSize));
        if (wanted > MaxSize)
        {
            throw TooLarge();
        }

        wanted = Math.Max(wanted, FirstSize);
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)wanted);
        _pos = _start + used;
        _end = _start + wanted;
    }

    private static FailureException TooLarge() =>
        new(FailureKind.Value, $"The value takes more than {MaxSize >> 20} MB on the wire.");
}
