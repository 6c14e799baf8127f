using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Http;

/// <summary>The body of a response, which the host has, piece by piece. Behind it come headers, which the response gets.</summary>
internal sealed class BodyStream(HttpResponseMessage response, ulong number, string target) : Stream
{
    private byte[] _piece = [];
    private int _position;
    private bool _isOver;
    private bool _isClosed;

    /// <summary>Ends a read that waits, when the stream is closed meanwhile.</summary>
    private CancellationTokenSource? _reading;

    /// <summary>One that nobody read to its end.</summary>
    ~BodyStream()
    {
        if (!_isOver)
        {
            HttpHost.Forget(number);
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => !_isClosed;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (!buffer.IsEmpty)
        {
            Fill(CancellationToken.None);
        }

        return Give(buffer);
    }

    /// <summary>Writes what is left to another stream.</summary>
    public void CopyTo(Stream to, CancellationToken cancellation)
    {
        while (true)
        {
            Fill(cancellation);
            if (_position == _piece.Length)
            {
                return;
            }

            ReadOnlySpan<byte> rest = _piece.AsSpan(_position);
            _position = _piece.Length;
            to.Write(rest);
        }
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
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (!buffer.IsEmpty && _position == _piece.Length && !_isOver)
        {
            try
            {
                Take(await HttpHost.CallAsync(HttpHost.Read, Ask(), target, Piece.Read, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                throw Broken(e);
            }
        }

        return Give(buffer.Span);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            if (!_isOver)
            {
                _isOver = true;
                HttpHost.Abandon(number);
                _reading?.Cancel();
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>Waits until there is a piece of which something is left, or the end.</summary>
    private void Fill(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_position < _piece.Length || _isOver)
        {
            return;
        }

        using CancellationTokenSource reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _reading = reading;
        try
        {
            Take(HttpHost.Call(HttpHost.Read, Ask(), target, Piece.Read, reading.Token));
        }
        catch (OperationCanceledException) when (_isClosed)
        {
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_isClosed, this);
        }
        catch (Exception e)
        {
            throw Broken(e);
        }
        finally
        {
            _reading = null;
        }
    }

    private WireWriter Ask()
    {
        WireWriter args = HttpHost.Begin(2);
        args.WriteUInt64(number);
        args.WriteInt64(HttpHost.Piece);
        return args;
    }

    private void Take(Piece piece)
    {
        _piece = piece.Bytes;
        _position = 0;
        _isOver = piece.IsLast;
        for (int i = 0; i + 1 < piece.Trailers.Length; i += 2)
        {
            if (!Trailing.IsRefused(piece.Trailers[i]))
            {
                _ = response.TrailingHeaders.TryAddWithoutValidation(piece.Trailers[i], piece.Trailers[i + 1]);
            }
        }
    }

    private int Give(Span<byte> to)
    {
        int count = Math.Min(to.Length, _piece.Length - _position);
        _piece.AsSpan(_position, count).CopyTo(to);
        _position += count;
        return count;
    }

    /// <summary>A body of which a piece could not be had, or was no longer wanted, has no more of them.</summary>
    private Exception Broken(Exception why)
    {
        _isOver = true;
        HttpHost.Abandon(number);
        return why switch
        {
            HttpRequestException { InnerException: IOException inner } => inner,
            HttpRequestException failed => new HttpIOException(failed.HttpRequestError, failed.Message, failed),
            _ => why,
        };
    }

    /// <summary>A piece of a body.</summary>
    private readonly record struct Piece(byte[] Bytes, bool IsLast, string[] Trailers)
    {
        public static Piece Read(ref Answer answer) => new(answer.Bytes(), answer.Flag(), answer.Headers());
    }
}
