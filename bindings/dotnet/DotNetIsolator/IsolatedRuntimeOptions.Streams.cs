using System;
using System.IO;
using System.Text;
using DotNetIsolator.Streams;

namespace DotNetIsolator;

/// <content>Standard streams that lead to writers, readers and functions of the embedder.</content>
/// <remarks>
/// Each is used while the guest runs, by one thread at a time: by the thread that calls into the runtime, or by one of the library while asynchronous calls
/// are under way. It must not call the runtime. An exception of it is logged, and the guest gets an <see cref="IOException"/>; one that takes long or
/// blocks holds up the call, whose time limits are looked at when it returns, and no other runtime. Where several runtimes write to the same writer it must stand
/// that: see <see cref="TextWriter.Synchronized"/>.
/// </remarks>
public sealed partial class IsolatedRuntimeOptions
{
    internal Func<OutputSink>? OutputSink { get; private set; }

    internal Func<OutputSink>? ErrorSink { get; private set; }

    internal Func<InputSource>? InputSource { get; private set; }

    /// <summary>
    /// Sends what guest code writes to <see cref="Console.Out"/> to a writer, instead of where <see cref="StandardOutput"/> says. Bytes that are not UTF-8 are
    /// replaced. <see cref="IsolatedLimit.Output"/> bounds what comes.
    /// </summary>
    /// <param name="writer">The writer. It is flushed after each write of the guest, and is never disposed.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions StandardOutputTo(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        OutputSink = () => new WriterSink(writer);
        return this;
    }

    /// <summary>As <see cref="StandardOutputTo"/>, for what guest code writes to <see cref="Console.Error"/>.</summary>
    /// <param name="writer">The writer. It is flushed after each write of the guest, and is never disposed.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions StandardErrorTo(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ErrorSink = () => new WriterSink(writer);
        return this;
    }

    /// <summary>
    /// Calls a function with every line that guest code writes to <see cref="Console.Out"/>, instead of where <see cref="StandardOutput"/> says. Bytes that are
    /// not UTF-8 are replaced. <see cref="IsolatedLimit.Output"/> bounds what comes.
    /// </summary>
    /// <param name="line">
    /// The function. It gets the line without its end; one of more than 65,536 characters comes in pieces. A last line without an end comes when the runtime is
    /// disposed.
    /// </param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions OnOutputLine(Action<string> line)
    {
        ArgumentNullException.ThrowIfNull(line);
        OutputSink = () => new LineSink(line);
        return this;
    }

    /// <summary>As <see cref="OnOutputLine"/>, for what guest code writes to <see cref="Console.Error"/>.</summary>
    /// <param name="line">The function.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions OnErrorLine(Action<string> line)
    {
        ArgumentNullException.ThrowIfNull(line);
        ErrorSink = () => new LineSink(line);
        return this;
    }

    /// <summary>Makes <see cref="Console.In"/> a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions StandardInputFrom(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        InputSource = null;
        StandardInput = Encoding.UTF8.GetBytes(text);
        return this;
    }

    /// <summary>Lets guest code read a reader as <see cref="Console.In"/>, as far as it asks, instead of <see cref="StandardInput"/>.</summary>
    /// <param name="reader">
    /// The reader. It may block: a time limit ends the call all the same, while the read, on a thread of the library, goes on until it returns. It is never
    /// disposed.
    /// </param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions StandardInputFrom(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        InputSource = () => new ReaderSource(reader);
        return this;
    }

    /// <summary>Lets guest code read a stream of bytes as its standard input, as far as it asks, instead of <see cref="StandardInput"/>.</summary>
    /// <param name="stream">The stream, as in <see cref="StandardInputFrom(TextReader)"/>.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions StandardInputFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        InputSource = () => new StreamSource(stream);
        return this;
    }
}
