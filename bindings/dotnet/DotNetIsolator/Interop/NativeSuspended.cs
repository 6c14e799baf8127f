using System;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>A suspended runtime of the native library.</summary>
internal sealed unsafe class NativeSuspended : SafeHandle
{
    public NativeSuspended(nint suspended)
        : base(0, ownsHandle: true) => SetHandle(suspended);

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes bytes for one.</summary>
    public static NativeSuspended FromBytes(ReadOnlySpan<byte> bytes)
    {
        nint made;
        fixed (byte* data = bytes)
        {
            NativeErrors.Check(NativeMethods.isolator_suspended_from_bytes(new BorrowedBytes(data, (nuint)bytes.Length), &made));
        }

        return new NativeSuspended(made);
    }

    /// <summary>Reads a file.</summary>
    public static NativeSuspended Load(string path)
    {
        using Utf8Texts texts = new();
        nint made;
        NativeErrors.Check(NativeMethods.isolator_suspended_load(texts.Add(path), &made));
        return new NativeSuspended(made);
    }

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray()
    {
        using NativeUse use = new(this);
        return NativeMethods.isolator_suspended_bytes(use.Pointer).Span.ToArray();
    }

    /// <summary>Writes them to a file.</summary>
    public void Save(string path)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_suspended_save(use.Pointer, texts.Add(path)));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_suspended_free(handle);
        return true;
    }
}
