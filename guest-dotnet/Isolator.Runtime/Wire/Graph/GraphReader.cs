using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Reads what <see cref="GraphWriter"/> wrote, without a constructor, setter or getter of anybody's.</summary>
/// <remarks>
/// On the host the bytes are a guest's. So nothing is allocated that the bytes at hand do not pay for, types are those of a
/// <see cref="GraphScope"/>, a reference is stored only where its object fits, and nothing here recurses over references.
/// </remarks>
internal sealed unsafe partial class GraphReader
{
    private readonly byte* _end;
    private readonly object?[] _roots;

    /// <summary>One object without others is read: texts are where they are referred to.</summary>
    private readonly bool _isPlain;
    private object[] _objects;
    private GraphType[] _kinds;
    private GraphType[] _types;
    private int _count;
    private int _typeCount;
    private byte* _pos;

    /// <summary>Bytes that the bodies which are announced may still take: together never more than there are.</summary>
    private long _announceable;
    private long _chargeable;
    private List<Pending>? _pending;
    private List<Late>? _late;
    private Pending? _current;

    /// <summary>Reads all of a graph.</summary>
    public GraphReader(byte* bytes, int length, uint roots, GraphScope scope)
    {
        _pos = bytes;
        _end = bytes + length;
        _objects = new object[8];
        _kinds = new GraphType[8];
        _types = new GraphType[4];
        _announceable = length;
        _chargeable = 8192 + (4L * length);
        Scope = scope;
        if (roots > length)
        {
            throw Malformed();
        }

        _roots = new object?[roots];
        object holder = _roots;
        ref byte first = ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference((Array)_roots);
        int done = 0;
        for (int i = 0; i < _roots.Length; i++)
        {
            ReadReference(ref Raw.At(ref first, i * IntPtr.Size), holder, typeof(object), true, "a root");
            for (; done < _count; done++)
            {
                GraphType kind = _kinds[done];
                if (!ReferenceEquals(kind, GraphTypes.Text))
                {
                    kind.ReadBody(this, _objects[done]);
                }
            }
        }

        if (_pos != _end)
        {
            throw Malformed();
        }

        Finish();
    }

    /// <summary>The types that may be named.</summary>
    public GraphScope Scope { get; }

    private long Remaining => _end - _pos;

    /// <summary>An object that was sent.</summary>
    public object? Root(uint index) => index < (uint)_roots.Length ? _roots[index] : throw Malformed();

    /// <summary>Reads the places of an object or struct.</summary>
    /// <param name="ops">The places.</param>
    /// <param name="data">Where they start.</param>
    /// <param name="owner">The object that they are in.</param>
    public void ReadFields(FieldOp[] ops, ref byte data, object owner)
    {
        foreach (FieldOp op in ops)
        {
            ref byte slot = ref Raw.At(ref data, op.Offset);
            if (op.IsGuarded)
            {
                CheckGuard(op);
            }

            switch (op.Code)
            {
                case FieldCode.Reference:
                    if (_isPlain)
                    {
                        ReadPlainReference(ref slot, op);
                    }
                    else
                    {
                        ReadReference(ref slot, owner, op.Type, op.TakesAny, op.Name);
                    }

                    break;
                case FieldCode.One:
                    slot = ReadByte();
                    break;
                case FieldCode.Two:
                    Unsafe.WriteUnaligned(ref slot, Unsafe.ReadUnaligned<ushort>(Take(2)));
                    break;
                case FieldCode.Four:
                    Unsafe.WriteUnaligned(ref slot, Unsafe.ReadUnaligned<uint>(Take(4)));
                    break;
                case FieldCode.Eight:
                    Unsafe.WriteUnaligned(ref slot, Unsafe.ReadUnaligned<ulong>(Take(8)));
                    break;
                case FieldCode.Block:
                    Unsafe.CopyBlockUnaligned(ref slot, ref *Take(op.Size), (uint)op.Size);
                    break;
                case FieldCode.Boolean:
                    byte flag = ReadByte();
                    slot = flag <= 1 ? flag : throw Malformed();
                    break;
                case FieldCode.Form:
                    op.Form!.Read(this, ref slot, owner);
                    break;
                default:
                    if (ReadByte() != 0)
                    {
                        throw Malformed();
                    }

                    break;
            }
        }
    }

    /// <summary>Reads elements that lie one behind the other. Their bytes were announced.</summary>
    public void ReadElements(ElementForm form, ref byte data, int count, object owner)
    {
        if (form.IsBlock)
        {
            int length = checked(count * form.Stride);
            if (length > 0)
            {
                ref byte from = ref *Take(length);
                if (form.IsBoolean && System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref from, length).ContainsAnyExceptInRange((byte)0, (byte)1))
                {
                    throw Malformed();
                }

                Unsafe.CopyBlockUnaligned(ref data, ref from, (uint)length);
            }

            return;
        }

        if (form.IsReference)
        {
            FieldOp op = form.Ops[0];
            for (int i = 0; i < count; i++)
            {
                ReadReference(ref Unsafe.AddByteOffset(ref data, (nint)i * IntPtr.Size), owner, op.Type, op.TakesAny, op.Name);
            }

            return;
        }

        for (int i = 0; i < count; i++)
        {
            ReadFields(form.Ops, ref Unsafe.AddByteOffset(ref data, (nint)i * form.Stride), owner);
        }
    }

    /// <summary>Reads a reference into a place of the object <paramref name="owner"/>.</summary>
    public void ReadReference(ref byte slot, object owner, Type declared, bool takesAny, string where)
    {
        uint number = ReadNumber();
        if (number == 0)
        {
            return;
        }

        object target;
        if (number <= (uint)_count)
        {
            target = _objects[(int)number - 1];
        }
        else if (number == (uint)_count + 1)
        {
            GraphType kind = ReadType();
            if (ReferenceEquals(kind, GraphTypes.Text))
            {
                string text = ReadText();
                Add(text, kind);
                if (!takesAny && declared != typeof(string) && !declared.IsInstanceOfType(text))
                {
                    throw Misfit(text, declared, where);
                }

                Raw.Reference(ref slot) = text;
                return;
            }

            target = kind.Allocate(this);
            Add(target, kind);
        }
        else
        {
            throw Malformed();
        }

        if (target is Late late && !late.IsDone)
        {
            late.Places.Add(new Place(owner, (int)Unsafe.ByteOffset(ref Raw.Data(owner), ref slot), declared, where));
            if (_current is { } pending)
            {
                (pending.Needs ??= []).Add(late);
            }

            return;
        }

        if (!takesAny && target.GetType() != declared && !declared.IsInstanceOfType(target))
        {
            throw Misfit(target, declared, where);
        }

        Raw.Reference(ref slot) = target;
    }

    /// <summary>Reads a reference that is needed at once; only to something that is complete when it is met.</summary>
    public object? ReadObject(Type declared, string where)
    {
        object?[] holder = new object?[1];
        ReadReference(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference((Array)holder), holder, declared, declared == typeof(object), where);
        return holder[0];
    }

    /// <summary>Reads how many elements follow, each of so many bytes at least.</summary>
    public int ReadCount(int least)
    {
        uint count = ReadNumber();
        Announce(count * (long)least);
        return (int)count;
    }

    /// <summary>Sets bytes aside that must still come: alone no more than are left, and together no more than there ever were.</summary>
    public void Announce(long bytes)
    {
        if (bytes > Remaining || bytes > _announceable)
        {
            throw Malformed();
        }

        _announceable -= bytes;
    }

    /// <summary>
    /// Counts what objects take beyond what was sent of them: on the whole no more than in proportion to all that was sent.
    /// </summary>
    public void Charge(int weight)
    {
        _chargeable -= weight;
        if (_chargeable < 0)
        {
            throw new FailureException(FailureKind.Value, "The value consists of so many small collections that they would take far more memory than was sent. Send fewer, or larger ones.");
        }
    }

    /// <summary>Takes a null if there is one.</summary>
    public bool TryNull()
    {
        if (_pos != _end && *_pos == 0)
        {
            _pos++;
            return true;
        }

        return false;
    }

    public byte ReadByte() => _pos != _end ? *_pos++ : throw Malformed();

    public uint ReadNumber()
    {
        if (_pos == _end)
        {
            throw Malformed();
        }

        uint value = *_pos++;
        if (value < 0x80)
        {
            return value;
        }

        value &= 0x7f;
        for (int shift = 7; shift < 35; shift += 7)
        {
            byte next = ReadByte();
            if (shift == 28 && next > 7)
            {
                break;
            }

            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    public long ReadInt64() => Unsafe.ReadUnaligned<long>(Take(8));

    public string ReadText()
    {
        uint header = ReadNumber();
        int length = (int)(header >> 1);
        byte* bytes = Take(length);
        if ((header & 1) == 0)
        {
            return Utf8.Decode(bytes, length);
        }

        return (length & 1) == 0 ? new string(new ReadOnlySpan<char>(bytes, length / 2)) : throw Malformed();
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        int length = (int)ReadNumber();
        return new ReadOnlySpan<byte>(Take(length), length);
    }

    /// <summary>Keeps something to do when all objects have their fields.</summary>
    public void Later(Pending pending)
    {
        (_pending ??= []).Add(pending);
        _current = pending;
    }

    /// <summary>The references that follow are no more those of the pending object.</summary>
    public void EndLater() => _current = null;

    /// <summary>What stands for an object until it can be made.</summary>
    public Late MakeLate(GraphType kind)
    {
        Late late = new(kind);
        (_late ??= []).Add(late);
        return late;
    }

    /// <summary>The error for bytes that no writer wrote.</summary>
    public FailureException Malformed() =>
        new(FailureKind.Value, $"The graph of a value is malformed or ends too early: {Remaining} bytes are left.");

    /// <summary>The error for an object where another was declared.</summary>
    public static FailureException Misfit(object found, Type declared, string where) =>
        new(FailureKind.Value, $"A {found.GetType()} is not a {declared}, which {where} is declared as.") { TypeName = found.GetType().ToString() };

    private GraphType ReadType()
    {
        uint number = ReadNumber();
        if (number == 0)
        {
            return GraphTypes.Text;
        }

        if (number <= (uint)_typeCount)
        {
            return _types[number - 1];
        }

        if (number != (uint)_typeCount + 1)
        {
            throw Malformed();
        }

        GraphType kind = ReadHead();
        if (_typeCount == _types.Length)
        {
            Array.Resize(ref _types, _typeCount * 2);
        }

        _types[_typeCount++] = kind;
        return kind;
    }

    /// <summary>Reads what is sent of a type; see <see cref="GraphType.Head"/>.</summary>
    private GraphType ReadHead()
    {
        byte* head = Take(12);
        int length = Unsafe.ReadUnaligned<int>(head + 8);
        return Scope.Find(Unsafe.ReadUnaligned<ulong>(head), new ReadOnlySpan<byte>(Take(length), length));
    }

    private void Add(object target, GraphType kind)
    {
        if (_count == _objects.Length)
        {
            Array.Resize(ref _objects, _count * 2);
            Array.Resize(ref _kinds, _count * 2);
        }

        _objects[_count] = target;
        _kinds[_count++] = kind;
    }

    /// <summary>Refuses anything but nothing in a field that is not the sender's to fill.</summary>
    private void CheckGuard(FieldOp op)
    {
        int length = op.Code is FieldCode.Reference or FieldCode.Form ? Math.Min(1, (int)Remaining) : (int)Math.Min(ElementForm.Leasts(op), Remaining);
        for (int i = 0; i < length; i++)
        {
            if (_pos[i] != 0)
            {
                throw new FailureException(
                    FailureKind.Value,
                    $"A guest may not fill the private field {op.Field!.Name} of {op.Field.DeclaringType}, on which .NET's own code rests. Let the method return a type of your "
                    + "own with what is needed of it, or the object itself as an IsolatedObject.") { TypeName = op.Field.DeclaringType!.ToString() };
            }
        }
    }

    private byte* Take(int count)
    {
        byte* here = _pos;
        if (count < 0 || Remaining < count)
        {
            throw Malformed();
        }

        _pos += count;
        return here;
    }

    private void Finish()
    {
        GraphDepth depth = GraphDepth.Of(_pending, _late);
        if (_late is not null)
        {
            FinishLate(_late, depth);
        }

        depth.CheckChains(_objects, _kinds, _count);
        if (_pending is null)
        {
            return;
        }

        // Those that were met last are the innermost: what a key consists of is there before its table is.
        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            Pending pending = _pending[i];
            if (pending.Late is not null)
            {
                continue;
            }

            depth.CheckKeys(pending);
            try
            {
                pending.Finish();
            }
            catch (Exception e) when (e is not FailureException and not OutOfMemoryException)
            {
                throw NotMade(pending, e);
            }
        }
    }

    /// <summary>What a collection says to its elements, or the application's code in these, when it is made of them.</summary>
    private static FailureException NotMade(Pending pending, Exception e) => new(
        FailureKind.Value,
        $"No {pending.Form.Type} can be made of the elements that were sent: {e.GetType()}: {e.Message}",
        e) { TypeName = pending.Form.Type.ToString() };

    private static void FinishLate(List<Late> all, GraphDepth depth)
    {
        Stack<Late> next = new();
        foreach (Late each in all)
        {
            next.Push(each);
            while (next.TryPeek(out Late? late))
            {
                if (late.IsDone)
                {
                    next.Pop();
                    continue;
                }

                late.IsBegun = true;
                bool waits = false;
                foreach (Late needed in late.Pending!.Needs ?? [])
                {
                    if (!needed.IsDone)
                    {
                        if (needed.IsBegun)
                        {
                            throw new FailureException(FailureKind.Value, $"A {late.Kind.Type} contains itself, which it can only be made to by force.") { TypeName = late.Kind.Type.ToString() };
                        }

                        next.Push(needed);
                        waits = true;
                        break;
                    }
                }

                if (!waits)
                {
                    next.Pop();
                    depth.CheckKeys(late.Pending);
                    object made;
                    try
                    {
                        made = late.Pending.Make();
                    }
                    catch (Exception e) when (e is not FailureException and not OutOfMemoryException)
                    {
                        throw NotMade(late.Pending, e);
                    }

                    late.Complete(made);
                }
            }
        }
    }
}

/// <summary>A place that waits for an object.</summary>
internal readonly record struct Place(object Owner, int Offset, Type Declared, string Where);

/// <summary>Stands for an object that is made of its elements when these are there.</summary>
internal sealed class Late(GraphType kind)
{
    public GraphType Kind { get; } = kind;

    public List<Place> Places { get; } = [];

    public Pending? Pending { get; set; }

    public bool IsBegun { get; set; }

    public bool IsDone => Made is not null;

    /// <summary>The object, when it is there.</summary>
    public object? Made { get; private set; }

    /// <summary>Puts the object where it belongs.</summary>
    public void Complete(object made)
    {
        Made = made;
        foreach (Place place in Places)
        {
            if (!place.Declared.IsInstanceOfType(made))
            {
                throw GraphReader.Misfit(made, place.Declared, place.Where);
            }

            Raw.Reference(ref Raw.At(ref Raw.Data(place.Owner), place.Offset)) = made;
        }
    }
}

/// <summary>An object whose elements are read, and which is still to be filled with them.</summary>
internal sealed class Pending(CollectionForm form, object target, object? comparer, Array items)
{
    /// <summary>What kind of collection it is.</summary>
    public CollectionForm Form { get; } = form;

    /// <summary>What is to be filled, or what stands for it.</summary>
    public object Target { get; } = target;

    /// <summary>How its keys are compared.</summary>
    public object? Comparer { get; } = comparer;

    /// <summary>How what its keys lead to is compared.</summary>
    public object? ValueComparer { get; init; }

    /// <summary>What must be made before it; null: nothing.</summary>
    public List<Late>? Needs { get; set; }

    /// <summary>The elements.</summary>
    public Array Items { get; } = items;

    /// <summary>Set where the object is still to be made.</summary>
    public Late? Late => Target as Late;

    public object Make() => Form.Make(Comparer, ValueComparer, Items);

    public void Finish() => Form.Fill(Target, Comparer, Items);
}
