using System;
using System.Runtime.CompilerServices;
using System.Text;

namespace Isolator.Runtime.Wire;

/// <summary>UTF-8 for short strings in few interpreter steps; the library's code for the rest.</summary>
internal static unsafe class Utf8
{
    /// <summary>From this length on the library's vectorized code is faster than a loop that is interpreted.</summary>
    private const int Long = 48;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes bytes.</summary>
    /// <exception cref="FailureException">They are not UTF-8.</exception>
    public static string Decode(byte* bytes, int length)
    {
        if (length == 0)
        {
            return string.Empty;
        }

        return length < Long && TryDecodeAscii(bytes, length) is { } ascii ? ascii : DecodeSlowly(bytes, length);
    }

    /// <summary>Encodes into a buffer that is known to be large enough. Lone surrogates become U+FFFD.</summary>
    /// <returns>The number of bytes.</returns>
    public static int Encode(string text, byte* target, int capacity)
    {
        int length = text.Length;
        fixed (char* source = text)
        {
            int i = length < Long ? EncodeAscii(source, length, target) : 0;
            return i == length ? length : i + Encoding.UTF8.GetBytes(source + i, length - i, target + i, capacity - i);
        }
    }

    private static string? TryDecodeAscii(byte* bytes, int length)
    {
        string text = new('\0', length);
        fixed (char* target = text)
        {
            int i = 0;
            for (; i + 4 <= length; i += 4)
            {
                uint four = Unsafe.ReadUnaligned<uint>(bytes + i);
                if ((four & 0x80808080) != 0)
                {
                    return null;
                }

                *(uint*)(target + i) = (four & 0xff) | ((four & 0xff00) << 8);
                *(uint*)(target + i + 2) = ((four >> 16) & 0xff) | ((four >> 8) & 0xff0000);
            }

            for (; i < length; i++)
            {
                byte one = bytes[i];
                if (one >= 0x80)
                {
                    return null;
                }

                target[i] = (char)one;
            }
        }

        return text;
    }

    private static int EncodeAscii(char* source, int length, byte* target)
    {
        int i = 0;
        for (; i + 4 <= length; i += 4)
        {
            ulong four = Unsafe.ReadUnaligned<ulong>(source + i);
            if ((four & 0xff80ff80ff80ff80) != 0)
            {
                return i;
            }

            four |= four >> 8;
            Unsafe.WriteUnaligned(target + i, (uint)(four & 0xffff) | ((uint)(four >> 16) & 0xffff0000));
        }

        for (; i < length && source[i] < 0x80; i++)
        {
            target[i] = (byte)source[i];
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string DecodeSlowly(byte* bytes, int length)
    {
        try
        {
            return Strict.GetString(bytes, length);
        }
        catch (DecoderFallbackException)
        {
            throw new FailureException(FailureKind.Value, $"A string of {length} bytes is not valid UTF-8.");
        }
    }
}
