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
        _isPlain = true;
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
        reader.ReadFields(form.Ops, ref Raw.Data(value), value);
        return reader._pos == reader._end ? value : throw reader.Malformed();
    }

    /// <summary>Reads a text where it is referred to. Nothing else can be: the forms of places refer to nothing, which <see cref="ObjectForm.MayBePlain"/> says.</summary>
    private void ReadPlainReference(ref byte slot, FieldOp op)
    {
        if (ReadPlainText() is not { } text)
        {
            return;
        }

        if (op.Type != typeof(string) && !op.Type.IsInstanceOfType(text))
        {
            throw Misfit(text, op.Type, op.Name);
        }

        Raw.Reference(ref slot) = text;
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
