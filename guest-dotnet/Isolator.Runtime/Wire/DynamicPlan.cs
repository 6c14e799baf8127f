using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Wire;

/// <summary>
/// <c>object</c>, and abstract types: written as what the value is; read as what the wire says.
/// </summary>
/// <remarks>
/// Numbers are written in the form of exactly their type (a long takes 9 bytes even if it is 1), so that reading an
/// <c>object</c> gives the same type back. A form that is longer than the number needs can only come from such a
/// writer and gives that type; the shortest form, which other serializers write, gives int, else long, else ulong.
/// (So a byte, ushort or uint that needs all of its bits comes back as int or long.)
/// </remarks>
internal sealed class DynamicPlan(Type type) : ReferencePlan(type)
{
    public override object? ReadObject(WireReader reader)
    {
        object? value = ReadAny(reader);
        return value is null || Type.IsInstanceOfType(value)
            ? value
            : throw new FailureException(
                FailureKind.Value,
                $"A {Type} cannot be made from a value, for it says not which type to make. Pass a handle to an object.");
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        // A plain object() has no members.
        writer.WriteMapHeader(0);
    }

    /// <summary>Writes any object in the form that keeps its type.</summary>
    public static void WriteAny(WireWriter writer, object value)
    {
        switch (Type.GetTypeCode(value.GetType()))
        {
            case TypeCode.Byte when value is byte number:
                writer.WriteExact(Codes.UInt8, number);
                break;
            case TypeCode.SByte when value is sbyte number:
                writer.WriteExact(Codes.Int8, number);
                break;
            case TypeCode.Int16 when value is short number:
                writer.WriteExact(Codes.Int16, number);
                break;
            case TypeCode.UInt16 when value is ushort number:
                writer.WriteExact(Codes.UInt16, number);
                break;
            case TypeCode.UInt32 when value is uint number:
                writer.WriteExact(Codes.UInt32, number);
                break;
            case TypeCode.Int64 when value is long number:
                writer.WriteExact(Codes.Int64, number);
                break;
            case TypeCode.UInt64 when value is ulong number:
                writer.WriteExact(Codes.UInt64, (long)number);
                break;
            default:
                Plans.WriteUndeclared(writer, value);
                break;
        }
    }

    /// <summary>Reads whatever comes.</summary>
    public static object? ReadAny(WireReader reader)
    {
        byte code = reader.Peek();
        switch (code)
        {
            case Codes.Nil:
                reader.Advance(1);
                return null;
            case Codes.True or Codes.False:
                return reader.ReadBoolean();
            case Codes.Float32:
                return reader.ReadSingle();
            case Codes.Float64:
                return reader.ReadDouble();
            case >= Codes.Bin8 and <= Codes.Bin32:
                return BytesPlan.ReadBytes(reader);
            case >= Codes.UInt8 and <= Codes.Int64:
                return ReadNumber(reader, code);
            case Codes.Str8 or Codes.Str16 or Codes.Str32 or (>= Codes.FixStr and <= 0xbf):
                return reader.ReadString();
            case Codes.Array16 or Codes.Array32 or (>= Codes.FixArray and <= 0x9f):
                return ReadArray(reader);
            case Codes.Map16 or Codes.Map32 or (>= Codes.FixMap and <= 0x8f):
                return ReadMap(reader);
            case (>= Codes.Ext8 and <= Codes.Ext32) or (>= Codes.FixExt1 and <= Codes.FixExt16):
                return reader.PeekExtension() switch
                {
                    Codes.Handle => Handles.GetObject(reader.ReadHandle()),
                    Codes.Typed => Plans.ReadTyped(reader, typeof(object)),
                    _ => reader.ReadDateTime(),
                };
            default:
                return reader.ReadInt32();
        }
    }

    private static object ReadNumber(WireReader reader, byte code)
    {
        if (code == Codes.UInt64)
        {
            ulong big = reader.ReadUInt64();
            return big is > long.MaxValue or <= uint.MaxValue ? (object)big : (long)big;
        }

        long value = reader.ReadInt64();
        switch (code)
        {
            case Codes.UInt8 when value <= sbyte.MaxValue:
                return (byte)value;
            case Codes.UInt16 when value <= byte.MaxValue:
                return (ushort)value;
            case Codes.UInt32 when value <= ushort.MaxValue:
                return (uint)value;
            case Codes.Int8 when value >= -32:
                return (sbyte)value;
            case Codes.Int16 when value >= sbyte.MinValue:
                return (short)value;
            case Codes.Int64:
                return value;
            default:
                return value is >= int.MinValue and <= int.MaxValue ? (object)(int)value : value;
        }
    }

    private static object?[] ReadArray(WireReader reader)
    {
        object?[] items = new object?[reader.ReadArrayHeader()];
        reader.Enter();
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ReadAny(reader);
        }

        reader.Leave();
        return items;
    }

    private static object ReadMap(WireReader reader)
    {
        int count = reader.ReadMapHeader();
        reader.Enter();
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        Dictionary<object, object?>? any = null;
        int unusual = 0;
        for (; count > 0; count--)
        {
            object key = ReadAny(reader) ?? throw new FailureException(FailureKind.Value, "A key of a map is nil.");
            object? value = ReadAny(reader);
            if (any is null && key is string name)
            {
                named[name] = value;
                continue;
            }

            if (any is null)
            {
                any = new Dictionary<object, object?>((IEqualityComparer<object>?)Plans.KeyComparerOf(typeof(object)));
                foreach ((string earlier, object? its) in named)
                {
                    any[earlier] = its;
                }
            }

            if (key is not string && Plans.KeyComparerOf(key.GetType()) is null)
            {
                Plans.CheckKeys(key.GetType(), ++unusual);
            }

            any[key] = value;
        }

        reader.Leave();
        return any is null ? named : any;
    }
}
