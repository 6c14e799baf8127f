using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Writes objects with everything that they refer to: each once, its fields as they are in memory.</summary>
/// <remarks>
/// A reference is a number: 0 for null, else that of an object, counted from 1 in the order in which they are met. The next unused
/// number is a new object: its type and what is needed to allocate it follow at once, its body when those of all objects before it are done. A
/// type is a number in the same way, 0 for strings, and a new one is followed by <see cref="GraphType.Head"/>. So nothing here recurses, however deep the objects.
/// </remarks>
internal sealed unsafe partial class GraphWriter
{
    /// <summary>Up to here objects are found by looking at all of them.</summary>
    private const int Few = 12;

    private WireWriter _out = new();
    private string[] _roots = new string[4];
    private int _rootCount;
    private object[] _objects = new object[16];
    private GraphType[] _kinds = new GraphType[16];
    private int[] _parents = new int[16];
    private int[] _rootOf = new int[16];
    private int _count;
    private int _done;
    private GraphType[] _types = new GraphType[8];
    private int _typeCount;
    private Dictionary<object, int>? _numbers;
    private Dictionary<GraphType, int>? _typeNumbers;
    private GraphType? _last;
    private Type? _lastType;
    private FieldOp? _at;
    private Type? _declared;

    ~GraphWriter() => _out.Free();

    /// <summary>Which fields of a closure cross, if not all.</summary>
    public Func<Type, FieldInfo, bool>? Closure { get; set; }

    /// <summary>Writes an object and all it leads to.</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">What it is called in errors; empty if its members are what has names.</param>
    /// <param name="declared">What it was declared as, if that is known.</param>
    /// <returns>Its number among the roots.</returns>
    public int Add(object value, string name, Type? declared = null)
    {
        _declared = declared;
        if (_rootCount == _roots.Length)
        {
            Array.Resize(ref _roots, _rootCount * 2);
        }

        _roots[_rootCount++] = name;
        _at = null;
        WriteReference(value, null, -1);
        while (_done < _count)
        {
            _at = null;
            try
            {
                _kinds[_done].WriteBody(this, _objects[_done]);
            }
            catch (FailureException e) when (e.Kind == FailureKind.Value && e.Member is null)
            {
                string where = Where([], _done);
                throw new FailureException(e.Kind, $"{where}: {e.Message}", e) { Member = where };
            }

            _done++;
        }

        return _rootCount - 1;
    }

    /// <summary>A writer for one message; see <see cref="Return"/>.</summary>
    public static GraphWriter Rent()
    {
        GraphWriter writer = s_spare ?? new GraphWriter();
        s_spare = null;
        return writer;
    }

    /// <summary>Gives a writer back.</summary>
    public static void Return(GraphWriter writer)
    {
        writer.Reset();
        s_spare = writer;
    }

    /// <summary>Ends the graph: it becomes the last value of a message.</summary>
    public void AppendTo(WireWriter message)
    {
        int length = _out.Length;
        message.Ensure(6 + 8);
        byte* p = message.Pointer;
        p[0] = Codes.Ext32;
        BigEndian(p + 1, (uint)length + 8);
        p[5] = unchecked((byte)Codes.Graph);
        message.Pointer += 6;
        message.WriteRaw(_out.Written);
        message.Ensure(8);
        Unsafe.WriteUnaligned(message.Pointer, (uint)_rootCount);
        Unsafe.WriteUnaligned(message.Pointer + 4, (uint)length);
        message.Pointer += 8;
    }

    /// <summary>Forgets everything and keeps some memory.</summary>
    public void Reset()
    {
        if (_out.Length > 1 << 16)
        {
            _out.Free();
        }

        _out.Reset();
        _rootCount = 0;
        if (_count > 1024)
        {
            _objects = new object[16];
            _kinds = new GraphType[16];
            _parents = new int[16];
            _rootOf = new int[16];
            _numbers = null;
        }
        else
        {
            Array.Clear(_objects, 0, _count);
            if (_numbers is { Count: > 0 } numbers)
            {
                numbers.Clear();
            }
        }

        if (_typeNumbers is { Count: > 0 } typeNumbers)
        {
            typeNumbers.Clear();
        }

        _typeCount = 0;
        _count = 0;
        _done = 0;
        Closure = null;
    }

    /// <summary>Writes the places of an object or struct.</summary>
    public void WriteFields(FieldOp[] ops, ref byte data)
    {
        foreach (FieldOp op in ops)
        {
            ref byte slot = ref Raw.At(ref data, op.Offset);
            switch (op.Code)
            {
                case FieldCode.Reference:
                    if (Raw.Reference(ref slot) is { } target)
                    {
                        WriteReference(target, op, _done);
                    }
                    else
                    {
                        WriteByte(0);
                    }

                    break;
                case FieldCode.One:
                    WriteByte(slot);
                    break;
                case FieldCode.Two:
                    _out.Ensure(2);
                    Unsafe.WriteUnaligned(_out.Pointer, Unsafe.ReadUnaligned<ushort>(ref slot));
                    _out.Pointer += 2;
                    break;
                case FieldCode.Four:
                    _out.Ensure(4);
                    Unsafe.WriteUnaligned(_out.Pointer, Unsafe.ReadUnaligned<uint>(ref slot));
                    _out.Pointer += 4;
                    break;
                case FieldCode.Eight:
                    _out.Ensure(8);
                    Unsafe.WriteUnaligned(_out.Pointer, Unsafe.ReadUnaligned<ulong>(ref slot));
                    _out.Pointer += 8;
                    break;
                case FieldCode.Block:
                    WriteBlock(ref slot, op.Size);
                    break;
                case FieldCode.Boolean:
                    WriteByte(slot == 0 ? (byte)0 : (byte)1);
                    break;
                case FieldCode.Form:
                    _at = op;
                    op.Form!.Write(this, ref slot);
                    break;
                case FieldCode.Empty:
                    WriteByte(0);
                    break;
                default:
                    CheckNothing(op, ref slot);
                    WriteByte(0);
                    break;
            }
        }
    }

    /// <summary>Writes only those fields of a closure that its lambda uses, and the rest as if they were empty.</summary>
    public void WriteSome(FieldOp[] ops, ref byte data, Func<FieldInfo, bool> uses)
    {
        foreach (FieldOp op in ops)
        {
            if (op.Field is null || uses(op.Field))
            {
                WriteFields([op], ref data);
                continue;
            }

            WriteEmpty(op);
        }
    }

    private void WriteEmpty(FieldOp op)
    {
        if (op.Code == FieldCode.Form)
        {
            op.Form!.WriteDefault(this);
            return;
        }

        for (int left = ElementForm.Leasts(op); left > 0; left--)
        {
            WriteByte(0);
        }
    }

    /// <summary>Writes a reference from inside of the object whose body is being written.</summary>
    public void WriteReference(object? value)
    {
        if (value is null)
        {
            WriteByte(0);
        }
        else
        {
            WriteReference(value, _at, _done);
        }
    }

    /// <summary>Writes elements that lie one behind the other.</summary>
    public void WriteElements(ElementForm form, ref byte data, int count)
    {
        if (form.IsBlock)
        {
            WriteBlock(ref data, checked(count * form.Stride));
            return;
        }

        if (form.IsReference)
        {
            FieldOp op = form.Ops[0];
            for (int i = 0; i < count; i++)
            {
                if (Raw.Reference(ref Raw.At(ref data, i * IntPtr.Size)) is { } target)
                {
                    WriteReference(target, op, _done);
                }
                else
                {
                    WriteByte(0);
                }
            }

            return;
        }

        for (int i = 0; i < count; i++)
        {
            WriteFields(form.Ops, ref Unsafe.AddByteOffset(ref data, (nint)i * form.Stride));
        }
    }

    public void WriteByte(byte value)
    {
        _out.Ensure(1);
        *_out.Pointer++ = value;
    }

    /// <summary>Writes a number in as few groups of seven bits as it needs.</summary>
    public void WriteNumber(uint value)
    {
        _out.Ensure(5);
        byte* p = _out.Pointer;
        while (value >= 0x80)
        {
            *p++ = (byte)(value | 0x80);
            value >>= 7;
        }

        *p++ = (byte)value;
        _out.Pointer = p;
    }

    public void WriteInt64(long value)
    {
        _out.Ensure(8);
        Unsafe.WriteUnaligned(_out.Pointer, value);
        _out.Pointer += 8;
    }

    /// <summary>Writes a text: as UTF-8 where that says all of it, and as it is in memory where it does not.</summary>
    public void WriteText(string text)
    {
        int length = text.Length;
        if (length > (1 << 30) / 3)
        {
            throw new FailureException(FailureKind.Value, "A string of more than 357 million characters cannot cross.");
        }

        int capacity = length * 3;
        _out.Ensure(capacity + 5);
        int start = _out.Length;

        // The header is written as long as it may get, or where the text is short, as short.
        int header = capacity < 64 ? 1 : capacity < 1 << 13 ? 2 : 5;
        byte* at = _out.Pointer + header;
        int size = Utf8.Encode(text, at, capacity);
        if (size != length && HasLoneSurrogate(text))
        {
            size = length * 2;
            _out.Ensure(size + 5);
            at = _out.Start + start + header;
            text.AsSpan().CopyTo(new Span<char>(at, length));
            PutHeader(_out.Start + start, header, ((uint)size << 1) | 1);
        }
        else
        {
            PutHeader(_out.Start + start, header, (uint)size << 1);
        }

        _out.Pointer = _out.Start + start + header + size;
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNumber((uint)bytes.Length);
        _out.WriteRaw(bytes);
    }

    /// <summary>Whether a text is not the same after it went through UTF-8.</summary>
    public static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return true;
                }

                i++;
            }
        }

        return false;
    }

    /// <summary>The error for something that cannot cross: it says where it is.</summary>
    public FailureException Refuse(object? value, string? member, Type type, string reason)
    {
        List<string> path = [];
        int child = _done;
        if (member is not null)
        {
            path.Add(member);
        }
        else if (value is not null && _count > 0 && child < _count && GraphPath.Step(_objects[child], value) is { } last)
        {
            path.Add(last);
        }

        string where = Where(path, child);
        return new FailureException(FailureKind.Value, $"{where} is a {type}, which cannot cross: {reason}") { TypeName = type.ToString(), Member = where };
    }

    private string Where(List<string> path, int child)
    {
        bool isRoot = child >= _count;
        while (!isRoot && _parents[child] >= 0)
        {
            path.Add(GraphPath.Step(_objects[_parents[child]], _objects[child]) ?? "?");
            child = _parents[child];
        }

        path.Add(_roots[isRoot ? _rootCount - 1 : _rootOf[child]]);
        path.Reverse();
        return GraphPath.Join(path);
    }

    private void WriteReference(object value, FieldOp? from, int parent)
    {
        int number = Find(value);
        if (number >= 0)
        {
            WriteNumber((uint)number + 1);
            return;
        }

        Type type = value.GetType();
        if (type == typeof(string))
        {
            WriteNumber((uint)_count + 1);
            Remember(value, GraphTypes.Text, parent);
            WriteByte(0);
            WriteText(System.Runtime.CompilerServices.Unsafe.As<string>(value));
            return;
        }

        GraphType kind = type == _lastType ? _last! : Look(type);
        if (kind is RefusedType refused)
        {
            if (from is { MayBeLeftOut: true })
            {
                WriteByte(0);
                return;
            }

            throw Refuse(value, null, type, refused.Reason);
        }

        if (kind is SequenceForm sequence && !sequence.KeepsIn(from is null ? _declared : from.Type))
        {
            // Something that makes its elements when it is asked for them: they are what crosses.
            value = sequence.Gather(value);
            kind = GraphTypes.Of(value.GetType());
        }

        WriteNumber((uint)_count + 1);
        Remember(value, kind, parent);
        WriteType(kind);
        kind.WriteStart(this, value);
    }

    private GraphType Look(Type type)
    {
        // A type that has no form leaves both as they are: one without the other would have it written as another type.
        GraphType form = GraphTypes.Of(type);
        _lastType = type;
        return _last = form;
    }

    private int Find(object value)
    {
        if (_numbers is { Count: > 0 } numbers)
        {
            return numbers.TryGetValue(value, out int number) ? number : -1;
        }

        object[] objects = _objects;
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(objects[i], value))
            {
                return i;
            }
        }

        return -1;
    }

    private void Remember(object value, GraphType kind, int parent)
    {
        if (_count == _objects.Length)
        {
            Array.Resize(ref _objects, _count * 2);
            Array.Resize(ref _kinds, _count * 2);
            Array.Resize(ref _parents, _count * 2);
            Array.Resize(ref _rootOf, _count * 2);
        }

        _objects[_count] = value;
        _kinds[_count] = kind;
        _parents[_count] = parent;
        _rootOf[_count] = _rootCount - 1;
        _count++;
        if (_count == Few)
        {
            _numbers ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
            for (int i = 0; i < _count; i++)
            {
                _numbers[_objects[i]] = i;
            }
        }
        else if (_count > Few)
        {
            _numbers![value] = _count - 1;
        }
    }

    private void WriteType(GraphType kind)
    {
        if (_typeNumbers is { Count: > 0 } numbers)
        {
            if (numbers.TryGetValue(kind, out int number))
            {
                WriteNumber((uint)number + 1);
                return;
            }
        }
        else
        {
            for (int i = 0; i < _typeCount; i++)
            {
                if (ReferenceEquals(_types[i], kind))
                {
                    WriteByte((byte)(i + 1));
                    return;
                }
            }
        }

        WriteNumber((uint)_typeCount + 1);
        if (_typeCount == _types.Length)
        {
            Array.Resize(ref _types, _typeCount * 2);
        }

        _types[_typeCount++] = kind;
        if (_typeCount >= Few)
        {
            _typeNumbers ??= [];
            for (int i = _typeNumbers.Count; i < _typeCount; i++)
            {
                _typeNumbers[_types[i]] = i;
            }
        }

        _out.WriteRaw(kind.Head);
    }

    private void WriteBlock(ref byte data, int length)
    {
        if (length > 0)
        {
            _out.Ensure(length);
            Unsafe.CopyBlockUnaligned(ref *_out.Pointer, ref data, (uint)length);
            _out.Pointer += length;
        }
    }

    private void CheckNothing(FieldOp op, ref byte slot)
    {
        for (int i = 0; i < op.Size; i++)
        {
            if (Raw.At(ref slot, i) != 0)
            {
                if (op.MayBeLeftOut)
                {
                    return;
                }

                throw Refuse(null, op.Name, op.Type, op.Reason!);
            }
        }
    }

    private static void PutHeader(byte* at, int header, uint value)
    {
        for (int i = 0; i < header - 1; i++)
        {
            at[i] = (byte)(value | 0x80);
            value >>= 7;
        }

        at[header - 1] = (byte)value;
    }

    private static void BigEndian(byte* at, uint value)
    {
        at[0] = (byte)(value >> 24);
        at[1] = (byte)(value >> 16);
        at[2] = (byte)(value >> 8);
        at[3] = (byte)value;
    }
}
