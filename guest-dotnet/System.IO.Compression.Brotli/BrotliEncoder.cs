using System.Buffers;

namespace System.IO.Compression;

/// <summary>Compresses without a stream.</summary>
public struct BrotliEncoder : IDisposable
{
    /// <summary>Least and greatest quality.</summary>
    internal const int MinQuality = 0, MaxQuality = 11;

    /// <summary>Least, usual and greatest size of the window: the base-2 logarithm of its bytes.</summary>
    internal const int MinWindow = 10, DefaultWindow = 22, MaxWindow = 24;

    /// <summary>The quality of <see cref="CompressionLevel.Optimal"/>.</summary>
    internal const int DefaultQuality = 4;

    private EncoderState? _state;
    private bool _disposed;

    /// <summary>An encoder of a quality (0 to 11) and a window (10 to 24, the base-2 logarithm of its bytes).</summary>
    public BrotliEncoder(int quality, int window)
    {
        _disposed = false;
        _state = Make(quality, window);
    }

    /// <summary>What the encoder is to do with its input.</summary>
    internal enum Operation
    {
        Process,
        Flush,
        Finish,
    }

    private static EncoderState Make(int quality, int window)
    {
        CheckQuality(quality);
        CheckWindow(window);
        return EncoderState.Create(quality, window);
    }

    internal static void CheckQuality(int quality)
    {
        if (quality is < MinQuality or > MaxQuality)
        {
            throw new ArgumentOutOfRangeException(nameof(quality), $"Provided BrotliEncoder Quality of {quality} is not between the minimum value of {MinQuality} and the maximum value of {MaxQuality}");
        }
    }

    private static void CheckWindow(int window)
    {
        if (window is < MinWindow or > MaxWindow)
        {
            throw new ArgumentOutOfRangeException(nameof(window), $"Provided BrotliEncoder Window of {window} is not between the minimum value of {MinWindow} and the maximum value of {MaxWindow}");
        }
    }

    /// <summary>Frees the encoder.</summary>
    public void Dispose()
    {
        _disposed = true;
        _state?.Dispose();
        _state = null;
    }

    /// <summary>The most bytes that so many bytes become.</summary>
    public static int GetMaxCompressedLength(int inputSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputSize);
        const int greatest = int.MaxValue - 515;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputSize, greatest);

        return (int)Native.BrotliEncoderMaxCompressedSize((nuint)inputSize);
    }

    /// <summary>Compresses what is there, and says how much of either was used.</summary>
    public OperationStatus Compress(ReadOnlySpan<byte> source, Span<byte> destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock) =>
        Run(source, destination, out bytesConsumed, out bytesWritten, isFinalBlock ? Operation.Finish : Operation.Process);

    /// <summary>Puts out what the encoder holds back.</summary>
    public OperationStatus Flush(Span<byte> destination, out int bytesWritten) =>
        Run([], destination, out _, out bytesWritten, Operation.Flush);

    /// <summary>Compresses all of it at once; false if the destination is too small.</summary>
    public static bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, out int bytesWritten) =>
        TryCompress(source, destination, out bytesWritten, DefaultQuality, DefaultWindow);

    /// <summary>Compresses all of it at once with a quality and a window; false if the destination is too small.</summary>
    public static unsafe bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, out int bytesWritten, int quality, int window)
    {
        CheckQuality(quality);
        CheckWindow(window);
        nuint size = (nuint)destination.Length;
        fixed (byte* input = source, output = destination)
        {
            bool done = Native.BrotliEncoderCompress(quality, window, 0, (nuint)source.Length, input, &size, output) != 0;
            bytesWritten = done ? (int)size : 0;
            return done;
        }
    }

    internal unsafe OperationStatus Run(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written, Operation operation)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(BrotliEncoder));
        EncoderState state = _state ??= EncoderState.Create(DefaultQuality, DefaultWindow);
        nuint availableIn = (nuint)source.Length, availableOut = (nuint)destination.Length;
        OperationStatus status = OperationStatus.DestinationTooSmall;
        fixed (byte* input = source, output = destination)
        {
            byte* nextIn = input, nextOut = output;
            while (availableOut > 0)
            {
                if (Native.BrotliEncoderCompressStream(state.State, (int)operation, &availableIn, &nextIn, &availableOut, &nextOut, null) == 0)
                {
                    status = OperationStatus.InvalidData;
                    break;
                }

                if (availableIn == 0 && Native.BrotliEncoderHasMoreOutput(state.State) == 0)
                {
                    status = OperationStatus.Done;
                    break;
                }
            }
        }

        GC.KeepAlive(state);
        consumed = source.Length - (int)availableIn;
        written = destination.Length - (int)availableOut;
        return status;
    }
}
