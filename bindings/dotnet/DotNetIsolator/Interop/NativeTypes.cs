using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary><c>isolator_bytes</c>: bytes that belong to someone else.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe readonly struct BorrowedBytes(byte* data, nuint length)
{
    public readonly byte* Data = data;
    public readonly nuint Length = length;

    public bool IsNull => Data == null;

    public ReadOnlySpan<byte> Span => Data == null ? [] : new(Data, checked((int)Length));

    public string Text => System.Text.Encoding.UTF8.GetString(Span);

    /// <summary>All texts of a list of the native library's, which ends with null.</summary>
    public static List<string> All(nint of, delegate*<nint, nuint, BorrowedBytes> one)
    {
        List<string> texts = [];
        for (nuint i = 0; one(of, i) is { IsNull: false } text; i++)
        {
            texts.Add(text.Text);
        }

        return texts;
    }
}

/// <summary><c>isolator_buffer</c>: bytes that belong to whoever holds them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeBytes : IDisposable
{
    private byte* _data;
    private nuint _length;
    private nuint _capacity;

    public readonly byte* Data => _data;

    public readonly int Length => checked((int)_length);

    public readonly ReadOnlySpan<byte> Span => _data == null ? [] : new(_data, Length);

    /// <summary>Gives the memory back; a second time does nothing.</summary>
    public void Dispose()
    {
        if (_data != null)
        {
            fixed (NativeBytes* self = &this)
            {
                NativeMethods.isolator_buffer_free(self);
            }
        }
    }
}

/// <summary><c>isolator_method_query</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MethodQuery
{
    public int ArgumentCount;
    public uint MetadataToken;
    public BorrowedBytes* ParameterTypes;
    public nuint ParameterTypesLength;
    public BorrowedBytes* GenericArguments;
    public nuint GenericArgumentsLength;
}
