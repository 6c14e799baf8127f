using System;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>Numbers, bool, char, and enums of them.</summary>
internal sealed class ScalarPlan : ValuePlan
{
    public ScalarPlan(Type type)
        : base(type)
    {
        Code = CodeOf(type.IsEnum ? Enum.GetUnderlyingType(type) : type);
        IsEnum = type.IsEnum;
    }

    public override MemberCode Code { get; }

    private bool IsEnum { get; }

    /// <summary>The code of a primitive type; <see cref="MemberCode.Plan"/> for any other.</summary>
    public static MemberCode CodeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => MemberCode.Boolean,
        TypeCode.SByte => MemberCode.SByte,
        TypeCode.Byte => MemberCode.Byte,
        TypeCode.Int16 => MemberCode.Int16,
        TypeCode.UInt16 => MemberCode.UInt16,
        TypeCode.Int32 => MemberCode.Int32,
        TypeCode.UInt32 => MemberCode.UInt32,
        TypeCode.Int64 => MemberCode.Int64,
        TypeCode.UInt64 => MemberCode.UInt64,
        TypeCode.Single => MemberCode.Single,
        TypeCode.Double => MemberCode.Double,
        TypeCode.Char => MemberCode.Char,
        _ => MemberCode.Plan,
    };

    public override void Read(WireReader reader, ref byte slot) => Read(Code, reader, ref slot);

    public override void Write(WireWriter writer, ref byte slot)
    {
        writer.Ensure(9);
        Put(Code, writer, ref slot);
    }

    public override object? ReadBoxed(WireReader reader)
    {
        if (IsEnum || reader.Peek() == Codes.FixExt8)
        {
            return base.ReadBoxed(reader);
        }

        return Code switch
        {
            MemberCode.Int32 => reader.ReadInt32(),
            MemberCode.Int64 => reader.ReadInt64(),
            MemberCode.Double => reader.ReadDouble(),
            MemberCode.Boolean => reader.ReadBoolean(),
            _ => base.ReadBoxed(reader),
        };
    }

    /// <summary>Reads a scalar into its place.</summary>
    public static void Read(MemberCode code, WireReader reader, ref byte slot)
    {
        switch (code)
        {
            case MemberCode.Int32:
                Unsafe.As<byte, int>(ref slot) = reader.ReadInt32();
                break;
            case MemberCode.Int64:
                Unsafe.As<byte, long>(ref slot) = reader.ReadInt64();
                break;
            case MemberCode.Double:
                Unsafe.As<byte, double>(ref slot) = reader.ReadDouble();
                break;
            case MemberCode.Boolean:
                Unsafe.As<byte, bool>(ref slot) = reader.ReadBoolean();
                break;
            case MemberCode.Byte:
                slot = (byte)reader.ReadInt64(byte.MinValue, byte.MaxValue, "a byte");
                break;
            case MemberCode.SByte:
                slot = (byte)reader.ReadInt64(sbyte.MinValue, sbyte.MaxValue, "an sbyte");
                break;
            case MemberCode.Int16:
                Unsafe.As<byte, short>(ref slot) = (short)reader.ReadInt64(short.MinValue, short.MaxValue, "a short");
                break;
            case MemberCode.UInt16:
                Unsafe.As<byte, ushort>(ref slot) = (ushort)reader.ReadInt64(ushort.MinValue, ushort.MaxValue, "a ushort");
                break;
            case MemberCode.UInt32:
                Unsafe.As<byte, uint>(ref slot) = (uint)reader.ReadInt64(uint.MinValue, uint.MaxValue, "a uint");
                break;
            case MemberCode.UInt64:
                Unsafe.As<byte, ulong>(ref slot) = reader.ReadUInt64();
                break;
            case MemberCode.Single:
                Unsafe.As<byte, float>(ref slot) = reader.ReadSingle();
                break;
            default:
                Unsafe.As<byte, char>(ref slot) = ReadChar(reader);
                break;
        }
    }

    /// <summary>Writes a scalar where the writer has room for 9 bytes.</summary>
    public static void Put(MemberCode code, WireWriter writer, ref byte slot)
    {
        switch (code)
        {
            case MemberCode.Int32:
                writer.PutInt64(Unsafe.As<byte, int>(ref slot));
                break;
            case MemberCode.Int64:
                writer.PutInt64(Unsafe.As<byte, long>(ref slot));
                break;
            case MemberCode.Double:
                writer.PutDouble(Unsafe.As<byte, double>(ref slot));
                break;
            case MemberCode.Boolean:
                writer.WriteBoolean(slot != 0);
                break;
            case MemberCode.Byte:
                writer.PutInt64(slot);
                break;
            case MemberCode.SByte:
                writer.PutInt64((sbyte)slot);
                break;
            case MemberCode.Int16:
                writer.PutInt64(Unsafe.As<byte, short>(ref slot));
                break;
            case MemberCode.UInt16 or MemberCode.Char:
                writer.PutInt64(Unsafe.As<byte, ushort>(ref slot));
                break;
            case MemberCode.UInt32:
                writer.PutInt64(Unsafe.As<byte, uint>(ref slot));
                break;
            case MemberCode.UInt64:
                writer.WriteUInt64(Unsafe.As<byte, ulong>(ref slot));
                break;
            default:
                writer.WriteSingle(Unsafe.As<byte, float>(ref slot));
                break;
        }
    }

    /// <summary>A char is its UTF-16 code unit as a number; a string of one unit is taken, too.</summary>
    private static char ReadChar(WireReader reader)
    {
        byte code = reader.Peek();
        if ((code & 0xe0) == Codes.FixStr)
        {
            string text = reader.ReadString()!;
            return text.Length == 1
                ? text[0]
                : throw new FailureException(FailureKind.Value, $"A char is one UTF-16 unit, but the string has {text.Length}.");
        }

        return (char)reader.ReadInt64(char.MinValue, char.MaxValue, "a char");
    }
}

/// <summary>Strings.</summary>
internal sealed class StringPlan() : ReferencePlan(typeof(string))
{
    public override MemberCode Code => MemberCode.String;

    public override object? ReadObject(WireReader reader) => reader.ReadString();

    public override void WriteObject(WireWriter writer, object value) => writer.WriteString(Unsafe.As<string>(value));
}

/// <summary>Byte arrays.</summary>
internal sealed class BytesPlan() : ReferencePlan(typeof(byte[]))
{
    public override object? ReadObject(WireReader reader) => ReadBytes(reader);

    public override void WriteObject(WireWriter writer, object value) => writer.WriteBinary((byte[])value);

    /// <summary>Reads bytes, or an array of numbers, which is what a serializer without byte lists writes.</summary>
    public static unsafe byte[] ReadBytes(WireReader reader)
    {
        byte code = reader.Peek();
        if ((code & 0xf0) == Codes.FixArray || code is Codes.Array16 or Codes.Array32)
        {
            byte[] numbers = new byte[reader.ReadArrayHeader()];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = (byte)reader.ReadInt64(byte.MinValue, byte.MaxValue, "a byte");
            }

            return numbers;
        }

        int length = reader.ReadBinaryHeader();
        byte[] bytes = new System.ReadOnlySpan<byte>(reader.Pointer, length).ToArray();
        reader.Advance(length);
        return bytes;
    }
}

/// <summary>Reads a value of a type that is written by code of its own.</summary>
internal delegate T ReadValue<T>(WireReader reader);

/// <summary>Writes a value of a type that is written by code of its own.</summary>
internal delegate void WriteValue<T>(WireWriter writer, T value);

/// <summary>A value type of the base class library that has a form of its own.</summary>
internal sealed class CustomValuePlan<T>(ReadValue<T> read, WriteValue<T> write) : ValuePlan(typeof(T))
    where T : struct
{
    public override void Read(WireReader reader, ref byte slot) => Unsafe.As<byte, T>(ref slot) = read(reader);

    public override void Write(WireWriter writer, ref byte slot) => write(writer, Unsafe.As<byte, T>(ref slot));
}

/// <summary>A class of the base class library that has a form of its own.</summary>
internal sealed class CustomReferencePlan<T>(ReadValue<T> read, WriteValue<T> write) : ReferencePlan(typeof(T))
    where T : class
{
    public override object? ReadObject(WireReader reader) => read(reader);

    public override void WriteObject(WireWriter writer, object value) => write(writer, (T)value);
}
