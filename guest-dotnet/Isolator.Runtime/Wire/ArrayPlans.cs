using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire;

/// <summary>One-dimensional arrays.</summary>
internal sealed class ArrayPlan : ReferencePlan
{
    private readonly Type _elementType;
    private readonly MemberCode _code;
    private TypePlan? _element;
    private int _size;

    public ArrayPlan(Type type)
        : base(type)
    {
        _elementType = type.GetElementType()!;
        Type scalar = _elementType.IsEnum ? Enum.GetUnderlyingType(_elementType) : _elementType;
        _code = _elementType == typeof(string) ? MemberCode.String : ScalarPlan.CodeOf(scalar);
    }

    public TypePlan Element => _element ??= Plans.For(_elementType);

    public override object? ReadObject(WireReader reader)
    {
        if (_code == MemberCode.Byte && reader.Peek() is >= Codes.Bin8 and <= Codes.Bin32)
        {
            return BytesPlan.ReadBytes(reader);
        }

        int count = reader.ReadArrayHeader();
        reader.Enter();
        Array array = Array.CreateInstanceFromArrayType(Type, count);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        if (_code is MemberCode.Int32 or MemberCode.Double)
        {
            if (_code == MemberCode.Int32)
            {
                reader.ReadInt32s(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref data), count));
            }
            else
            {
                reader.ReadDoubles(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, double>(ref data), count));
            }

            reader.Leave();
            return array;
        }

        int size = ElementSize;
        for (int i = 0; i < count; i++)
        {
            ref byte slot = ref Unsafe.AddByteOffset(ref data, (nint)i * size);
            switch (_code)
            {
                case MemberCode.Plan:
                    Element.Read(reader, ref slot);
                    break;
                case MemberCode.String:
                    Raw.Reference(ref slot) = reader.ReadString();
                    break;
                default:
                    ScalarPlan.Read(_code, reader, ref slot);
                    break;
            }
        }

        reader.Leave();
        return array;
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        Array array = (Array)value;
        Write(writer, array, array.Length);
    }

    /// <summary>Writes the first elements of an array of this type.</summary>
    public void Write(WireWriter writer, Array array, int count)
    {
        writer.Enter(Type);
        writer.WriteArrayHeader(count);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        if (_code is MemberCode.Int32 or MemberCode.Double)
        {
            if (_code == MemberCode.Int32)
            {
                writer.WriteInt32s(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref data), count));
            }
            else
            {
                writer.WriteDoubles(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, double>(ref data), count));
            }

            writer.Leave();
            return;
        }

        int size = ElementSize;
        for (int i = 0; i < count; i++)
        {
            ref byte slot = ref Unsafe.AddByteOffset(ref data, (nint)i * size);
            switch (_code)
            {
                case MemberCode.Plan:
                    Element.Write(writer, ref slot);
                    break;
                case MemberCode.String:
                    writer.WriteString(Unsafe.As<string?>(Raw.Reference(ref slot)));
                    break;
                default:
                    writer.Ensure(9);
                    ScalarPlan.Put(_code, writer, ref slot);
                    break;
            }
        }

        writer.Leave();
    }

    private int ElementSize => _size == 0 ? _size = Plans.SizeOf(_elementType) : _size;
}

/// <summary>Arrays of several dimensions: the lengths, then all elements in one array, the last index fastest.</summary>
internal sealed class MultiArrayPlan(Type type) : ReferencePlan(type)
{
    private readonly int _rank = type.GetArrayRank();
    private readonly Type _elementType = type.GetElementType()!;
    private TypePlan? _element;

    private TypePlan Element => _element ??= Plans.For(_elementType);

    public override object? ReadObject(WireReader reader)
    {
        if (reader.ReadArrayHeader() != _rank + 1)
        {
            throw new FailureException(FailureKind.Value, $"An array of {_rank} dimensions is {_rank} lengths and an array of its elements.");
        }

        int[] lengths = new int[_rank];
        long total = 1;
        for (int i = 0; i < _rank; i++)
        {
            lengths[i] = (int)reader.ReadInt64(0, int.MaxValue, "the length of an array");
            total = lengths[i] == 0 || total <= int.MaxValue / lengths[i] ? total * lengths[i] : -1;
            if (total < 0)
            {
                break;
            }
        }

        int count = total < 0 ? 0 : reader.ReadArrayHeader();
        if (total != count)
        {
            throw new FailureException(FailureKind.Value, $"The lengths of an array of {_rank} dimensions do not fit its elements.");
        }

        reader.Enter();
        Array array = Array.CreateInstance(_elementType, lengths);
        int size = Plans.SizeOf(_elementType);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        for (int i = 0; i < count; i++)
        {
            Element.Read(reader, ref Unsafe.AddByteOffset(ref data, (nint)i * size));
        }

        reader.Leave();
        return array;
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        Array array = (Array)value;
        writer.Enter(Type);
        writer.WriteArrayHeader(_rank + 1);
        for (int i = 0; i < _rank; i++)
        {
            writer.WriteInt64(array.GetLength(i));
        }

        writer.WriteArrayHeader(array.Length);
        int size = Plans.SizeOf(_elementType);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        for (int i = 0; i < array.Length; i++)
        {
            Element.Write(writer, ref Unsafe.AddByteOffset(ref data, (nint)i * size));
        }

        writer.Leave();
    }
}

/// <summary><see cref="List{T}"/>, straight from and to its array.</summary>
internal sealed class ListPlan : ReferencePlan
{
    private readonly ArrayPlan _array;
    private readonly int _items;
    private readonly int _count;

    public ListPlan(Type type)
        : base(type)
    {
        _array = (ArrayPlan)Plans.ArrayOf(type.GetGenericArguments()[0]);
        _items = Raw.OffsetOf(Field("_items"));
        _count = Raw.OffsetOf(Field("_size"));

        FieldInfo Field(string name) =>
            type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new FailureException(FailureKind.Internal, $"This .NET's List<T> has no field {name}.");
    }

    public override object? ReadObject(WireReader reader)
    {
        Array items = (Array)_array.ReadObject(reader)!;
        object list = RuntimeHelpers.GetUninitializedObject(Type);
        ref byte data = ref Raw.Data(list);
        Raw.Reference(ref Raw.At(ref data, _items)) = items;
        Unsafe.As<byte, int>(ref Raw.At(ref data, _count)) = items.Length;
        return list;
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        ref byte data = ref Raw.Data(value);
        Array items = Unsafe.As<Array>(Raw.Reference(ref Raw.At(ref data, _items))!);
        _array.Write(writer, items, Unsafe.As<byte, int>(ref Raw.At(ref data, _count)));
    }
}
