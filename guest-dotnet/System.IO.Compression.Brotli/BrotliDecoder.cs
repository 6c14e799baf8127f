using System.Buffers;

namespace System.IO.Compression;

/// <summary>Decompresses without a stream.</summary>
public struct BrotliDecoder : IDisposable
{
    // What the codec answers.
    private const int Failed = 0, Finished = 1, NeedsInput = 2;

    private DecoderState? _state;
    private bool _disposed;

    /// <summary>Frees the decoder.</summary>
    public void Dispose()
    {
        _disposed = true;
        _state?.Dispose();
        _state = null;
    }

    /// <summary>Decompresses what is there, and says how much of either was used.</summary>
    public unsafe OperationStatus Decompress(ReadOnlySpan<byte> source, Span<byte> destination, out int bytesConsumed, out int bytesWritten)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(BrotliDecoder));
        DecoderState state = _state ??= DecoderState.Create();
        bytesConsumed = bytesWritten = 0;
        if (Native.BrotliDecoderIsFinished(state.State) != 0)
        {
            return OperationStatus.Done;
        }

        nuint availableIn = (nuint)source.Length, availableOut = (nuint)destination.Length;
        int result;
        fixed (byte* input = source, output = destination)
        {
            byte* nextIn = input, nextOut = output;
            result = Native.BrotliDecoderDecompressStream(state.State, &availableIn, &nextIn, &availableOut, &nextOut, null);
        }

        GC.KeepAlive(state);
        if (result == Failed)
        {
            return OperationStatus.InvalidData;
        }

        bytesConsumed = source.Length - (int)availableIn;
        bytesWritten = destination.Length - (int)availableOut;
        return result switch
        {
            Finished => OperationStatus.Done,
            NeedsInput => OperationStatus.NeedMoreData,
            _ => OperationStatus.DestinationTooSmall,
        };
    }

    /// <summary>Decompresses all of it at once; false if it is not Brotli, or the destination is too small.</summary>
    public static unsafe bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int bytesWritten)
    {
        nuint size = (nuint)destination.Length;
        fixed (byte* input = source, output = destination)
        {
            bool done = Native.BrotliDecoderDecompress((nuint)source.Length, input, &size, output) != 0;
            bytesWritten = done ? (int)size : 0;
            return done;
        }
    }
}
