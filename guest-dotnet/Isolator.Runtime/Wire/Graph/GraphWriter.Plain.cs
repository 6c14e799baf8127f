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
    /// <param name="uses">Of a closure, which fields are wanted.</param>
    /// <returns>Whether it was written; otherwise it takes a graph.</returns>
    public static bool TryWritePlain(WireWriter message, object value, Func<FieldInfo, bool>? uses = null)
    {
        GraphWriter writer = s_spare ?? new GraphWriter();
        Type type = value.GetType();
        if ((type == writer._lastType ? writer._last! : writer.Look(type)) is not ObjectForm { IsPlain: true } form
            || (form.Texts.Length > 1 && HasTwice(form.Texts, ref Raw.Data(value)))
            || (uses is not null && LeavesOut(form.Ops, uses)))
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
            writer.WritePlain(form, ref Raw.Data(value));
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

    private static bool LeavesOut(FieldOp[] ops, Func<FieldInfo, bool> uses)
    {
        foreach (FieldOp op in ops)
        {
            if (op.Field is { } field && !uses(field))
            {
                return true;
            }
        }

        return false;
    }

    private void WritePlain(ObjectForm form, ref byte data)
    {
        byte[] head = form.Head;
        int start = _out.Length;

        // Room for all places but texts and the like, which make room for themselves and then again for the rest.
        int least = form.LeastBody + 8;
        _out.Ensure(6 + head.Length + least);
        byte* p = _out.Pointer + 6;
        Unsafe.CopyBlockUnaligned(ref *p, ref head[0], (uint)head.Length);
        p += head.Length;
        foreach (FieldOp op in form.Ops)
        {
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
