using System;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <content>Objects that lead to no others; see <see cref="GraphWriter.TryWritePlain"/>.</content>
internal sealed unsafe partial class GraphReader
{
    /// <summary>For one object without others: nothing refers to anything, so there are no numbers to keep.</summary>
    private GraphReader(byte* bytes, int length, GraphScope scope)
    {
        _pos = bytes;
        _end = bytes + length;
        _announceable = length;
        Scope = scope;
        _roots = null!;
        _objects = null!;
        _kinds = null!;
        _types = null!;
    }

    /// <summary>Reads an object that is alone in its value.</summary>
    public static object ReadPlain(byte* bytes, int length, GraphScope scope)
    {
        GraphReader reader = new(bytes, length, scope);
        if (reader.ReadHead() is not ObjectForm { MayBePlain: true } form)
        {
            throw reader.Malformed();
        }

        object value = form.Allocate(reader);
        reader.ReadPlain(form.Ops, ref Raw.Data(value), value);
        return reader._pos == reader._end ? value : throw reader.Malformed();
    }

    /// <summary>Reads the places. Their forms refer to nothing, which <see cref="ObjectForm.MayBePlain"/> says.</summary>
    private void ReadPlain(FieldOp[] ops, ref byte data, object owner)
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
                    if (ReadPlainText() is { } text)
                    {
                        if (op.Type != typeof(string) && !op.Type.IsInstanceOfType(text))
                        {
                            throw Misfit(text, op.Type, op.Name);
                        }

                        Raw.Reference(ref slot) = text;
                    }

                    break;
                case FieldCode.One:
                    slot = *Take(1);
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
                case FieldCode.Boolean:
                    byte flag = *Take(1);
                    slot = flag <= 1 ? flag : throw Malformed();
                    break;
                case FieldCode.Block:
                    Unsafe.CopyBlockUnaligned(ref slot, ref *Take(op.Size), (uint)op.Size);
                    break;
                case FieldCode.Form:
                    op.Form!.Read(this, ref slot, owner);
                    break;
                default:
                    if (*Take(1) != 0)
                    {
                        throw Malformed();
                    }

                    break;
            }
        }
    }

    private string? ReadPlainText()
    {
        uint header = ReadNumber();
        if (header <= 1)
        {
            return header == 0 ? null : string.Empty;
        }

        // Twice the length must be a number, too.
        int length = header <= 1 << 30 ? (int)header - 1 : throw Malformed();
        byte* from = Take(length * 2);
        string text = new('\0', length);
        fixed (char* to = text)
        {
            Unsafe.CopyBlockUnaligned(to, from, (uint)length * 2);
        }

        return text;
    }
}
