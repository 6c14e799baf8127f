using System;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

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
