using System.Runtime.InteropServices;

namespace System.IO.Compression;

/// <summary>The codec's own functions, as the runtime pack links them.</summary>
internal static unsafe class Native
{
    private const string Library = "libSystem.IO.Compression.Native";

    public const int ParameterQuality = 1;
    public const int ParameterWindow = 2;

    [DllImport(Library)]
    public static extern nint BrotliEncoderCreateInstance(nint allocate, nint free, nint opaque);

    [DllImport(Library)]
    public static extern int BrotliEncoderSetParameter(nint state, int parameter, uint value);

    [DllImport(Library)]
    public static extern int BrotliEncoderCompressStream(nint state, int operation, nuint* availableIn, byte** nextIn, nuint* availableOut, byte** nextOut, nuint* total);

    [DllImport(Library)]
    public static extern int BrotliEncoderHasMoreOutput(nint state);

    [DllImport(Library)]
    public static extern void BrotliEncoderDestroyInstance(nint state);

    [DllImport(Library)]
    public static extern nuint BrotliEncoderMaxCompressedSize(nuint inSize);

    [DllImport(Library)]
    public static extern int BrotliEncoderCompress(int quality, int window, int mode, nuint inSize, byte* input, nuint* outSize, byte* output);

    [DllImport(Library)]
    public static extern nint BrotliDecoderCreateInstance(nint allocate, nint free, nint opaque);

    [DllImport(Library)]
    public static extern int BrotliDecoderDecompressStream(nint state, nuint* availableIn, byte** nextIn, nuint* availableOut, byte** nextOut, nuint* total);

    [DllImport(Library)]
    public static extern int BrotliDecoderDecompress(nuint inSize, byte* input, nuint* outSize, byte* output);

    [DllImport(Library)]
    public static extern int BrotliDecoderIsFinished(nint state);

    [DllImport(Library)]
    public static extern void BrotliDecoderDestroyInstance(nint state);
}

/// <summary>State of an encoder, freed when nothing refers to it any more.</summary>
internal sealed class EncoderState : SafeHandle
{
    private EncoderState(nint state)
        : base(0, ownsHandle: true) => SetHandle(state);

    public override bool IsInvalid => handle == 0;

    public nint State => handle;

    public static EncoderState Create(int quality, int window)
    {
        EncoderState state = new(Native.BrotliEncoderCreateInstance(0, 0, 0));
        if (state.IsInvalid || Native.BrotliEncoderSetParameter(state.handle, Native.ParameterQuality, (uint)quality) == 0 || Native.BrotliEncoderSetParameter(state.handle, Native.ParameterWindow, (uint)window) == 0)
        {
            state.Dispose();
            throw new IOException("No Brotli encoder could be made.");
        }

        return state;
    }

    protected override bool ReleaseHandle()
    {
        Native.BrotliEncoderDestroyInstance(handle);
        return true;
    }
}

/// <summary>State of a decoder, freed when nothing refers to it any more.</summary>
internal sealed class DecoderState : SafeHandle
{
    private DecoderState(nint state)
        : base(0, ownsHandle: true) => SetHandle(state);

    public override bool IsInvalid => handle == 0;

    public nint State => handle;

    public static DecoderState Create()
    {
        DecoderState state = new(Native.BrotliDecoderCreateInstance(0, 0, 0));
        return state.IsInvalid ? throw new IOException("No Brotli decoder could be made.") : state;
    }

    protected override bool ReleaseHandle()
    {
        Native.BrotliDecoderDestroyInstance(handle);
        return true;
    }
}
