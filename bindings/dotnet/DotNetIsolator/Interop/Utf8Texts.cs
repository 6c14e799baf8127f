using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace DotNetIsolator.Interop;

/// <summary>Texts for a few calls of the native library, all in memory that does not move.</summary>
internal sealed unsafe class Utf8Texts : IDisposable
{
    private readonly List<nint> _blocks = [];

    ~Utf8Texts() => Free();

    /// <summary>A text.</summary>
    /// <exception cref="ArgumentException">It has half of a surrogate pair, which would come to be another character.</exception>
    public BorrowedBytes Add(string text, [CallerArgumentExpression(nameof(text))] string? parameter = null)
    {
        WholeText.Check(text, "The text", parameter);
        return AddLossy(text);
    }

    /// <summary>A text for people, whatever it is: halves of surrogate pairs become U+FFFD.</summary>
    public BorrowedBytes AddLossy(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        byte* bytes = (byte*)Allocate((nuint)Math.Max(length, 1));
        Encoding.UTF8.GetBytes(text, new Span<byte>(bytes, length));
        return new BorrowedBytes(bytes, (nuint)length);
    }

    /// <summary>A list of texts.</summary>
    public BorrowedBytes* Add(string[] texts, [CallerArgumentExpression(nameof(texts))] string? parameter = null)
    {
        // Never null: an empty list says that there are none, and null would say nothing.
        BorrowedBytes* list = Array<BorrowedBytes>(texts.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            list[i] = Add(texts[i], parameter);
        }

        return list;
    }

    /// <summary>A place for some values.</summary>
    public T* Array<T>(int count)
        where T : unmanaged => (T*)Allocate((nuint)(Math.Max(count, 1) * sizeof(T)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void* Allocate(nuint size)
    {
        void* block = NativeMemory.Alloc(size);
        _blocks.Add((nint)block);
        return block;
    }

    private void Free()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
