using System;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>How a member is read and written without a virtual call, where that is possible.</summary>
internal enum MemberCode : byte
{
    /// <summary>Through its <see cref="TypePlan"/>.</summary>
    Plan,
    Boolean,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Char,
    String,
}

/// <summary>Reads and writes values of one type.</summary>
/// <remarks>
/// A value is where it lives: a <c>ref byte</c> to a field, an array element, a box's content, or a local. So nothing
/// is boxed on the way, and no code is generic over the types of guest code, which an interpreter would have to
/// translate once for each type. A reference is stored through <c>ref object</c>, which keeps the GC informed.
/// </remarks>
internal abstract class TypePlan
{
    private bool? _isSimple;

    /// <summary>One more than <see cref="Block"/>; 0 where that is not known yet.</summary>
    private int _block;

    protected TypePlan(Type type) => Type = type;

    /// <summary>The type in question.</summary>
    public Type Type { get; }

    /// <summary>Whether a value is no more than a number, a text, a date or the like, whose form here says all of it.</summary>
    public bool IsSimple => _isSimple ??= Graph.SimpleTypes.Contains(Type);

    /// <summary>The kind of the numbers that an array of the type consists of; Empty if it is no such array.</summary>
    public TypeCode Block
    {
        get
        {
            if (_block == 0)
            {
                _block = 1 + (int)Graph.Values.BlockOf(Type);
            }

            return (TypeCode)(_block - 1);
        }
    }

    /// <summary>How members of this type are treated in an object's loop.</summary>
    public virtual MemberCode Code => MemberCode.Plan;

    /// <summary>Reads a value into a place that holds the type's default.</summary>
    public abstract void Read(WireReader reader, ref byte slot);

    /// <summary>Writes the value at a place.</summary>
    public abstract void Write(WireWriter writer, ref byte slot);

    /// <summary>Reads a value as an object.</summary>
    public abstract object? ReadBoxed(WireReader reader);

    /// <summary>Writes an object of the type; null only where the type has it.</summary>
    public abstract void WriteBoxed(WireWriter writer, object? value);
}

/// <summary>Access to the insides of objects.</summary>
internal static partial class Raw
{
    /// <summary>The first byte of an object's fields, or of a box's value.</summary>
    public static ref byte Data(object o) => ref Unsafe.As<Body>(o).First;

    /// <summary>A place inside an object, as bytes.</summary>
    public static ref byte At(ref byte start, int offset) => ref Unsafe.AddByteOffset(ref start, (nint)offset);

    /// <summary>A local reference as a place.</summary>
    public static ref byte Slot(ref object? o) => ref Unsafe.As<object?, byte>(ref o);

    /// <summary>A place as a reference.</summary>
    public static ref object? Reference(ref byte slot) => ref Unsafe.As<byte, object?>(ref slot);

    private sealed class Body
    {
#pragma warning disable CS0649 // never assigned: it only marks a place
        public byte First;
#pragma warning restore CS0649
    }
}

/// <summary>A plan for a value type.</summary>
internal abstract class ValuePlan(Type type) : TypePlan(type)
{
    public override object? ReadBoxed(WireReader reader)
    {
        if (IsHandle(reader))
        {
            object target = Handles.GetObject(reader.ReadHandle());
            return Type.IsInstanceOfType(target) ? target : throw Plans.WrongHandle(target, Type);
        }

        object box = RuntimeHelpers.GetUninitializedObject(Type);
        Read(reader, ref Raw.Data(box));
        return box;
    }

    public override void WriteBoxed(WireWriter writer, object? value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Write(writer, ref Raw.Data(value));
    }

    /// <summary>Whether a handle comes next.</summary>
    protected static bool IsHandle(WireReader reader) =>
        reader.Peek() == Codes.FixExt8 && reader.PeekExtension() == Codes.Handle;
}

/// <summary>A plan for a class, an interface or a delegate.</summary>
internal abstract class ReferencePlan(Type type) : TypePlan(type)
{
    private readonly bool _isSealed = type.IsSealed;

    public sealed override void Read(WireReader reader, ref byte slot) => Raw.Reference(ref slot) = ReadBoxed(reader);

    public sealed override void Write(WireWriter writer, ref byte slot) => WriteBoxed(writer, Raw.Reference(ref slot));

    public sealed override object? ReadBoxed(WireReader reader)
    {
        byte code = reader.Peek();
        if (code == Codes.Nil)
        {
            reader.Advance(1);
            return null;
        }

        if (code >= Codes.Ext8 && code <= Codes.FixExt16 && code is <= Codes.Ext32 or >= Codes.FixExt1)
        {
            sbyte extension = reader.PeekExtension();
            if (extension == Codes.Handle)
            {
                object target = Handles.GetObject(reader.ReadHandle());
                return Type.IsInstanceOfType(target) ? target : throw Plans.WrongHandle(target, Type);
            }

            if (extension == Codes.Typed)
            {
                return Plans.ReadTyped(reader, Type);
            }
        }

        return ReadObject(reader);
    }

    public sealed override void WriteBoxed(WireWriter writer, object? value)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else if (_isSealed || value.GetType() == Type)
        {
            WriteObject(writer, value);
        }
        else
        {
            // What it is says more than what it was declared as.
            Plans.WriteOther(this, writer, value);
        }
    }

    /// <summary>Reads a value that is neither nil nor a handle.</summary>
    public abstract object? ReadObject(WireReader reader);

    /// <summary>Writes a value that is of exactly this type.</summary>
    public abstract void WriteObject(WireWriter writer, object value);
}
