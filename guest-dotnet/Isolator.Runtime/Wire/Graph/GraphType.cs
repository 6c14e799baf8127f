using System;
using System.Buffers.Binary;
using System.Text;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>How the objects of one type are written and read.</summary>
internal abstract class GraphType(Type type)
{
    private byte[]? _head;

    /// <summary>The type as it is named on the wire: of a comparer or a frozen set, say, the public one.</summary>
    public Type Type { get; } = type;

    /// <summary>Whether objects are made only when all others are there, so that references to them are filled in at the end.</summary>
    public virtual bool IsLate => false;

    /// <summary>Whether code of .NET's own goes from its objects on to those that are in them, calling itself.</summary>
    public virtual bool Nests => false;

    /// <summary>Bytes that a body takes at least.</summary>
    public virtual int LeastBody => 0;

    /// <summary>
    /// The type as it is written: 8 bytes of hash, 4 of length, then the qualified name, a line feed, and the layout. Both sides make this
    /// for themselves; types are the same where all of it is.
    /// </summary>
    public byte[] Head => _head ??= MakeHead();

    /// <summary>The hash in <see cref="Head"/>.</summary>
    public ulong Hash => BinaryPrimitives.ReadUInt64LittleEndian(Head);

    /// <summary>What follows the hash and the length in <see cref="Head"/>.</summary>
    public ReadOnlySpan<byte> Content => Head.AsSpan(12);

    /// <summary>What fields there are, in order, so that both sides agree.</summary>
    public abstract string Layout { get; }

    /// <summary>Writes what must be known to allocate an object; of one that refers to no others, all of it.</summary>
    public virtual void WriteStart(GraphWriter writer, object value)
    {
    }

    /// <summary>Allocates an object.</summary>
    /// <returns>The object; of a type that <see cref="IsLate"/>, what stands for it until it is made.</returns>
    public abstract object Allocate(GraphReader reader);

    /// <summary>Writes the rest.</summary>
    public virtual void WriteBody(GraphWriter writer, object value)
    {
    }

    /// <summary>Reads the rest.</summary>
    public virtual void ReadBody(GraphReader reader, object value)
    {
    }

    /// <summary>A hash over bytes: FNV-1a in its form of 64 bits.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte each in bytes)
        {
            hash = (hash ^ each) * 0x100000001b3;
        }

        return hash;
    }

    private byte[] MakeHead()
    {
        byte[] content = Encoding.UTF8.GetBytes($"{TypeNames.Qualified(Type)}\n{Layout}");
        byte[] head = new byte[12 + content.Length];
        content.CopyTo(head, 12);
        BinaryPrimitives.WriteUInt64LittleEndian(head, HashOf(content));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), content.Length);
        return head;
    }
}

/// <summary>A type of which no object crosses.</summary>
internal sealed class RefusedType(Type type, string reason) : GraphType(type)
{
    /// <summary>Why not, and what to do instead.</summary>
    public string Reason { get; } = reason;

    public override string Layout => string.Empty;

    public override object Allocate(GraphReader reader) => throw Refusal();

    public FailureException Refusal() =>
        new(FailureKind.Value, $"A {Type} cannot cross: {Reason}") { TypeName = Type.ToString() };
}
