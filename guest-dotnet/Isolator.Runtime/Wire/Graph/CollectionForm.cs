using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>A collection of .NET's own, of which the elements cross and not the insides, which may differ from one .NET to the other.</summary>
internal abstract class CollectionForm(Type type, Type element)
{
    private ElementForm? _elements;

    /// <summary>The collection's type: of an object, or one of its base classes.</summary>
    public Type Type { get; } = type;

    /// <summary>How it is called in <see cref="GraphType.Layout"/>.</summary>
    public string Layout => $"C{Type.Name}";

    /// <summary>Whether a comparer is written before the elements.</summary>
    protected virtual bool HasComparer => false;

    /// <summary>Whether its elements, or parts of them, are hashed or put in order.</summary>
    public virtual bool HasKeys => false;

    /// <summary>Whether code of .NET's own goes from it on to its elements, calling itself.</summary>
    public virtual bool Nests => false;

    public ElementForm Elements => _elements ?? Interlocked.CompareExchange(ref _elements, GraphTypes.ElementsOf(element), null) ?? _elements;

    /// <summary>What one takes in memory beyond its elements, in units of 16 bytes.</summary>
    public virtual int Weight => 16;

    /// <summary>The elements, in an array of exactly their type.</summary>
    public abstract Array ItemsOf(object collection);

    /// <summary>Makes an object of the type, which is the collection's or one derived from it, for <see cref="Fill"/>.</summary>
    public virtual object Allocate(Type derived) => System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(derived);

    /// <summary>Runs the collection's own constructor on an object that has none of its fields yet.</summary>
    public abstract void Fill(object target, object? comparer, Array items);

    /// <summary>Makes one, where that is no matter of filling.</summary>
    public virtual object Make(object? comparer, object? values, Array items) => throw new InvalidOperationException(Type.ToString());

    public virtual void WriteBody(GraphWriter writer, object value)
    {
        if (HasComparer)
        {
            writer.WriteReference(ComparerOf(value));
        }

        if (HasValueComparer)
        {
            writer.WriteReference(ValueComparerOf(value));
        }

        Array items = ItemsOf(value);
        writer.WriteNumber((uint)items.Length);
        writer.WriteElements(Elements, ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(items), items.Length);
    }

    public virtual void ReadBody(GraphReader reader, object value)
    {
        object? comparer = HasComparer && !reader.TryNull() ? reader.ReadObject(typeof(object), "a comparer") : null;
        object? values = HasValueComparer && !reader.TryNull() ? reader.ReadObject(typeof(object), "a comparer") : null;
        Array items = ReadItems(reader, out int count);
        Pending pending = new(this, value, comparer, items) { ValueComparer = values };
        if (value is Late late)
        {
            late.Pending = pending;
        }

        reader.Later(pending);
        reader.ReadElements(Elements, ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(items), count, items);
        reader.EndLater();
    }

    /// <summary>How elements are compared; null where that is as they compare themselves.</summary>
    protected virtual object? ComparerOf(object collection) => null;

    /// <summary>Whether there is another comparer, for what keys lead to.</summary>
    protected virtual bool HasValueComparer => false;

    /// <summary>How values are compared; null where that is as they compare themselves.</summary>
    protected virtual object? ValueComparerOf(object collection) => null;

    protected Array ReadItems(GraphReader reader, out int count)
    {
        count = reader.ReadCount(Elements.Least);
        return Array.CreateInstanceFromArrayType(Elements.Type.MakeArrayType(), count);
    }
}

/// <summary><see cref="List{T}"/> and <see cref="ArrayList"/>: its array and how much of it is in use.</summary>
internal sealed class ListForm(Type type, Type element) : CollectionForm(type, element)
{
    private const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    public override int Weight => 4;

    private readonly int _items = Raw.OffsetOf(type.GetField("_items", Private)!);
    private readonly int _size = Raw.OffsetOf(type.GetField("_size", Private)!);

    public override Array ItemsOf(object collection)
    {
        Array items = Array.CreateInstance(Elements.Type, CountOf(collection));
        Array.Copy((Array)Raw.Reference(ref Raw.At(ref Raw.Data(collection), _items))!, items, items.Length);
        return items;
    }

    public override void WriteBody(GraphWriter writer, object value)
    {
        int count = CountOf(value);
        writer.WriteNumber((uint)count);
        if (count > 0)
        {
            Array items = (Array)Raw.Reference(ref Raw.At(ref Raw.Data(value), _items))!;
            writer.WriteElements(Elements, ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(items), count);
        }
    }

    public override void ReadBody(GraphReader reader, object value)
    {
        Array items = ReadItems(reader, out int count);
        Raw.Reference(ref Raw.At(ref Raw.Data(value), _items)) = items;
        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(ref Raw.At(ref Raw.Data(value), _size), count);
        reader.ReadElements(Elements, ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(items), count, items);
    }

    public override void Fill(object target, object? comparer, Array items) => throw new InvalidOperationException(Type.ToString());

    private int CountOf(object list) =>
        System.Runtime.CompilerServices.Unsafe.ReadUnaligned<int>(ref Raw.At(ref Raw.Data(list), _size));
}

/// <summary>
/// <see cref="WeakReference{T}"/>. It has a finalizer, which takes what is in it for a handle: so it is never there without having been constructed.
/// </summary>
internal sealed class WeakForm(Type type) : CollectionForm(type, type.GetGenericArguments()[0])
{
    private readonly ConstructorInfo _constructor = type.GetConstructor(type.GetGenericArguments())!;
    private readonly MethodInfo _getTarget = type.GetMethod("TryGetTarget")!;
    private readonly MethodInfo _setTarget = type.GetMethod("SetTarget")!;

    public override int Weight => 8;

    public override object Allocate(Type derived) => _constructor.Invoke([null]);

    public override Array ItemsOf(object collection)
    {
        object?[] target = [null];
        Array items = Array.CreateInstance(Elements.Type, 1);
        _getTarget.Invoke(collection, target);
        items.SetValue(target[0], 0);
        return items;
    }

    public override void Fill(object target, object? comparer, Array items)
    {
        if (items.Length != 1)
        {
            throw new FailureException(FailureKind.Value, $"A {Type} came with {items.Length} targets.");
        }

        _setTarget.Invoke(target, [items.GetValue(0)]);
    }
}

/// <summary>A collection that has a method for its elements, and a constructor that takes them.</summary>
internal sealed unsafe class KnownForm : CollectionForm
{
    /// <summary>Most entries of a table without hash codes.</summary>
    private const int MostInRow = 1_000;

    private readonly CollectionShape _shape;
    private readonly Type _element;
    private readonly PropertyInfo? _comparer;
    private readonly PropertyInfo? _valueComparer;
    private readonly object? _default;
    private MethodInfo? _toArray;
    private MethodInfo? _copyTo;
    private MethodInfo? _count;
    private MethodInfo? _add;
    private ConstructorInfo? _constructor;
    private MethodInfo? _factory;

    public KnownForm(Type type, Type element, CollectionShape shape)
        : base(type, element)
    {
        _shape = shape;
        _element = element;
        _valueComparer = shape.Values is null ? null : type.GetProperty(shape.Values, BindingFlags.Instance | BindingFlags.Public)!;
        if (shape.Comparer is { } name)
        {
            _comparer = type.GetProperty(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
            Type compared = _comparer.PropertyType;
            if (compared.IsGenericType)
            {
                Type defaults = compared.GetGenericTypeDefinition() == typeof(IComparer<>) ? typeof(Comparer<>) : typeof(EqualityComparer<>);
                _default = defaults.MakeGenericType(compared.GetGenericArguments()).GetProperty("Default")!.GetValue(null);
            }
        }
    }

    public override int Weight => Type.Namespace == "System.Collections.Concurrent" ? 128 : base.Weight;

    public override bool HasKeys => _shape.IsHashed || _shape.Comparer is not null || Type.Name is "SortedList" or "ListDictionaryInternal";

    public override bool Nests => _shape.Single;

    protected override bool HasComparer => _comparer is not null;

    public override Array ItemsOf(object collection)
    {
        if (_shape.Items is { } special)
        {
            return special(collection, _element);
        }

        if (_toArray is null && _copyTo is null)
        {
            FindItems();
        }

        if (_toArray is not null)
        {
            return (Array)_toArray.Invoke(collection, BindingFlags.DoNotWrapExceptions, null, null, null)!;
        }

        if (IsOpen(_count!) && collection.GetType() != Type)
        {
            // Invoke would run what a derived class has in their place.
            Array all = Array.CreateInstance(_element, ((delegate* managed<object, int>)_count!.MethodHandle.GetFunctionPointer())(collection));
            ((delegate* managed<object, Array, int, void>)_copyTo!.MethodHandle.GetFunctionPointer())(collection, all, 0);
            return all;
        }

        Array items = Array.CreateInstance(_element, (int)_count!.Invoke(collection, null)!);
        _copyTo!.Invoke(collection, BindingFlags.DoNotWrapExceptions, null, [items, 0], null);
        return items;
    }

    public override void Fill(object target, object? comparer, Array items)
    {
        comparer = Check(comparer, items);
        if (_shape.Single && items.Length != 1)
        {
            throw new FailureException(FailureKind.Value, $"A {Type} came with {items.Length} values.");
        }

        if (_shape.Adds)
        {
            _constructor ??= Constructor(null);
            _constructor.Invoke(target, BindingFlags.DoNotWrapExceptions, null, _comparer is null ? [] : [comparer], null);
            _add ??= Type.GetMethod("Add", BindingFlags.Instance | BindingFlags.Public)!;
            PropertyInfo? key = _element.GetProperty("Key");
            PropertyInfo? value = _element.GetProperty("Value");
            foreach (object item in items)
            {
                if (item is DictionaryEntry entry && IsOpen(_add) && target.GetType() != Type)
                {
                    ((delegate* managed<object, object, object?, void>)_add.MethodHandle.GetFunctionPointer())(target, entry.Key, entry.Value);
                    continue;
                }

                _add.Invoke(target, BindingFlags.DoNotWrapExceptions, null, key is null ? [item] : [key.GetValue(item), value!.GetValue(item)], null);
            }

            return;
        }

        _constructor ??= Constructor(items.GetType());
        object given = _shape.Single ? items.GetValue(0)! : items;
        _constructor.Invoke(target, BindingFlags.DoNotWrapExceptions, null, _comparer is null ? [given] : [given, comparer], null);
    }

    public override object Make(object? comparer, object? values, Array items)
    {
        comparer = Check(comparer, items);
        if (values is not null && !_valueComparer!.PropertyType.IsInstanceOfType(values))
        {
            throw GraphReader.Misfit(values, _valueComparer.PropertyType, $"the comparer of the values of a {Type}");
        }

        _factory ??= Factory(items.GetType());
        int comparers = 0;
        object?[] given = Array.ConvertAll(_factory.GetParameters(), p => p.ParameterType.IsInstanceOfType(items) ? items : comparers++ == 0 ? comparer : values);
        return _factory.Invoke(null, BindingFlags.DoNotWrapExceptions, null, given, null)!;
    }

    protected override bool HasValueComparer => _valueComparer is not null;

    protected override object? ComparerOf(object collection)
    {
        object? comparer = _comparer!.GetValue(collection);
        return comparer is null || ReferenceEquals(comparer, _default) || GraphRules.IsOwnComparer(comparer) ? null : comparer;
    }

    protected override object? ValueComparerOf(object collection)
    {
        object? comparer = _valueComparer!.GetValue(collection);
        Type compared = _valueComparer.PropertyType.GetGenericArguments()[0];
        return comparer is null || ReferenceEquals(comparer, typeof(EqualityComparer<>).MakeGenericType(compared).GetProperty("Default")!.GetValue(null)) ? null : comparer;
    }

    private static bool IsOpen(MethodInfo method) => method.IsVirtual && !method.IsFinal;

    private object? Check(object? comparer, Array items)
    {
        if (items.Length > MostInRow && Type.Name == "ListDictionaryInternal")
        {
            throw new FailureException(FailureKind.Value, $"An exception's Data came with {items.Length} entries; {MostInRow} may cross, for each is compared with all others.");
        }

        if (_shape.IsReversed)
        {
            Array.Reverse(items);
        }

        if (comparer is not null && !_comparer!.PropertyType.IsInstanceOfType(comparer))
        {
            throw GraphReader.Misfit(comparer, _comparer.PropertyType, $"the comparer of a {Type}");
        }

        return _shape.IsHashed ? GraphRules.CheckKeys(_comparer is { PropertyType.IsGenericType: true } ? _comparer.PropertyType.GetGenericArguments()[0] : typeof(object), comparer, items) : comparer;
    }

    private void FindItems()
    {
        if (Type.GetMethod("ToArray", BindingFlags.Instance | BindingFlags.Public, System.Type.EmptyTypes) is { IsVirtual: false } toArray)
        {
            _toArray = toArray;
            return;
        }

        Type collection = typeof(ICollection<>).MakeGenericType(_element);
        if (!collection.IsAssignableFrom(Type))
        {
            collection = typeof(ICollection);
        }

        // The type's own implementations, whatever a derived class makes of the interface.
        InterfaceMapping map = Type.GetInterfaceMap(collection);
        for (int i = 0; i < map.InterfaceMethods.Length; i++)
        {
            switch (map.InterfaceMethods[i].Name)
            {
                case "CopyTo":
                    _copyTo = map.TargetMethods[i];
                    break;
                case "get_Count":
                    _count = map.TargetMethods[i];
                    break;
            }
        }
    }

    private ConstructorInfo Constructor(Type? items)
    {
        foreach (ConstructorInfo each in Type.GetConstructors(BindingFlags.Instance | BindingFlags.Public))
        {
            ParameterInfo[] parameters = each.GetParameters();
            int first = items is null ? 0 : 1;
            if (parameters.Length == first + (_comparer is null ? 0 : 1)
                && (items is null || (_shape.Single ? parameters[0].ParameterType == _element : Takes(parameters[0].ParameterType, items)))
                && (_comparer is null || parameters[first].ParameterType == _comparer.PropertyType))
            {
                return each;
            }
        }

        throw new FailureException(FailureKind.Internal, $"This .NET's {Type} has no constructor that takes its elements.");
    }

    private static bool Takes(Type parameter, Type items) =>
        parameter.IsAssignableFrom(items) && (parameter.IsArray || parameter == typeof(ICollection)
            || (parameter.IsGenericType && parameter.GetGenericTypeDefinition() == typeof(IEnumerable<>)));

    private MethodInfo Factory(Type items)
    {
        (string holder, string name) = _shape.Factory!.Value;
        Type[] arguments = Type.GetGenericArguments();
        foreach (MethodInfo each in Type.Assembly.GetType(holder, throwOnError: true)!.GetMethods(BindingFlags.Static | BindingFlags.Public))
        {
            if (each.Name != name || each.GetGenericArguments().Length != arguments.Length)
            {
                continue;
            }

            MethodInfo made = each.MakeGenericMethod(arguments);
            ParameterInfo[] parameters = made.GetParameters();
            if (parameters.Length == 1 + (_comparer is null ? 0 : 1) + (_valueComparer is null ? 0 : 1)
                && Array.Exists(parameters, p => Takes(p.ParameterType, items))
                && (_comparer is null || Array.Exists(parameters, p => p.ParameterType == _comparer.PropertyType)))
            {
                return made;
            }
        }

        throw new FailureException(FailureKind.Internal, $"This .NET has no {holder}.{name} that takes the elements of a {Type}.");
    }
}

/// <summary>How a kind of collection is taken apart and put together.</summary>
internal sealed class CollectionShape
{
    /// <summary>The property that has the comparer.</summary>
    public string? Comparer { get; init; }

    /// <summary>The property that has another comparer, for values.</summary>
    public string? Values { get; init; }

    /// <summary>Whether its keys have hash codes.</summary>
    public bool IsHashed { get; init; }

    /// <summary>Whether elements are added one by one, for no constructor takes them.</summary>
    public bool Adds { get; init; }

    /// <summary>Whether it gives its elements in the reverse order of that in which it takes them.</summary>
    public bool IsReversed { get; init; }

    /// <summary>Whether there is exactly one element, which is what the constructor takes.</summary>
    public bool Single { get; init; }

    /// <summary>The static method that makes one, if no constructor can.</summary>
    public (string Type, string Method)? Factory { get; init; }

    /// <summary>How its elements are found, if not by a method of its own.</summary>
    public Func<object, Type, Array>? Items { get; init; }
}

/// <summary>An object that is made at the end, of all its elements.</summary>
internal sealed class LateForm(CollectionForm form) : GraphType(form.Type)
{
    public override bool IsLate => true;

    public override string Layout => form.Layout;

    public override object Allocate(GraphReader reader)
    {
        reader.Charge(form.Weight);
        return reader.MakeLate(this);
    }

    public override void WriteBody(GraphWriter writer, object value) => form.WriteBody(writer, value);

    public override void ReadBody(GraphReader reader, object value) => form.ReadBody(reader, value);
}

/// <summary>Something that makes its elements when it is asked for them: an array of these crosses in its place.</summary>
internal sealed class SequenceForm(Type type, Type element, ObjectForm? fields) : GraphType(type)
{
    private readonly Type _array = element.MakeArrayType();
    private MethodInfo? _toArray;

    public override string Layout => fields is null ? string.Empty : fields.Layout;

    public override bool Nests => fields is { Nests: true };

    /// <summary>Whether it goes as the object that it is where something of a type is wanted: an array is no enumerator.</summary>
    public bool KeepsIn(Type? declared) => fields is not null && declared is not null && !declared.IsAssignableFrom(_array);

    public override object Allocate(GraphReader reader) => fields is null ? throw reader.Malformed() : fields.Allocate(reader);

    public override void WriteBody(GraphWriter writer, object value) => fields!.WriteBody(writer, value);

    public override void ReadBody(GraphReader reader, object value) => fields!.ReadBody(reader, value);

    /// <summary>Asks for the elements.</summary>
    public object Gather(object sequence)
    {
        _toArray ??= typeof(System.Linq.Enumerable).GetMethod("ToArray")!.MakeGenericMethod(element);
        return _toArray.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [sequence], null)!;
    }
}
