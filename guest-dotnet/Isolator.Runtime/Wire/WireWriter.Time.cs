using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <content>Points in time.</content>
internal sealed unsafe partial class WireWriter
{
    /// <summary>Writes a point in time; see <see cref="Codes.Timestamp"/> and <see cref="Codes.DateTimeWithKind"/>.</summary>
    public void WriteDateTime(DateTime value)
    {
        Ensure(16);
        if (value.Kind != DateTimeKind.Utc)
        {
            bool local = value.Kind == DateTimeKind.Local;
            *_pos++ = Codes.Ext8;
            *_pos++ = 9;
            *_pos++ = unchecked((byte)Codes.DateTimeWithKind);
            *_pos++ = local ? (byte)2 : (byte)1;
            PutBigEndian64((ulong)(local ? value.ToUniversalTime().Ticks : value.Ticks));
            return;
        }

        long sinceEpoch = value.Ticks - DateTime.UnixEpoch.Ticks;
        long seconds = Math.DivRem(sinceEpoch, TimeSpan.TicksPerSecond, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        ulong nanoseconds = (ulong)rest * 100;
        if ((seconds >> 34) == 0)
        {
            ulong both = (nanoseconds << 34) | (ulong)seconds;
            if ((both >> 32) == 0)
            {
                *_pos++ = Codes.FixExt4;
                *_pos++ = unchecked((byte)Codes.Timestamp);
                Unsafe.WriteUnaligned(_pos, BinaryPrimitives.ReverseEndianness((uint)both));
                _pos += 4;
                return;
            }

            *_pos++ = Codes.FixExt8;
            *_pos++ = unchecked((byte)Codes.Timestamp);
            PutBigEndian64(both);
            return;
        }

        *_pos++ = Codes.Ext8;
        *_pos++ = 12;
        *_pos++ = unchecked((byte)Codes.Timestamp);
        Unsafe.WriteUnaligned(_pos, BinaryPrimitives.ReverseEndianness((uint)nanoseconds));
        _pos += 4;
        PutBigEndian64((ulong)seconds);
    }
}
