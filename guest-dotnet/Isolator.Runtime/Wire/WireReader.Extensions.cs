using System;

namespace Isolator.Runtime.Wire;

/// <content>Extension values, skipping, and what the errors say.</content>
internal sealed unsafe partial class WireReader
{
    /// <summary>Reads the header of an extension value; its bytes follow at <see cref="Pointer"/>.</summary>
    public int ReadExtensionHeader(out sbyte type)
    {
        byte code = Peek();
        long length = code switch
        {
            Codes.FixExt1 => 1,
            Codes.FixExt2 => 2,
            Codes.FixExt4 => 4,
            Codes.FixExt8 => 8,
            Codes.FixExt16 => 16,
            Codes.Ext8 => ReadLength(1),
            Codes.Ext16 => ReadLength(2),
            Codes.Ext32 => ReadLength(4),
            _ => throw Unexpected("an extension value"),
        };
        if (code >= Codes.FixExt1 && code <= Codes.FixExt16)
        {
            _pos++;
        }

        if (length + 1 > Remaining)
        {
            throw Truncated();
        }

        type = (sbyte)*_pos++;
        return (int)length;
    }

    /// <summary>The extension type of the next value, or 0 if it is none.</summary>
    public sbyte PeekExtension()
    {
        byte code = Peek();
        int at = code switch
        {
            >= Codes.FixExt1 and <= Codes.FixExt16 => 1,
            Codes.Ext8 => 2,
            Codes.Ext16 => 3,
            Codes.Ext32 => 5,
            _ => 0,
        };
        return at == 0 ? (sbyte)0 : at < Remaining ? (sbyte)_pos[at] : throw Truncated();
    }

    /// <summary>Reads a handle: an extension value of type <see cref="Codes.Handle"/>.</summary>
    public ulong ReadHandle()
    {
        int length = ReadExtensionHeader(out sbyte type);
        if (type != Codes.Handle || length != 8)
        {
            throw new FailureException(FailureKind.Value, $"An extension value of type {type} and {length} bytes is not a handle.");
        }

        ulong handle = BigEndian64(_pos);
        _pos += 8;
        return handle;
    }

    /// <summary>The handle that comes next, without taking it.</summary>
    public ulong PeekHandle()
    {
        byte* here = _pos;
        ulong handle = ReadHandle();
        _pos = here;
        return handle;
    }

    /// <summary>Whether the integer that comes next fits an int.</summary>
    public bool FitsInt32()
    {
        byte* here = _pos;
        bool fits = Peek() != Codes.UInt64 && ReadInt64() is >= int.MinValue and <= int.MaxValue;
        _pos = here;
        return fits;
    }

    /// <summary>Reads a point in time in one of its two forms; see <see cref="Codes"/>.</summary>
    public DateTime ReadDateTime()
    {
        if (PeekExtension() == 0)
        {
            throw Unexpected("a date and time");
        }

        int length = ReadExtensionHeader(out sbyte type);
        byte* p = _pos;
        _pos += length;
        if (type == Codes.DateTimeWithKind && length == 9)
        {
            long ticks = (long)BigEndian64(p + 1);
            if (ticks < 0 || ticks > DateTime.MaxValue.Ticks || *p is not (1 or 2))
            {
                throw BadTime();
            }

            return *p == 1 ? new DateTime(ticks, DateTimeKind.Unspecified) : new DateTime(ticks, DateTimeKind.Utc).ToLocalTime();
        }

        if (type != Codes.Timestamp)
        {
            throw new FailureException(FailureKind.Value, $"An extension value of type {type} is not a date and time.");
        }

        long seconds;
        uint nanoseconds = 0;
        switch (length)
        {
            case 4:
                seconds = BigEndian32(p);
                break;
            case 8:
                ulong both = BigEndian64(p);
                nanoseconds = (uint)(both >> 34);
                seconds = (long)(both & 0x3_ffff_ffff);
                break;
            case 12:
                nanoseconds = BigEndian32(p);
                seconds = (long)BigEndian64(p + 4);
                break;
            default:
                throw BadTime();
        }

        long epochSeconds = DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;
        if (nanoseconds > 999_999_999 || seconds < -epochSeconds || seconds > (DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond) - epochSeconds)
        {
            throw BadTime();
        }

        return new DateTime(((seconds + epochSeconds) * TimeSpan.TicksPerSecond) + (nanoseconds / 100), DateTimeKind.Utc);
    }

    /// <summary>Counts levels on from another reader, of whose bytes this one reads a part.</summary>
    public void Nest(WireReader outer)
    {
        _depth = outer._depth;
        // What is announced in here is announced there no more.
        outer._announceable -= Remaining;
        if (outer._announceable < 0)
        {
            throw Truncated();
        }

        Enter();
    }

    /// <summary>Skips one value, whatever it is.</summary>
    public void Skip()
    {
        // Counts what is still to be skipped instead of recursing, so depth is no matter here.
        long left = 1;
        while (left > 0)
        {
            left--;
            byte code = Peek();
            switch (code)
            {
                case Codes.Nil or Codes.False or Codes.True:
                    _pos++;
                    break;
                case Codes.Float32:
                    Need(5);
                    _pos += 5;
                    break;
                case Codes.Float64 or Codes.UInt64:
                    Need(9);
                    _pos += 9;
                    break;
                case >= Codes.Bin8 and <= Codes.Bin32:
                    Advance(ReadBinaryHeader());
                    break;
                case (>= Codes.Ext8 and <= Codes.Ext32) or (>= Codes.FixExt1 and <= Codes.FixExt16):
                    Advance(ReadExtensionHeader(out _));
                    break;
                case >= Codes.Str8 and <= Codes.Str32:
                case >= Codes.FixStr and <= 0xbf:
                    Advance(ReadStringHeader());
                    break;
                case >= Codes.FixMap and <= 0x8f:
                case Codes.Map16 or Codes.Map32:
                    left += 2L * ReadMapHeader();
                    break;
                case >= Codes.FixArray and <= 0x9f:
                case Codes.Array16 or Codes.Array32:
                    left += ReadArrayHeader();
                    break;
                default:
                    ReadInt64();
                    break;
            }

            // Every value that is still to come takes a byte at least.
            if (left > Remaining)
            {
                throw Truncated();
            }
        }
    }

    /// <summary>What the next value is, for people.</summary>
    public string Describe()
    {
        if (_pos == _end)
        {
            return "nothing";
        }

        return *_pos switch
        {
            Codes.Nil => "nil",
            Codes.False or Codes.True => "a bool",
            Codes.Float32 or Codes.Float64 => "a floating-point number",
            Codes.Bin8 or Codes.Bin16 or Codes.Bin32 => "bytes",
            Codes.Str8 or Codes.Str16 or Codes.Str32 or (>= Codes.FixStr and <= 0xbf) => "a string",
            Codes.Array16 or Codes.Array32 or (>= Codes.FixArray and <= 0x9f) => "an array",
            Codes.Map16 or Codes.Map32 or (>= Codes.FixMap and <= 0x8f) => "a map",
            (>= Codes.Ext8 and <= Codes.Ext32) or (>= Codes.FixExt1 and <= Codes.FixExt16) => DescribeExtension(),
            0xc1 => "the unused format byte 0xc1",
            _ => "an integer",
        };
    }

    /// <summary>The error for a value of another shape than <paramref name="wanted"/>.</summary>
    public FailureException Unexpected(string wanted) =>
        new(FailureKind.Value, $"Expected {wanted} but found {Describe()} at byte {Position}.");

    private string DescribeExtension()
    {
        try
        {
            return PeekExtension() switch
            {
                Codes.Handle => "a handle",
                Codes.Timestamp or Codes.DateTimeWithKind => "a date and time",
                Codes.Graph => "an object of a graph",
                Codes.Block => "a block of numbers",
                Codes.Plain => "an object",
                sbyte other => $"an extension value of type {other}",
            };
        }
        catch (FailureException)
        {
            return "a truncated extension value";
        }
    }

    private FailureException BadTime() =>
        new(FailureKind.Value, $"The date and time before byte {Position} is malformed or outside the years 1 to 9999.");

    private static FailureException OutOfRange(object value, string what) =>
        new(FailureKind.Value, $"The number {value} does not fit into {what}.");

    private FailureException Truncated() =>
        new(FailureKind.Value, $"The value ends too early: {Remaining} bytes are left at byte {Position} of {_end - _start}.");

    private static FailureException TooDeep() =>
        new(FailureKind.Value, $"The value nests deeper than {Codes.MaxDepth} levels.");
}
