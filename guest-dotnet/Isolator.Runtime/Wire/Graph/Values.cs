using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>
/// Whole values - arguments, results - in the form that is best for them: numbers, texts and the like as MessagePack, arrays of numbers as a block,
/// and what consists of objects as a graph, if the other side reads such.
/// </summary>
internal static partial class Values
{
    /// <summary>Writes a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="plan">What it was declared as.</param>
    /// <param name="value">The value.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="alone">Whether no other value of the message can refer to it.</param>
    public static void WriteAny(WireWriter writer, TypePlan plan, object? value, string name, bool alone)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case string text:
                WriteText(writer, text, name);
                break;
            case int number:
                writer.WriteInt64(number);
                break;
            case bool or double or byte[]:
                Plans.For(value.GetType()).WriteBoxed(writer, value);
                break;
            case Array array when alone && array.GetType() == plan.Type && TryWriteBlock(writer, plan, array):
                break;
            default:
                if (IsHandle(value))
                {
                    Plans.For(value.GetType()).WriteBoxed(writer, value);
                    break;
                }

                if (!alone || !GraphWriter.TryWritePlain(writer, value))
                {
                    WriteRoot(writer, value, name, plan.Type);
                }

                break;
        }
    }

    /// <summary>Writes a text that may not be exact as UTF-8.</summary>
    public static void WriteText(WireWriter writer, string text, string name)
    {
        int start = writer.Length;
        writer.WriteString(text);
        int written = writer.Length - start;
        int header = written <= 32 ? 1 : written <= 257 ? 2 : written <= 65538 ? 3 : 5;
        if (written - header != text.Length && GraphWriter.HasLoneSurrogate(text))
        {
            writer.CutTo(start);
            WriteRoot(writer, text, name);
        }
    }

    /// <summary>Writes an object as a part of the message's graph.</summary>
    public static unsafe void WriteRoot(WireWriter writer, object value, string name, Type? declared = null)
    {
        int index = writer.Graph.Add(value, name, declared);
        writer.Ensure(6);
        byte* p = writer.Pointer;
        p[0] = Codes.FixExt4;
        p[1] = unchecked((byte)Codes.Graph);
        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(p + 2, index);
        writer.Pointer += 6;
    }

    /// <summary>Reads a value, in whichever form it comes, into a place that holds the type's default.</summary>
    public static void Read(WireReader reader, TypePlan plan, ref byte slot)
    {
        if (!IsExtended(reader))
        {
            plan.Read(reader, ref slot);
            return;
        }

        object? value = ReadExtended(reader, plan);
        if (!plan.Type.IsValueType)
        {
            Raw.Reference(ref slot) = value;
        }
        else if (value is not null)
        {
            // What is in a box of a Nullable<T> is the T.
            StoreBox(plan.Type, value, ref slot);
        }
    }

    /// <summary>Reads a value, in whichever form it comes, as an object.</summary>
    public static object? ReadBoxed(WireReader reader, TypePlan plan) =>
        IsExtended(reader) ? ReadExtended(reader, plan) : plan.ReadBoxed(reader);

    /// <summary>Whether a block or an object, alone or of the graph, comes next.</summary>
    public static bool IsExtended(WireReader reader)
    {
        byte code = reader.Peek();
        return code is Codes.FixExt4 or Codes.Ext32 && IsExtension(code, reader.PeekExtension());
    }

    /// <summary>Whether a block comes next, if <see cref="IsExtended"/>.</summary>
    public static bool IsBlock(WireReader reader) => reader.PeekExtension() == Codes.Block;

    /// <summary>Reads a block or an object, alone or of the graph, as it is.</summary>
    public static object? ReadAsIs(WireReader reader) => reader.PeekExtension() switch
    {
        Codes.Graph => reader.ReadGraphRoot(),
        Codes.Plain => reader.ReadPlain(),
        _ => ReadBlock(reader),
    };

    /// <summary>The value at a place as an object.</summary>
    public static object? Box(Type type, ref byte slot)
    {
        if (!type.IsValueType)
        {
            return Raw.Reference(ref slot);
        }

        Array one = Array.CreateInstance(type, 1);
        CopyOf(type).Copy(ref slot, ref MemoryMarshal.GetArrayDataReference(one));
        return one.GetValue(0);
    }

    private static bool IsExtension(byte code, sbyte extension) =>
        code == Codes.FixExt4 ? extension == Codes.Graph : extension is Codes.Block or Codes.Plain;

    private static object? ReadExtended(WireReader reader, TypePlan plan)
    {
        object? value = ReadAsIs(reader);
        if (value is null || value.GetType() == plan.Type || plan.Type.IsInstanceOfType(value))
        {
            return value;
        }

        if (plan.Type == typeof(byte[]))
        {
            // Bytes are made of bytes; numbers that happen to be small enough are something else.
            throw GraphReader.Misfit(value, plan.Type, "what was asked for");
        }

        return Convert(value, plan);
    }

    /// <summary>
    /// Makes one type out of another, as its members or elements say: a list where an array came, a class of one's own with the same members.
    /// </summary>
    private static unsafe object? Convert(object value, TypePlan plan)
    {
        WireWriter writer = new();
        try
        {
            Plans.For(value.GetType()).WriteBoxed(writer, value);
            WireReader reader = new(writer.Start, writer.Length);
            object? made = plan.ReadBoxed(reader);
            reader.ExpectEnd();
            return made;
        }
        catch (FailureException e)
        {
            throw new FailureException(e.Kind, $"A {value.GetType()} is not a {plan.Type}, and none can be made of it: {e.Message}", e) { TypeName = value.GetType().ToString() };
        }
        finally
        {
            writer.Free();
        }
    }

    /// <summary>The kind of the numbers that an array of a type consists of; Empty if it does not cross as a block.</summary>
    public static TypeCode BlockOf(Type array) =>
        array.IsSZArray && array.GetElementType() is { IsPrimitive: true } element && element != typeof(nint) && element != typeof(nuint) && element != typeof(bool)
            ? Type.GetTypeCode(element)
            : TypeCode.Empty;

    private static bool TryWriteBlock(WireWriter writer, TypePlan plan, Array array)
    {
        TypeCode code = plan.Block;
        if (code == TypeCode.Empty)
        {
            return false;
        }

        long bytes = (long)array.Length * SizeOf(code);
        if (bytes > 1 << 29)
        {
            return false;
        }

        WriteBlock(writer, ref MemoryMarshal.GetArrayDataReference(array), (int)bytes, code);
        return true;
    }

    private static unsafe void WriteBlock(WireWriter writer, ref byte data, int bytes, TypeCode code)
    {
        writer.Ensure(bytes + 7);
        byte* p = writer.Pointer;
        p[0] = Codes.Ext32;
        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(p + 1, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bytes + 1));
        p[5] = unchecked((byte)Codes.Block);
        p[6] = (byte)code;
        if (bytes > 0)
        {
            System.Runtime.CompilerServices.Unsafe.CopyBlockUnaligned(ref p[7], ref data, (uint)bytes);
        }

        writer.Pointer = p + 7 + bytes;
    }

    private static unsafe Array ReadBlock(WireReader reader)
    {
        int length = reader.ReadExtensionHeader(out _) - 1;
        byte* p = reader.Pointer;
        int size = length < 0 ? 0 : SizeOf((TypeCode)p[0]);
        if (size == 0 || length % size != 0)
        {
            throw new FailureException(FailureKind.Value, "A block of numbers is malformed.");
        }

        int count = length / size;
        Array array = (TypeCode)p[0] switch
        {
            TypeCode.Double => new double[count],
            TypeCode.Single => new float[count],
            TypeCode.Int32 => new int[count],
            TypeCode.UInt32 => new uint[count],
            TypeCode.Int64 => new long[count],
            TypeCode.UInt64 => new ulong[count],
            TypeCode.Int16 => new short[count],
            TypeCode.UInt16 => new ushort[count],
            TypeCode.Char => new char[count],
            TypeCode.SByte => new sbyte[count],
            _ => new byte[count],
        };
        if (count > 0)
        {
            System.Runtime.CompilerServices.Unsafe.CopyBlockUnaligned(ref MemoryMarshal.GetArrayDataReference(array), ref p[1], (uint)length);
        }

        reader.Advance(length + 1);
        return array;
    }

    private static int SizeOf(TypeCode code) => code switch
    {
        TypeCode.Double or TypeCode.Int64 or TypeCode.UInt64 => 8,
        TypeCode.Single or TypeCode.Int32 or TypeCode.UInt32 => 4,
        TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Char => 2,
        TypeCode.SByte or TypeCode.Byte => 1,
        _ => 0,
    };

    private static void StoreBox(Type type, object value, ref byte slot)
    {
        if (Nullable.GetUnderlyingType(type) is null)
        {
            CopyOf(type).Copy(ref Raw.Data(value), ref slot);
            return;
        }

        // Of an array's elements the runtime knows how to store them.
        Array one = Array.CreateInstance(type, 1);
        one.SetValue(value, 0);
        CopyOf(type).Copy(ref MemoryMarshal.GetArrayDataReference(one), ref slot);
    }
}
