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
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static StandardInput? s_instance;

    private StreamReader? _reader;

    private StreamReader Reader => _reader ??= new StreamReader(
        OpenStream(),
        Utf8,
        detectEncodingFromByteOrderMarks: false);

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

    public override int Peek() => Reader.Peek();

    public override int Read() => Reader.Read();

    public override int Read(char[] buffer, int index, int count) => Reader.Read(buffer, index, count);

    public override string? ReadLine() => Reader.ReadLine();

    public override string ReadToEnd() => Reader.ReadToEnd();

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
