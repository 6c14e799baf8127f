using System;
using System.IO;
using System.IO.Pipelines;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace Training.Surroundings;

/// <summary>Streams, readers and writers, over memory.</summary>
internal static class Streams
{
    public static void Kinds(Checksum sum)
    {
        using MemoryStream memory = new();
        memory.Write([1, 2, 3], 0, 3);
        memory.Write("span"u8);
        memory.WriteByte(9);
        memory.Seek(-2, SeekOrigin.End);
        sum.Add(memory.ReadByte());
        memory.Position = 0;
        byte[] buffer = new byte[20];
        sum.Add(memory.Read(buffer, 0, 4));
        sum.Add(memory.Read(buffer.AsSpan()));
        memory.Position = 1;
        memory.ReadExactly(buffer.AsSpan(0, 3));
        sum.Add(memory.ReadAtLeast(buffer, 2));
        memory.SetLength(100);
        sum.Add(memory.TryGetBuffer(out ArraySegment<byte> segment) ? segment.Count : -1);
        sum.Add(memory.GetBuffer().Length >= 100);
        memory.Position = 0;
        using MemoryStream other = new();
        memory.CopyTo(other);
        memory.WriteTo(other);
        sum.Add(other.ToArray().Length);
        sum.AddThrown(() => new MemoryStream(new byte[2], false).WriteByte(1));
        using BufferedStream buffered = new(new MemoryStream(), 16);
        for (int i = 0; i < 50; i++)
        {
            buffered.WriteByte((byte)i);
        }

        buffered.Position = 7;
        sum.Add(buffered.ReadByte());
        buffered.Flush();
        sum.Add(Stream.Null.Read(buffer));
        using Stream synchronized = Stream.Synchronized(new MemoryStream([1, 2]));
        sum.Add(synchronized.ReadByte());
    }

    public static void Binary(Checksum sum)
    {
        using MemoryStream memory = new();
        using (BinaryWriter writer = new(memory, Encoding.UTF8, true))
        {
            writer.Write(1);
            writer.Write(2L);
            writer.Write(3.5);
            writer.Write(4.5f);
            writer.Write(5.5m);
            writer.Write((byte)6);
            writer.Write((short)7);
            writer.Write(8u);
            writer.Write(9ul);
            writer.Write((ushort)10);
            writer.Write((sbyte)-1);
            writer.Write(true);
            writer.Write('ä');
            writer.Write("text ä");
            writer.Write([1, 2, 3]);
            writer.Write(['a', 'b']);
            writer.Write7BitEncodedInt(300);
            writer.Write7BitEncodedInt64(1L << 40);
            writer.Write((Half)1.5);
        }

        memory.Position = 0;
        using BinaryReader reader = new(memory);
        sum.Add($"{reader.ReadInt32()} {reader.ReadInt64()} {reader.ReadDouble()} {reader.ReadSingle()} {reader.ReadDecimal()} {reader.ReadByte()} {reader.ReadInt16()} {reader.ReadUInt32()} {reader.ReadUInt64()} {reader.ReadUInt16()} {reader.ReadSByte()}");
        sum.Add($"{reader.ReadBoolean()} {reader.ReadChar()} {reader.ReadString()} {reader.ReadBytes(3).Length} {new string(reader.ReadChars(2))} {reader.Read7BitEncodedInt()} {reader.Read7BitEncodedInt64()} {reader.ReadHalf()} {reader.PeekChar()}");
        sum.AddThrown(() => reader.ReadInt32());
    }

    public static void TextReaders(Checksum sum)
    {
        using MemoryStream memory = new();
        using (StreamWriter writer = new(memory, new UTF8Encoding(false), 64, true) { NewLine = "\n", AutoFlush = false })
        {
            writer.Write("text ");
            writer.Write('c');
            writer.Write(1);
            writer.Write(2L);
            writer.Write(3.5);
            writer.Write(4.5m);
            writer.Write(true);
            writer.Write((object)"o");
            writer.Write("{0}-{1}", 1, "b");
            writer.Write("span".AsSpan());
            writer.Write($"{1}{"x"}");
            writer.WriteLine();
            writer.WriteLine("line ä 日本");
            writer.WriteLine(5);
            writer.WriteLine("{0:F2}", 2.5);
            writer.WriteLine(new string('z', 500));
            writer.Flush();
        }

        memory.Position = 0;
        using (StreamReader reader = new(memory, leaveOpen: true))
        {
            sum.Add(reader.Peek());
            sum.Add(reader.Read());
            sum.Add(reader.ReadLine());
            while (reader.ReadLine() is { } line)
            {
                sum.Add(line);
            }

            sum.Add(reader.EndOfStream);
        }

        memory.Position = 0;
        using (StreamReader reader = new(memory, Encoding.UTF8, true, 16, true))
        {
            char[] chars = new char[10];
            sum.Add(reader.Read(chars, 0, 10));
            sum.Add(reader.ReadBlock(chars, 0, 5));
            sum.Add(reader.ReadToEnd());
        }

        StringReader strings = new("first\r\nsecond\nthird");
        sum.Add(strings.Read());
        sum.Add(strings.ReadLine());
        sum.Add(strings.ReadToEnd());
        StringWriter text = new();
        text.Write(1.5m);
        text.Write("{0}", 2);
        text.WriteLine();
        text.Write(new StringBuilder("sb"));
        sum.Add(text.ToString().Length);
        TextWriter console = Console.Out;
        Console.SetOut(text);
        Console.Write("{0} {1}", 1, 2);
        Console.WriteLine(1);
        Console.WriteLine(2L);
        Console.WriteLine('c');
        Console.WriteLine(true);
        Console.WriteLine(2.5);
        Console.WriteLine(2.5m);
        Console.WriteLine((object?)null);
        Console.WriteLine(new[] { 'a', 'b' });
        Console.WriteLine("{0} {1} {2}", 1, "b", 'c');
        Console.WriteLine($"{1} {2.5:F1}");
        Console.SetOut(console);
        sum.Add(text.ToString());
        Console.Error.Write("");
        sum.Add(Console.OutputEncoding.WebName.Length > 0 && !Console.IsOutputRedirected == false | true);
        TextWriter.Null.Write("x");
    }

    public static async Task Asynchronous(Checksum sum)
    {
        using MemoryStream memory = new();
        await using (StreamWriter writer = new(memory, leaveOpen: true) { NewLine = "\n" })
        {
            await writer.WriteAsync("text");
            await writer.WriteAsync('c');
            await writer.WriteLineAsync("line");
            await writer.WriteLineAsync("memory".AsMemory());
            await writer.FlushAsync();
        }

        memory.Position = 0;
        using StreamReader reader = new(memory, leaveOpen: true);
        sum.Add(await reader.ReadLineAsync());
        char[] chars = new char[3];
        sum.Add(await reader.ReadAsync(chars.AsMemory()));
        sum.Add(await reader.ReadToEndAsync());
        memory.Position = 0;
        byte[] buffer = new byte[8];
        sum.Add(await memory.ReadAsync(buffer));
        sum.Add(await memory.ReadAsync(buffer.AsMemory(0, 2)));
        await memory.ReadExactlyAsync(buffer.AsMemory(0, 2));
        await memory.WriteAsync("more"u8.ToArray());
        memory.Position = 0;
        using MemoryStream copy = new();
        await memory.CopyToAsync(copy);
        sum.Add(copy.Length);
        Pipe pipe = new();
        await pipe.Writer.WriteAsync("piped"u8.ToArray());
        await pipe.Writer.FlushAsync();
        await pipe.Writer.CompleteAsync();
        ReadResult result = await pipe.Reader.ReadAsync();
        sum.Add(result.Buffer.Length);
        pipe.Reader.AdvanceTo(result.Buffer.End);
        await pipe.Reader.CompleteAsync();
        sum.AddAll(Enumerable.Range(0, 3));
    }
}
