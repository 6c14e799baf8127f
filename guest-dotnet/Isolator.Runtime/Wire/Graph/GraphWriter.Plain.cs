using System;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <content>Objects that lead to no others but texts, of which a message has one: most records. Nothing has to be remembered of them.</content>
internal sealed unsafe partial class GraphWriter
{
    /// <summary>
    /// Writes an object as a value of its own: what <see cref="GraphType.Head"/> says of its type, then its places as in a graph, but texts where they are
    /// referred to: 0 for null, or one more than the number of characters, and these.
    /// </summary>
    /// <param name="message">The message. No other value of it may refer to the object, or to its texts.</param>
    /// <param name="value">The object.</param>
    /// <param name="used">Of a closure, which of its places are wanted; the others are written as if they were empty.</param>
    /// <returns>Whether it was written; otherwise it takes a graph.</returns>
    public static bool TryWritePlain(WireWriter message, object value, bool[]? used = null)
    {
        GraphWriter writer = s_spare ?? new GraphWriter();
        Type type = value.GetType();
        if ((type == writer._lastType ? writer._last! : writer.Look(type)) is not ObjectForm { MayBePlain: true } form
            || (used is null && !form.IsPlain)
            || (form.Texts.Length > 1 && HasTwice(form.Texts, ref Raw.Data(value))))
        {
            s_spare = writer;
            return false;
        }

        // What writes values of .NET's own does so through a writer.
        s_spare = null;
        WireWriter own = writer._out;
        writer._out = message;
        try
        {
            writer.WritePlain(form, ref Raw.Data(value), used);
        }
        finally
        {
            writer._out = own;
        }

        s_spare = writer;
        return true;
    }

    /// <summary>Whether one text is in two places, which the copy must have it in, too.</summary>
    private static bool HasTwice(FieldOp[] texts, ref byte data)
    {
        for (int i = 1; i < texts.Length; i++)
        {
            if (Raw.Reference(ref Raw.At(ref data, texts[i].Offset)) is not string { Length: > 0 } text)
            {
                continue;
            }

            for (int j = 0; j < i; j++)
            {
                if (ReferenceEquals(text, Raw.Reference(ref Raw.At(ref data, texts[j].Offset))))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Which places of a closure a lambda uses; null if these lead to more than texts, or are too many.</summary>
    public static bool[]? PlacesOf(Type closure, Func<FieldInfo, bool> uses)
    {
        if (GraphTypes.Of(closure) is not ObjectForm { MayBePlain: true } form)
        {
            return null;
        }

        int texts = 0;
        bool[] used = new bool[form.Ops.Length];
        for (int i = 0; i < used.Length; i++)
        {
            FieldOp op = form.Ops[i];
            used[i] = op.Field is null || uses(op.Field);
            if (used[i] && (op.Code == FieldCode.Refused || (op.Code == FieldCode.Reference && (op.Type != typeof(string) || ++texts > ObjectForm.MostTexts))))
            {
                return null;
            }
        }

        return used;
    }

    private void WritePlain(ObjectForm form, ref byte data, bool[]? used)
    {
        byte[] head = form.Head;
        int start = _out.Length;

        // Room for all places but texts and the like, which make room for themselves and then again for the rest.
        int least = form.LeastBody + 8;
        _out.Ensure(6 + head.Length + least);
        byte* p = _out.Pointer + 6;
        Unsafe.CopyBlockUnaligned(ref *p, ref head[0], (uint)head.Length);
        p += head.Length;
        FieldOp[] ops = form.Ops;
        for (int i = 0; i < ops.Length; i++)
        {
            FieldOp op = ops[i];
            if (used is not null && !used[i])
            {
                _out.Pointer = p;
                WriteEmpty(op);
                _out.Ensure(least);
                p = _out.Pointer;
                continue;
            }

            ref byte slot = ref Raw.At(ref data, op.Offset);
            switch (op.Code)
            {
                case FieldCode.Reference:
                    _out.Pointer = p;
                    PutText(Raw.Reference(ref slot));
                    _out.Ensure(least);
                    p = _out.Pointer;
                    break;
                case FieldCode.One:
                    *p++ = slot;
                    break;
                case FieldCode.Two:
                    Unsafe.WriteUnaligned(p, Unsafe.ReadUnaligned<ushort>(ref slot));
                    p += 2;
                    break;
                case FieldCode.Four:
                    Unsafe.WriteUnaligned(p, Unsafe.ReadUnaligned<uint>(ref slot));
                    p += 4;
                    break;
                case FieldCode.Eight:
                    Unsafe.WriteUnaligned(p, Unsafe.ReadUnaligned<ulong>(ref slot));
                    p += 8;
                    break;
                case FieldCode.Boolean:
                    *p++ = slot == 0 ? (byte)0 : (byte)1;
                    break;
                case FieldCode.Block:
                    Unsafe.CopyBlockUnaligned(ref *p, ref slot, (uint)op.Size);
                    p += op.Size;
                    break;
                case FieldCode.Form:
                    _out.Pointer = p;
                    op.Form!.Write(this, ref slot);
                    _out.Ensure(least);
                    p = _out.Pointer;
                    break;
                default:
                    *p++ = 0;
                    break;
            }
        }

        _out.Pointer = p;
        byte* first = _out.Start + start;
        first[0] = Codes.Ext32;
        BigEndian(first + 1, (uint)(_out.Length - start - 6));
        first[5] = unchecked((byte)Codes.Plain);
    }

    private void PutText(object? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        string text = Unsafe.As<string>(value);
        int length = text.Length;
        if (length > 1 << 29)
        {
            throw new FailureException(FailureKind.Value, "A string of more than 536 million characters cannot cross.");
        }

        WriteNumber((uint)length + 1);
        _out.Ensure(length * 2);
        byte* p = _out.Pointer;
        fixed (char* from = text)
        {
            Unsafe.CopyBlockUnaligned(p, from, (uint)length * 2);
        }

        _out.Pointer = p + (length * 2);
    }
}
