using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>How a collection is made from an array of its elements.</summary>
internal delegate object MakeCollection(Array elements);

/// <summary>Sequences other than arrays and lists: sets, queues, immutable and read-only ones, interfaces of them.</summary>
internal sealed class SequencePlan : ReferencePlan
{
    private readonly ArrayPlan _array;
    private readonly MakeCollection? _make;
    private readonly Type _element;

    public SequencePlan(Type type, Type element, MakeCollection? make)
        : base(type)
    {
        _array = (ArrayPlan)Plans.ArrayOf(element);
        _make = make;
        _element = element;
    }

    public override object? ReadObject(WireReader reader)
    {
        if (_make is null)
        {
            throw new FailureException(
                FailureKind.Value,
                $"A {Type} cannot be made from a value: it has no constructor that takes its elements. Pass an array or a list.");
        }

        Array elements = (Array)_array.ReadObject(reader)!;
        Plans.CheckElements(Type, _element, elements.Length);
        return _make(elements);
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        writer.Enter(Type);
        if (value is ICollection collection)
        {
            writer.WriteArrayHeader(collection.Count);
            int left = collection.Count;
            foreach (object? item in collection)
            {
                _array.Element.WriteBoxed(writer, item);
                left--;
            }

            if (left != 0)
            {
                throw new FailureException(FailureKind.Value, $"A {Type} says it has another number of elements than it yields.");
            }
        }
        else
        {
            List<object?> items = [];
            foreach (object? item in (IEnumerable)value)
            {
                items.Add(item);
            }

            writer.WriteArrayHeader(items.Count);
            foreach (object? item in items)
            {
                _array.Element.WriteBoxed(writer, item);
            }
        }

        writer.Leave();
    }
}

/// <summary>How a dictionary is made, and how a pair gets into it.</summary>
internal sealed class DictionaryMaker(Func<object> create, Action<object, object?, object?> add, Func<object, object>? finish)
{
    public object Create() => create();

    public void Add(object dictionary, object? key, object? value) => add(dictionary, key, value);

    public object Finish(object dictionary) => finish is null ? dictionary : finish(dictionary);
}

/// <summary>Dictionaries: maps with any keys.</summary>
internal sealed class DictionaryPlan : ReferencePlan
{
    private readonly Type _key;
    private readonly Type _value;
    private readonly DictionaryMaker? _maker;
    private readonly int _keyOffset;
    private readonly int _valueOffset;
    private TypePlan? _keyPlan;
    private TypePlan? _valuePlan;

    public DictionaryPlan(Type type, Type key, Type value, DictionaryMaker? maker)
        : base(type)
    {
        _key = key;
        _value = value;
        _maker = maker;
        Type pair = typeof(KeyValuePair<,>).MakeGenericType(key, value);
        _keyOffset = Raw.OffsetOf(pair.GetField("key", BindingFlags.Instance | BindingFlags.NonPublic)!);
        _valueOffset = Raw.OffsetOf(pair.GetField("value", BindingFlags.Instance | BindingFlags.NonPublic)!);
    }

    private TypePlan KeyPlan => _keyPlan ??= Plans.For(_key);

    private TypePlan ValuePlan => _valuePlan ??= Plans.For(_value);

    public override object? ReadObject(WireReader reader)
    {
        if (_maker is null)
        {
            throw new FailureException(FailureKind.Value, $"A {Type} cannot be made from a value. Pass a Dictionary<TKey, TValue>.");
        }

        int count = reader.ReadMapHeader();
        Plans.CheckKeys(_key, count);
        reader.Enter();
        object dictionary = _maker.Create();
        for (; count > 0; count--)
        {
            object? key = KeyPlan.ReadBoxed(reader) ?? throw new FailureException(FailureKind.Value, $"A key of a {Type} is nil.");
            _maker.Add(dictionary, key, ValuePlan.ReadBoxed(reader));
        }

        reader.Leave();
        return _maker.Finish(dictionary);
    }

    public override void WriteObject(WireWriter writer, object value)
    {
        writer.Enter(Type);
        if (value is IDictionary dictionary)
        {
            writer.WriteMapHeader(dictionary.Count);
            IDictionaryEnumerator pairs = dictionary.GetEnumerator();
            while (pairs.MoveNext())
            {
                KeyPlan.WriteBoxed(writer, pairs.Key);
                ValuePlan.WriteBoxed(writer, pairs.Value);
            }
        }
        else
        {
            List<object> pairs = [];
            foreach (object pair in (IEnumerable)value)
            {
                pairs.Add(pair);
            }

            writer.WriteMapHeader(pairs.Count);
            foreach (object pair in pairs)
            {
                KeyPlan.Write(writer, ref Raw.At(ref Raw.Data(pair), _keyOffset));
                ValuePlan.Write(writer, ref Raw.At(ref Raw.Data(pair), _valueOffset));
            }
        }

        writer.Leave();
    }
}

/// <summary>A type whose values do not cross, and why. Handles to it do.</summary>
internal sealed class UnsupportedPlan(Type type, string why) : ReferencePlan(type)
{
    public override object? ReadObject(WireReader reader) => throw Failure();

    public override void WriteObject(WireWriter writer, object value) => throw Failure();

    private FailureException Failure() =>
        new(FailureKind.Value, $"A value of type {Type} cannot cross: {why}") { TypeName = Type.ToString() };
}

/// <summary>A value type whose values do not cross.</summary>
internal sealed class UnsupportedValuePlan(Type type, string why) : ValuePlan(type)
{
    public override void Read(WireReader reader, ref byte slot) => throw Failure();

    public override void Write(WireWriter writer, ref byte slot) => throw Failure();

    public override object? ReadBoxed(WireReader reader) =>
        IsHandle(reader) ? base.ReadBoxed(reader) : throw Failure();

    public override void WriteBoxed(WireWriter writer, object? value) => throw Failure();

    private FailureException Failure() =>
        new(FailureKind.Value, $"A value of type {Type} cannot cross: {why}") { TypeName = Type.ToString() };
}

/// <summary>Structs that wrap an array: <c>ArraySegment</c>, <c>ImmutableArray</c>.</summary>
internal sealed class SequenceValuePlan : ValuePlan
{
    private readonly ArrayPlan _array;
    private readonly int _items;
    private readonly int _offset = -1;
    private readonly int _count = -1;

    public SequenceValuePlan(Type type, Type element)
        : base(type)
    {
        _array = (ArrayPlan)Plans.ArrayOf(element);
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
        {
            if (field.FieldType.IsArray)
            {
                _items = Raw.OffsetOf(field);
            }
            else if (field.Name == "_offset")
            {
                _offset = Raw.OffsetOf(field);
            }
            else if (field.Name == "_count")
            {
                _count = Raw.OffsetOf(field);
            }
        }
    }

    public override void Read(WireReader reader, ref byte slot)
    {
        if (reader.TryNil())
        {
            return;
        }

        Array items = (Array)_array.ReadObject(reader)!;
        Raw.Reference(ref Raw.At(ref slot, _items)) = items;
        if (_count >= 0)
        {
            Unsafe.As<byte, int>(ref Raw.At(ref slot, _count)) = items.Length;
        }
    }

    public override void Write(WireWriter writer, ref byte slot)
    {
        Array? items = Unsafe.As<Array?>(Raw.Reference(ref Raw.At(ref slot, _items)));
        if (items is null)
        {
            writer.WriteNil();
            return;
        }

        int offset = _offset < 0 ? 0 : Unsafe.As<byte, int>(ref Raw.At(ref slot, _offset));
        int count = _count < 0 ? items.Length : Unsafe.As<byte, int>(ref Raw.At(ref slot, _count));
        if (offset != 0)
        {
            Array part = Array.CreateInstanceFromArrayType(items.GetType(), count);
            Array.Copy(items, offset, part, 0, count);
            items = part;
        }

        _array.Write(writer, items, count);
    }
}
