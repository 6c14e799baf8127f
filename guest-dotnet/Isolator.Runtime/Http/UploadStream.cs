using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Http;

/// <summary>Where the content of a request is written that is given to the host while that sends it.</summary>
internal sealed class UploadStream : Stream
{
    private readonly ulong _number;
    private readonly string _target;
    private readonly CancellationToken _cancellation;

    /// <summary>The server has answered, and wants no more.</summary>
    private bool _isUnwanted;

    private UploadStream(ulong number, string target, CancellationToken cancellation)
    {
        _number = number;
        _target = target;
        _cancellation = cancellation;
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Gives content to the host.</summary>
    public static async Task CopyAsync(HttpContent content, ulong number, string target, CancellationToken cancellation)
    {
        UploadStream stream = new(number, target, cancellation);
        await content.CopyToAsync(stream, null, cancellation).ConfigureAwait(false);
        WireWriter args = HttpHost.Begin(1);
        args.WriteUInt64(number);
        _ = await HttpHost.CallAsync(HttpHost.Finish, args, target, Flag, cancellation).ConfigureAwait(false);
    }

    /// <summary>The same, waiting.</summary>
    public static void Copy(HttpContent content, ulong number, string target, CancellationToken cancellation)
    {
        UploadStream stream = new(number, target, cancellation);
        content.CopyTo(stream, null, cancellation);
        WireWriter args = HttpHost.Begin(1);
        args.WriteUInt64(number);
        _ = HttpHost.Call(HttpHost.Finish, args, target, Flag, cancellation);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !_isUnwanted)
        {
            int count = Math.Min(buffer.Length, HttpHost.Piece);
            _isUnwanted = !HttpHost.Call(HttpHost.Write, Piece(buffer[..count]), _target, Flag, _cancellation);
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty && !_isUnwanted)
        {
            int count = Math.Min(buffer.Length, HttpHost.Piece);
            CancellationToken either = cancellationToken.CanBeCanceled ? cancellationToken : _cancellation;
            _isUnwanted = !await HttpHost.CallAsync(HttpHost.Write, Piece(buffer.Span[..count]), _target, Flag, either).ConfigureAwait(false);
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private static bool Flag(ref Answer answer) => answer.Flag();

    private WireWriter Piece(ReadOnlySpan<byte> bytes)
    {
        WireWriter args = HttpHost.Begin(2);
        args.WriteUInt64(_number);
        args.WriteBinary(bytes);
        return args;
    }
}
