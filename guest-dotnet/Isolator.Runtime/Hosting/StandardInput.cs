using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Isolator.Runtime.Hosting;

/// <summary>
/// Standard input for <c>Console.In</c>. The base class library is the browser's, which has none; descriptor 0 is there,
/// and empty where the host grants nothing. It is opened when it is first read: not before the snapshot.
/// </summary>
internal sealed class StandardInput : TextReader
{
    private StreamReader? _reader;

    private StreamReader Reader => _reader ??= new StreamReader(
        new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 1),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        detectEncodingFromByteOrderMarks: false);

    public override int Peek() => Reader.Peek();

    public override int Read() => Reader.Read();

    public override int Read(char[] buffer, int index, int count) => Reader.Read(buffer, index, count);

    public override string? ReadLine() => Reader.ReadLine();

    public override string ReadToEnd() => Reader.ReadToEnd();
}
