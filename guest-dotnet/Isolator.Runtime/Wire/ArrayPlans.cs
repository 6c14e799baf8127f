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
        int size = ElementSize;
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
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
        int size = ElementSize;
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
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

/// <summary>Tuples of both kinds: arrays of their items.</summary>
internal sealed class TuplePlan : ReferencePlan
{
    private readonly TupleItems _items;

    public TuplePlan(Type type)
        : base(type) => _items = new TupleItems(type);

    public override object? ReadObject(WireReader reader)
    {
        // Tuples have a constructor that stores; see TrivialConstructor.
        object tuple = RuntimeHelpers.GetUninitializedObject(Type);
        _items.Read(reader, ref Raw.Data(tuple));
        return tuple;
    }

    public override void WriteObject(WireWriter writer, object value) => _items.Write(writer, ref Raw.Data(value));
}

/// <summary>Value tuples and key-value pairs: arrays of their items.</summary>
internal sealed class ValueTuplePlan : ValuePlan
{
    private readonly TupleItems _items;

    public ValueTuplePlan(Type type)
        : base(type) => _items = new TupleItems(type);

    public override void Read(WireReader reader, ref byte slot) => _items.Read(reader, ref slot);

    public override void Write(WireWriter writer, ref byte slot) => _items.Write(writer, ref slot);
}

/// <summary>The items of a tuple, those of its <c>Rest</c> included.</summary>
internal sealed class TupleItems
{
    private readonly Type _type;
    private readonly (int Offset, Type Type)[] _items;
    private readonly TypePlan?[] _plans;

    public TupleItems(Type type)
    {
        _type = type;
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        _items = Array.ConvertAll(fields, f => (Raw.OffsetOf(f), f.FieldType));
        _plans = new TypePlan[_items.Length];
    }

    public void Read(WireReader reader, ref byte data)
    {
        int count = reader.ReadArrayHeader();
        if (count != _items.Length)
        {
            throw new FailureException(FailureKind.Value, $"A {_type} has {_items.Length} items, but the array has {count}.");
        }

        reader.Enter();
        for (int i = 0; i < count; i++)
        {
            PlanAt(i).Read(reader, ref Raw.At(ref data, _items[i].Offset));
        }

        reader.Leave();
    }

    public void Write(WireWriter writer, ref byte data)
    {
        writer.Enter(_type);
        writer.WriteArrayHeader(_items.Length);
        for (int i = 0; i < _items.Length; i++)
        {
            PlanAt(i).Write(writer, ref Raw.At(ref data, _items[i].Offset));
        }

        writer.Leave();
    }

    private TypePlan PlanAt(int i) => _plans[i] ??= Plans.For(_items[i].Type);
}

/// <summary><see cref="Nullable{T}"/>: nil or the value.</summary>
internal sealed class NullablePlan : ValuePlan
{
    private readonly TypePlan _inner;
    private readonly int _hasValue;
    private readonly int _value;

    public NullablePlan(Type type)
        : base(type)
    {
        _inner = Plans.For(Nullable.GetUnderlyingType(type)!);
        _hasValue = Raw.OffsetOf(type.GetField("hasValue", BindingFlags.Instance | BindingFlags.NonPublic)!);
        _value = Raw.OffsetOf(type.GetField("value", BindingFlags.Instance | BindingFlags.NonPublic)!);
    }

    public override void Read(WireReader reader, ref byte slot)
    {
        if (!reader.TryNil())
        {
            _inner.Read(reader, ref Raw.At(ref slot, _value));
            Unsafe.As<byte, bool>(ref Raw.At(ref slot, _hasValue)) = true;
        }
    }

    public override void Write(WireWriter writer, ref byte slot)
    {
        if (Unsafe.As<byte, bool>(ref Raw.At(ref slot, _hasValue)))
        {
            _inner.Write(writer, ref Raw.At(ref slot, _value));
        }
        else
        {
            writer.WriteNil();
        }
    }

    public override object? ReadBoxed(WireReader reader) => reader.TryNil() ? null : _inner.ReadBoxed(reader);

    public override void WriteBoxed(WireWriter writer, object? value)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            _inner.WriteBoxed(writer, value);
        }
    }
}
