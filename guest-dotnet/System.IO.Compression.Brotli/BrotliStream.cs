using System.Buffers;
using System.Threading;
using System.Threading.Tasks;

namespace System.IO.Compression;

/// <summary>How a <see cref="BrotliStream"/> compresses.</summary>
public sealed class BrotliCompressionOptions
{
    private int _quality = BrotliEncoder.DefaultQuality;

    /// <summary>The quality, from 0 to 11.</summary>
    public int Quality
    {
        get => _quality;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, BrotliEncoder.MinQuality);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, BrotliEncoder.MaxQuality);
            _quality = value;
        }
    }
}

/// <summary>Compresses what is written to it, or decompresses what is read from it.</summary>
public sealed class BrotliStream : Stream
{
    private const int BufferSize = (1 << 16) - 16;

    private readonly bool _leaveOpen;
    private readonly CompressionMode _mode;
    private readonly byte[] _buffer = new byte[BufferSize];
    private Stream? _stream;
    private BrotliEncoder _encoder;
    private BrotliDecoder _decoder;

    // What of the buffer is still to be decompressed.
    private int _start, _count;

    /// <summary>A stream that compresses, or decompresses.</summary>
    public BrotliStream(Stream stream, CompressionMode mode)
        : this(stream, mode, leaveOpen: false)
    {
    }

    /// <summary>A stream that compresses, or decompresses.</summary>
    public BrotliStream(Stream stream, CompressionMode mode, bool leaveOpen)
        : this(stream, mode, leaveOpen, BrotliEncoder.DefaultQuality)
    {
    }

    /// <summary>A stream that compresses.</summary>
    public BrotliStream(Stream stream, CompressionLevel compressionLevel)
        : this(stream, compressionLevel, leaveOpen: false)
    {
    }

    /// <summary>A stream that compresses.</summary>
    public BrotliStream(Stream stream, CompressionLevel compressionLevel, bool leaveOpen)
        : this(stream, CompressionMode.Compress, leaveOpen, Quality(compressionLevel))
    {
    }

    /// <summary>A stream that compresses.</summary>
    public BrotliStream(Stream stream, BrotliCompressionOptions compressionOptions, bool leaveOpen = false)
        : this(stream, CompressionMode.Compress, leaveOpen, (compressionOptions ?? throw new ArgumentNullException(nameof(compressionOptions))).Quality)
    {
    }

    private BrotliStream(Stream stream, CompressionMode mode, bool leaveOpen, int quality)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (bool fits, string need) = mode switch
        {
            CompressionMode.Compress => (stream.CanWrite, "Stream does not support writing."),
            CompressionMode.Decompress => (stream.CanRead, "Stream does not support reading."),
            _ => throw new ArgumentException("Enum value was out of legal range.", nameof(mode)),
        };
        if (!fits)
        {
            throw new ArgumentException(need, nameof(stream));
        }

        (_stream, _mode, _leaveOpen) = (stream, mode, leaveOpen);
        if (mode == CompressionMode.Compress)
        {
            _encoder = new BrotliEncoder(quality, BrotliEncoder.DefaultWindow);
        }
    }

    /// <summary>The stream with the compressed bytes.</summary>
    public Stream BaseStream => Open;

    /// <inheritdoc/>
    public override bool CanRead => _mode == CompressionMode.Decompress && _stream is { CanRead: true };

    /// <inheritdoc/>
    public override bool CanWrite => _mode == CompressionMode.Compress && _stream is { CanWrite: true };

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private Stream Open => _stream ?? throw new ObjectDisposedException(nameof(BrotliStream), "Cannot access a closed Stream.");

    private static int Quality(CompressionLevel compressionLevel) => compressionLevel switch
    {
        CompressionLevel.NoCompression => BrotliEncoder.MinQuality,
        CompressionLevel.Fastest => 1,
        CompressionLevel.Optimal => BrotliEncoder.DefaultQuality,
        CompressionLevel.SmallestSize => BrotliEncoder.MaxQuality,
        _ => throw new ArgumentException("Enum value was out of legal range.", nameof(compressionLevel)),
    };

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override int ReadByte()
    {
        byte value = 0;
        return Read(new Span<byte>(ref value)) == 1 ? value : -1;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        Stream stream = Reading();
        int written;
        while (!Decompress(buffer, out written))
        {
            if (!Filled(stream.Read(_buffer)))
            {
                break;
            }
        }

        return written;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Stream stream = Reading();
        cancellationToken.ThrowIfCancellationRequested();
        int written;
        while (!Decompress(buffer.Span, out written))
        {
            if (!Filled(await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false)))
            {
                break;
            }
        }

        return written;
    }

    private Stream Reading() => _mode == CompressionMode.Decompress ? Open : throw new InvalidOperationException("Can not perform Read operations on a BrotliStream constructed with CompressionMode.Compress.");

    private Stream Writing() => _mode == CompressionMode.Compress ? Open : throw new InvalidOperationException("Can not perform Write operations on a BrotliStream constructed with CompressionMode.Decompress.");

    // Whether there is an answer: bytes, or the end. If not, more input is needed.
    private bool Decompress(Span<byte> buffer, out int written)
    {
        OperationStatus status = _decoder.Decompress(_buffer.AsSpan(_start, _count), buffer, out int consumed, out written);
        if (status == OperationStatus.InvalidData)
        {
            throw new InvalidOperationException("Decoder ran into invalid data.");
        }

        _start += consumed;
        _count -= consumed;
        return written > 0 || buffer.IsEmpty || status != OperationStatus.NeedMoreData;
    }

    private bool Filled(int read)
    {
        if (read < 0 || read > _buffer.Length)
        {
            throw new InvalidDataException("BrotliStream.BaseStream returned more bytes than requested in Read.");
        }

        (_start, _count) = (0, read);
        return read > 0;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(ref value));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Run(Writing(), buffer, BrotliEncoder.Operation.Process);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await RunAsync(Writing(), buffer, BrotliEncoder.Operation.Process, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override void Flush()
    {
        Stream stream = Open;
        if (_mode == CompressionMode.Compress)
        {
            Run(stream, [], BrotliEncoder.Operation.Flush);
            stream.Flush();
        }
    }

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        Stream stream = Open;
        cancellationToken.ThrowIfCancellationRequested();
        if (_mode == CompressionMode.Compress)
        {
            await RunAsync(stream, default, BrotliEncoder.Operation.Flush, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Run(Stream stream, ReadOnlySpan<byte> source, BrotliEncoder.Operation operation)
    {
        OperationStatus status;
        do
        {
            status = Step(ref source, operation, out int written);
            stream.Write(_buffer, 0, written);
        }
        while (status == OperationStatus.DestinationTooSmall);
    }

    private async Task RunAsync(Stream stream, ReadOnlyMemory<byte> source, BrotliEncoder.Operation operation, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        OperationStatus status;
        do
        {
            ReadOnlySpan<byte> rest = source.Span;
            status = Step(ref rest, operation, out int written);
            source = source[^rest.Length..];
            await stream.WriteAsync(_buffer.AsMemory(0, written), token).ConfigureAwait(false);
        }
        while (status == OperationStatus.DestinationTooSmall);
    }

    private OperationStatus Step(ref ReadOnlySpan<byte> source, BrotliEncoder.Operation operation, out int written)
    {
        OperationStatus status = _encoder.Run(source, _buffer, out int consumed, out written, operation);
        source = source[consumed..];
        return status == OperationStatus.InvalidData ? throw new InvalidOperationException("Encoder ran into invalid data.") : status;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try
        {
            if (disposing && _stream is { } stream)
            {
                if (_mode == CompressionMode.Compress)
                {
                    Run(stream, [], BrotliEncoder.Operation.Finish);
                }

                if (!_leaveOpen)
                {
                    stream.Dispose();
                }
            }
        }
        finally
        {
            Free();
            base.Dispose(disposing);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (_stream is { } stream)
            {
                if (_mode == CompressionMode.Compress)
                {
                    await RunAsync(stream, default, BrotliEncoder.Operation.Finish, CancellationToken.None).ConfigureAwait(false);
                }

                if (!_leaveOpen)
                {
                    await stream.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Free();
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Free()
    {
        _stream = null;
        _encoder.Dispose();
        _decoder.Dispose();
    }
}
