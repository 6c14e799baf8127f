using System;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>One member of an object: its name on the wire and how to get at it.</summary>
internal sealed class Member
{
    private readonly FieldInfo? _field;
    private readonly PropertyInfo? _property;
    private TypePlan? _plan;

    public Member(string name, FieldInfo field)
        : this(name, field.FieldType)
    {
        _field = field;
        Offset = Raw.OffsetOf(field);
        Code = field.FieldType == typeof(string)
            ? MemberCode.String
            : ScalarPlan.CodeOf(field.FieldType.IsEnum ? Enum.GetUnderlyingType(field.FieldType) : field.FieldType);
    }

    public Member(string name, PropertyInfo property)
        : this(name, property.PropertyType)
    {
        _property = property;
        Offset = -1;
    }

    private Member(string name, Type type)
    {
        Name = name;
        Type = type;

        Key = new WireKey(name);
    }

    /// <summary>Name on the wire.</summary>
    public string Name { get; }

    /// <summary>Declared type.</summary>
    public Type Type { get; }

    /// <summary>Where it is, from the start of the object's data; -1 for a property that has code.</summary>
    public int Offset { get; }

    /// <summary>How to read and write it at its offset.</summary>
    public MemberCode Code { get; }

    /// <summary>The name as it is on the wire.</summary>
    public WireKey Key { get; }

    /// <summary>The constructor's parameter that takes this member, or -1.</summary>
    public int Parameter { get; set; } = -1;

    /// <summary>The same member under another name.</summary>
    public Member Renamed(string name) => _field is not null ? new Member(name, _field) : new Member(name, _property!);

    /// <summary>The plan of its type; made when first needed, so that types may refer to themselves.</summary>
    public TypePlan Plan => _plan ??= _field is null ? Plans.For(Type) : Plans.ForField(_field);

    /// <summary>Writes the value from an object's data.</summary>
    public void Write(WireWriter writer, ref byte data, object? owner)
    {
        if (Offset < 0)
        {
            object? value = _property!.GetValue(owner, BindingFlags.DoNotWrapExceptions, null, null, null);
            Plan.WriteBoxed(writer, value);
            return;
        }

        Plan.Write(writer, ref Raw.At(ref data, Offset));
    }

    /// <summary>Reads a value into an object's data.</summary>
    public void Read(WireReader reader, ref byte data, object? owner)
    {
        if (Offset < 0)
        {
            Set(ref data, owner, Plan.ReadBoxed(reader));
            return;
        }

        Plan.Read(reader, ref Raw.At(ref data, Offset));
    }

    /// <summary>Stores a value that was read as an object.</summary>
    public void Set(ref byte data, object? owner, object? value)
    {
        if (Offset < 0)
        {
            _property!.SetValue(owner, value, BindingFlags.DoNotWrapExceptions, null, null, null);
        }
        else if (!Type.IsValueType)
        {
            Raw.Reference(ref Raw.At(ref data, Offset)) = value;
        }
        else
        {
            _field!.SetValue(owner, value);
        }
    }
}
