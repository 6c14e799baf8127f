using System;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>How one place inside of an object is copied.</summary>
internal enum FieldCode : byte
{
    /// <summary>A reference to another object of the graph, or null.</summary>
    Reference,
    One,
    Two,
    Four,
    Eight,

    /// <summary>Bytes of which any pattern is a value, as many as <see cref="FieldOp.Size"/>.</summary>
    Block,

    /// <summary>A bool: 0 or 1.</summary>
    Boolean,

    /// <summary>A value type with a form of its own.</summary>
    Form,

    /// <summary>Something that cannot cross: all of its bits must be 0, and nothing is written.</summary>
    Refused,

    /// <summary>Nothing, for a struct without fields: a byte of 0, so that elements are never free.</summary>
    Empty,
}

/// <summary>One place inside of an object or a struct, and how it is copied.</summary>
internal sealed class FieldOp(FieldCode code, int offset, int size, Type type, string name)
{
    public readonly FieldCode Code = code;

    /// <summary>From the start of the object's data, or of the struct.</summary>
    public readonly int Offset = offset;

    /// <summary>Bytes in memory.</summary>
    public readonly int Size = size;

    /// <summary>The declared type.</summary>
    public readonly Type Type = type;

    /// <summary>Whether any object fits, so that nothing has to be checked.</summary>
    public readonly bool TakesAny = type == typeof(object);

    /// <summary>The field's path from its object, as people write it.</summary>
    public readonly string Name = name;

    /// <summary>The form, for <see cref="FieldCode.Form"/>.</summary>
    public ValueForm? Form { get; init; }

    /// <summary>Why it cannot cross, for <see cref="FieldCode.Refused"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>What the field is in metadata; of a field inside of a struct, the outermost.</summary>
    public System.Reflection.FieldInfo? Field { get; init; }

    /// <summary>Whether it must be empty in what is read: the insides of .NET's own types are not a guest's to say.</summary>
    public bool IsGuarded { get; init; }

    /// <summary>Whether code of .NET's own goes on from the object to what is in the field, calling itself.</summary>
    public bool Nests { get; init; }

    /// <summary>Whether the field is marked as one that is not serialized: then what cannot cross is left out there.</summary>
    public bool MayBeLeftOut { get; init; }
}
