using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>How the elements of arrays and collections of a type are copied.</summary>
internal sealed class ElementForm
{
    public ElementForm(Type element, FieldOp[] ops, bool isBlock)
    {
        Type = element;
        Ops = ops;
        Stride = Plans.SizeOf(element);
        IsReference = ops is [{ Code: FieldCode.Reference, Offset: 0 }] && !element.IsValueType;
        IsBoolean = ops is [{ Code: FieldCode.Boolean }] && Stride == 1;
        IsBlock = isBlock || IsBoolean;
        foreach (FieldOp op in ops)
        {
            Least += Leasts(op);
        }
    }

    /// <summary>The element's type.</summary>
    public Type Type { get; }

    /// <summary>The places of one.</summary>
    public FieldOp[] Ops { get; }

    /// <summary>Bytes from one to the next in memory.</summary>
    public int Stride { get; }

    /// <summary>Whether they cross as they lie in memory.</summary>
    public bool IsBlock { get; }

    /// <summary>Whether they are references.</summary>
    public bool IsReference { get; }

    /// <summary>Whether they are bytes of which only two have a meaning.</summary>
    public bool IsBoolean { get; }

    /// <summary>Bytes that one takes on the wire at least.</summary>
    public int Least { get; }

    /// <summary>Bytes that a place takes on the wire at least.</summary>
    public static int Leasts(FieldOp op) => op.Code switch
    {
        FieldCode.Reference or FieldCode.Boolean or FieldCode.Empty or FieldCode.Refused => 1,
        FieldCode.Form => op.Form!.Least,
        _ => op.Size,
    };
}

/// <summary>Arrays of one dimension that begin at 0.</summary>
internal sealed class ArrayForm(Type type) : GraphType(type)
{
    private readonly bool _nests = GraphRules.NestsElements(type);
    private ElementForm? _elements;

    public override bool Nests => _nests;

    public override string Layout => Elements.IsBlock ? $"[{Elements.Stride}" : "[" + GraphTypes.LayoutOf(Elements.Ops);

    /// <summary>How its elements are copied.</summary>
    public ElementForm Elements => _elements ?? Interlocked.CompareExchange(ref _elements, GraphTypes.ElementsOf(Type.GetElementType()!), null) ?? _elements;

    public override void WriteStart(GraphWriter writer, object value) => writer.WriteNumber((uint)((Array)value).Length);

    public override object Allocate(GraphReader reader) => Array.CreateInstanceFromArrayType(Type, reader.ReadCount(Elements.Least));

    public override void WriteBody(GraphWriter writer, object value)
    {
        Array array = (Array)value;
        writer.WriteElements(Elements, ref MemoryMarshal.GetArrayDataReference(array), array.Length);
    }

    public override void ReadBody(GraphReader reader, object value)
    {
        Array array = (Array)value;
        reader.ReadElements(Elements, ref MemoryMarshal.GetArrayDataReference(array), array.Length, array);
    }
}

/// <summary>Arrays of several dimensions.</summary>
internal sealed class MultiArrayForm(Type type) : GraphType(type)
{
    private ElementForm? _elements;

    public override string Layout => Elements.IsBlock ? $"[{Elements.Stride}" : "[" + GraphTypes.LayoutOf(Elements.Ops);

    private ElementForm Elements => _elements ?? Interlocked.CompareExchange(ref _elements, GraphTypes.ElementsOf(Type.GetElementType()!), null) ?? _elements;

    public override void WriteStart(GraphWriter writer, object value)
    {
        Array array = (Array)value;
        for (int i = 0; i < array.Rank; i++)
        {
            writer.WriteNumber((uint)array.GetLength(i));
            writer.WriteInt64(array.GetLowerBound(i));
        }
    }

    public override object Allocate(GraphReader reader)
    {
        int[] lengths = new int[Type.GetArrayRank()];
        int[] bounds = new int[lengths.Length];
        long total = 1;
        for (int i = 0; i < lengths.Length; i++)
        {
            uint length = reader.ReadNumber();
            long bound = reader.ReadInt64();

            // No product of two such numbers overflows, and an empty array is no way to claim much in its other dimensions.
            if (length > int.MaxValue || bound != (int)bound || bound + length > int.MaxValue || total * length > int.MaxValue)
            {
                throw reader.Malformed();
            }

            total *= length;
            lengths[i] = (int)length;
            bounds[i] = (int)bound;
        }

        reader.Announce(total * Elements.Least);
        return Array.CreateInstanceFromArrayType(Type, lengths, bounds);
    }

    public override void WriteBody(GraphWriter writer, object value)
    {
        Array array = (Array)value;
        writer.WriteElements(Elements, ref MemoryMarshal.GetArrayDataReference(array), array.Length);
    }

    public override void ReadBody(GraphReader reader, object value)
    {
        Array array = (Array)value;
        reader.ReadElements(Elements, ref MemoryMarshal.GetArrayDataReference(array), array.Length, array);
    }
}

/// <summary>Strings.</summary>
internal sealed class TextForm() : GraphType(typeof(string))
{
    public override string Layout => "T";

    public override void WriteStart(GraphWriter writer, object value) => writer.WriteText((string)value);

    public override object Allocate(GraphReader reader) => reader.ReadText();
}
