using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Isolator.Runtime.Wire;

/// <summary>A name as it is on the wire, made to be compared and copied 8 bytes at a time.</summary>
/// <remarks>It lives in native memory for as long as the runtime: names belong to plans, and plans are never dropped.</remarks>
internal sealed unsafe class WireKey
{
    private readonly byte* _bytes;
    private readonly ulong _mask;

    public WireKey(string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        int header = text.Length < 32 ? 1 : text.Length < 256 ? 2 : 3;
        Length = header + text.Length;
        _bytes = (byte*)NativeMemory.AllocZeroed((nuint)Length + 8);
        switch (header)
        {
            case 1:
                _bytes[0] = (byte)(Codes.FixStr | text.Length);
                break;
            case 2:
                _bytes[0] = Codes.Str8;
                _bytes[1] = (byte)text.Length;
                break;
            default:
                _bytes[0] = Codes.Str16;
                _bytes[1] = (byte)(text.Length >> 8);
                _bytes[2] = (byte)text.Length;
                break;
        }

        text.CopyTo(new Span<byte>(_bytes + header, text.Length));
        First = Unsafe.ReadUnaligned<ulong>(_bytes);
        _mask = Length >= 8 ? ulong.MaxValue : (1UL << (Length * 8)) - 1;
    }

    /// <summary>Bytes that it takes, header included.</summary>
    public int Length { get; }

    /// <summary>The first 8 bytes.</summary>
    public ulong First { get; }

    /// <summary>Takes the key if it comes next.</summary>
    public bool TryTake(WireReader reader)
    {
        byte* p = reader.Pointer;
        if (reader.Remaining >= 8)
        {
            if ((Unsafe.ReadUnaligned<ulong>(p) & _mask) != First)
            {
                return false;
            }

            if (Length <= 8)
            {
                reader.Advance(Length);
                return true;
            }
        }

        if (reader.Remaining < Length)
        {
            return false;
        }

        for (int i = 0; i < Length; i++)
        {
            if (p[i] != _bytes[i])
            {
                return false;
            }
        }

        reader.Advance(Length);
        return true;
    }

    /// <summary>Writes the key where the writer has room for <see cref="Length"/> and 8 bytes.</summary>
    public void Put(WireWriter writer)
    {
        byte* target = writer.Pointer;
        Unsafe.WriteUnaligned(target, First);
        for (int i = 8; i < Length; i += 8)
        {
            Unsafe.WriteUnaligned(target + i, Unsafe.ReadUnaligned<ulong>(_bytes + i));
        }

        writer.Pointer = target + Length;
    }
}
