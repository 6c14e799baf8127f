using System;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>A value type of which not every pattern of bits is a value, or whose insides are .NET's own.</summary>
internal abstract class ValueForm
{
    /// <summary>Bytes on the wire at least.</summary>
    public abstract int Least { get; }

    /// <summary>Whether it refers to no objects.</summary>
    public abstract bool IsAlone { get; }

    public abstract void Write(GraphWriter writer, ref byte slot);

    /// <summary>Writes what an empty field would have.</summary>
    public abstract void WriteDefault(GraphWriter writer);

    public abstract void Read(GraphReader reader, ref byte slot, object owner);
}

/// <summary>A form made of two functions.</summary>
/// <typeparam name="T">The type.</typeparam>
internal sealed class ValueForm<T>(int least, Action<GraphWriter, T> write, Func<GraphReader, T> read) : ValueForm
    where T : struct
{
    public override int Least => least;

    public override bool IsAlone => true;

    public override void Write(GraphWriter writer, ref byte slot) => write(writer, Unsafe.As<byte, T>(ref slot));

    public override void WriteDefault(GraphWriter writer) => write(writer, default);

    public override void Read(GraphReader reader, ref byte slot, object owner)
    {
        try
        {
            Unsafe.As<byte, T>(ref slot) = read(reader);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw new FailureException(FailureKind.Value, $"No {typeof(T)} can be made of what was sent: {e.Message}", e) { TypeName = typeof(T).ToString() };
        }
    }
}

/// <summary><see cref="Memory{T}"/> and <see cref="ReadOnlyMemory{T}"/>: the array of what they see.</summary>
internal sealed class MemoryForm(Type type) : ValueForm
{
    private readonly Type _array = type.GetGenericArguments()[0].MakeArrayType();
    private readonly StructCopy _copy = new(type);
    private readonly MethodInfo _toArray = type.GetMethod("ToArray", Type.EmptyTypes)!;
    private readonly PropertyInfo _isEmpty = type.GetProperty("IsEmpty")!;

    public override int Least => 1;

    public override bool IsAlone => false;

    public override void Write(GraphWriter writer, ref byte slot)
    {
        object box = RuntimeHelpers.GetUninitializedObject(type);
        _copy.Copy(ref slot, ref Raw.Data(box));
        writer.WriteReference((bool)_isEmpty.GetValue(box)! ? null : _toArray.Invoke(box, null));
    }

    public override void WriteDefault(GraphWriter writer) => writer.WriteByte(0);

    public override void Read(GraphReader reader, ref byte slot, object owner)
    {
        if (reader.ReadObject(_array, "the content of a Memory<T>") is { } array)
        {
            object box = RuntimeHelpers.GetUninitializedObject(type);
            type.GetConstructor([_array])!.Invoke(box, [array]);
            _copy.Copy(ref Raw.Data(box), ref slot);
        }
    }
}
