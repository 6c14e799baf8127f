using System;
using System.Buffers;
using System.IO;
using System.Text;

namespace DotNetIsolator.Streams;

/// <summary>Takes a guest's output as text. A character whose bytes come in several writes is one character.</summary>
internal abstract class OutputSink
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Takes what a guest wrote.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        char[] chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(bytes.Length));
        try
        {
            int count = _decoder.GetChars(bytes, chars, flush: false);
            Take(chars.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <summary>There will be no more.</summary>
    public void Finish()
    {
        Span<char> rest = stackalloc char[8];
        int count = _decoder.GetChars([], rest, flush: true);
        End(rest[..count]);
    }

    /// <summary>Takes some text.</summary>
    protected abstract void Take(ReadOnlySpan<char> text);

    /// <summary>Takes the last text, which may be empty.</summary>
    protected abstract void End(ReadOnlySpan<char> text);
}

/// <summary>Writes to a writer.</summary>
internal sealed class WriterSink(TextWriter writer) : OutputSink
{
    protected override void Take(ReadOnlySpan<char> text)
    {
        writer.Write(text);
        writer.Flush();
    }

    protected override void End(ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty)
        {
            Take(text);
        }
    }
}

/// <summary>Calls a function with each line.</summary>
internal sealed class LineSink(Action<string> each) : OutputSink
{
    /// <summary>Most characters of a piece of a line.</summary>
    public const int Longest = 65_536;

    private readonly StringBuilder _line = new();

    protected override void Take(ReadOnlySpan<char> text)
    {
        try
        {
            while (text.IndexOf('\n') is >= 0 and int end)
            {
                Append(text[..end]);
                text = text[(end + 1)..];
                int length = _line.Length;
                Give(length > 0 && _line[length - 1] == '\r' ? length - 1 : length);
                _line.Clear();
            }

            Append(text);
        }
        catch
        {
            // The guest is told that this write failed: nothing of it comes later, glued to another line.
            _line.Clear();
            throw;
        }
    }

    protected override void End(ReadOnlySpan<char> text)
    {
        Append(text);
        if (_line.Length > 0)
        {
            Give(_line.Length);
            _line.Clear();
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        while (_line.Length + text.Length > Longest)
        {
            int taken = Longest - _line.Length;
            _line.Append(text[..taken]);
            text = text[taken..];

            // A pair of surrogates stays together.
            int length = char.IsHighSurrogate(_line[^1]) ? Longest - 1 : Longest;
            Give(length);
            _line.Remove(0, length);
        }

        _line.Append(text);
    }

    private void Give(int length) => each(_line.ToString(0, length));
}
