using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Isolator.Runtime.Hosting;

/// <summary>
/// Standard input for <c>Console.In</c>. The base class library is the browser's, which has none; descriptor 0 is there,
/// and empty where the host grants nothing. It is opened when it is first read: not before the snapshot.
/// </summary>
internal sealed class StandardInput : TextReader
{
    private const int BufferSize = 4096;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static StandardInput? s_instance;

    private Decoder? _decoder;
    private byte[] _bytes = [];
    private char[] _chars = [];
    private int _at;
    private int _end;

    /// <summary>What there is to read.</summary>
    private enum Ready
    {
        /// <summary>Characters.</summary>
        Now,

        /// <summary>Nothing, but there may be later.</summary>
        Later,

        /// <summary>Nothing any more.</summary>
        Never,
    }

    /// <summary>What was read and not taken yet.</summary>
    private ReadOnlySpan<char> Left => _chars.AsSpan(_at, _end - _at);

    /// <summary>What <c>Console.OpenStandardInput</c> gives.</summary>
    public static Stream OpenStream() => new InputStream();

    /// <summary>
    /// The one reader: the console asks for another when its input encoding is set, and must not lose what this one has read.
    /// </summary>
    public static TextReader GetReader() => s_instance ??= new StandardInput();

    /// <summary>What <c>Console.InputEncoding</c> gives.</summary>
    public static Encoding GetEncoding() => Utf8;

    /// <summary>What a program gets that wants to hear of a signal, such as Ctrl+C: none ever comes.</summary>
    public static PosixSignalRegistration RegisterSignal() =>
        (PosixSignalRegistration)RuntimeHelpers.GetUninitializedObject(typeof(PosixSignalRegistration));

    /// <summary>What <c>Console.ReadKey</c> gives, as <see cref="Keys.Pack"/> makes it; null: there is nothing to read.</summary>
    public static object? ReadKey()
    {
        StandardInput input = (StandardInput)GetReader();
        if (input.Fill(patient: true) != Ready.Now)
        {
            return null;
        }

        bool isMore = true;
        while (isMore && Keys.IsBegun(input.Left))
        {
            isMore = input.FillOn();
        }

        long key = Keys.Read(input.Left, out int length);
        input._at += length;
        return key;
    }

    /// <summary>What <c>Console.KeyAvailable</c> gives; null: there is nothing to read any more.</summary>
    public static object? IsKeyAvailable() => ((StandardInput)GetReader()).Fill(patient: false) switch
    {
        Ready.Now => true,
        Ready.Later => false,
        _ => null,
    };

    public override int Peek() => Fill(patient: true) == Ready.Now ? _chars[_at] : -1;

    public override int Read() => Fill(patient: true) == Ready.Now ? _chars[_at++] : -1;

    public override int Read(char[] buffer, int index, int count)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (buffer.Length - index < count)
        {
            throw new ArgumentException("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.");
        }

        return Read(buffer.AsSpan(index, count));
    }

    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || Fill(patient: true) != Ready.Now)
        {
            return 0;
        }

        int taken = Math.Min(buffer.Length, _end - _at);
        _chars.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    public override string? ReadLine()
    {
        StringBuilder? begun = null;
        while (Fill(patient: true) == Ready.Now)
        {
            ReadOnlySpan<char> left = _chars.AsSpan(_at, _end - _at);
            int length = left.IndexOfAny('\r', '\n');
            if (length < 0)
            {
                begun = (begun ?? new StringBuilder()).Append(left);
                _at = _end;
                continue;
            }

            string line = begun is null ? left[..length].ToString() : begun.Append(left[..length]).ToString();
            bool isReturn = left[length] == '\r';
            _at += length + 1;
            if (isReturn && Fill(patient: true) == Ready.Now && _chars[_at] == '\n')
            {
                _at++;
            }

            return line;
        }

        return begun?.ToString();
    }

    /// <summary>Sees to it that there are characters. Whoever is not patient does not wait for them.</summary>
    private unsafe Ready Fill(bool patient)
    {
        if (_at < _end)
        {
            return Ready.Now;
        }

        _decoder ??= Utf8.GetDecoder();
        if (_bytes.Length == 0)
        {
            (_bytes, _chars) = (new byte[BufferSize], new char[Utf8.GetMaxCharCount(BufferSize) + Keys.Longest]);
        }

        while (true)
        {
            int read;
            fixed (byte* bytes = _bytes)
            {
                read = patient ? Waiting.ReadInput(bytes, _bytes.Length) : Waiting.TryReadInput(bytes, _bytes.Length);
            }

            switch (read)
            {
                case Waiting.InputNotThere:
                    return Ready.Later;
                case < 0:
                    throw new IOException("Standard input cannot be read.");
            }

            (_at, _end) = (0, _decoder.GetChars(_bytes.AsSpan(0, read), _chars, flush: read == 0));
            if (_end > 0 || read == 0)
            {
                return _end > 0 ? Ready.Now : Ready.Never;
            }
        }
    }

    /// <summary>Reads more behind the few characters that are left, without waiting for it. Whether there was something.</summary>
    private bool FillOn()
    {
        char[] left = Left.ToArray();
        _at = _end;
        bool isMore = Fill(patient: false) == Ready.Now;
        int more = isMore ? _end : 0;
        Array.Copy(_chars, 0, _chars, left.Length, more);
        left.CopyTo(_chars, 0);
        (_at, _end) = (0, left.Length + more);
        return isMore;
    }

    /// <summary>Descriptor 0. While nothing is there, whoever reads runs what is queued, as in every other wait.</summary>
    private sealed class InputStream : Stream
    {
        private bool _isClosed;

        public override bool CanRead => !_isClosed;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            ValidateBufferArguments(buffer, offset, count);
            return Read(buffer.AsSpan(offset, count));
        }

        public override unsafe int Read(Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (buffer.IsEmpty)
            {
                return 0;
            }

            fixed (byte* bytes = buffer)
            {
                int read = Waiting.ReadInput(bytes, buffer.Length);
                return read >= 0 ? read : throw new IOException("Standard input cannot be read.");
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _isClosed = true;
            base.Dispose(disposing);
        }
    }
}
