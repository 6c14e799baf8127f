using System;
using System.IO;
using System.Text;

namespace DotNetIsolator.Streams;

/// <summary>Gives a guest what it reads.</summary>
internal abstract class InputSource
{
    /// <summary>Reads some bytes; 0 at the end. It may block.</summary>
    public abstract int Read(Span<byte> into);
}

/// <summary>Reads a stream.</summary>
internal sealed class StreamSource(Stream stream) : InputSource
{
    public override int Read(Span<byte> into) => stream.Read(into);
}

/// <summary>Reads text, as UTF-8.</summary>
internal sealed class ReaderSource(TextReader reader) : InputSource
{
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();
    private readonly char[] _chars = new char[1024];
    private readonly byte[] _bytes = new byte[Encoding.UTF8.GetMaxByteCount(1024)];
    private int _start;
    private int _end;
    private bool _isOver;

    public override int Read(Span<byte> into)
    {
        while (_start == _end && !_isOver)
        {
            int count = reader.Read(_chars.AsSpan());
            _isOver = count == 0;

            // One half of a pair of surrogates makes no bytes yet.
            (_start, _end) = (0, _encoder.GetBytes(_chars.AsSpan(0, count), _bytes, flush: _isOver));
        }

        int given = Math.Min(into.Length, _end - _start);
        _bytes.AsSpan(_start, given).CopyTo(into);
        _start += given;
        return given;
    }
}
