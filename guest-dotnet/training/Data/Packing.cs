using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace Training.Data;

/// <summary>Compression.</summary>
internal static class Packing
{
    private static readonly byte[] s_data = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i % 17} of text\n")));

    public static void Streams(Checksum sum)
    {
        Both(sum, s => new DeflateStream(s, CompressionLevel.Fastest, true), s => new DeflateStream(s, CompressionMode.Decompress));
        Both(sum, s => new GZipStream(s, CompressionMode.Compress, true), s => new GZipStream(s, CompressionMode.Decompress));
        Both(sum, s => new ZLibStream(s, CompressionLevel.SmallestSize, true), s => new ZLibStream(s, CompressionMode.Decompress));
        Both(sum, s => new BrotliStream(s, CompressionLevel.Fastest, true), s => new BrotliStream(s, CompressionMode.Decompress));
        using MemoryStream archive = new();
        using (ZipArchive zip = new(archive, ZipArchiveMode.Create, true))
        {
            foreach (string name in new[] { "a.txt", "folder/b.bin" })
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.Optimal);
                entry.LastWriteTime = new(2024, 1, 2, 3, 4, 6, TimeSpan.Zero);
                using Stream stream = entry.Open();
                stream.Write(s_data);
            }
        }

        archive.Position = 0;
        using ZipArchive back = new(archive, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in back.Entries)
        {
            using StreamReader reader = new(entry.Open());
            sum.Add($"{entry.FullName} {entry.Length} {entry.Crc32:x8} {reader.ReadToEnd().Length}");
        }
    }

    public static async Task Asynchronous(Checksum sum)
    {
        using MemoryStream packed = new();
        await using (GZipStream stream = new(packed, CompressionLevel.Optimal, true))
        {
            await stream.WriteAsync(s_data);
        }

        packed.Position = 0;
        await using GZipStream unpack = new(packed, CompressionMode.Decompress);
        using StreamReader reader = new(unpack);
        sum.Add((await reader.ReadToEndAsync()).Length);
    }

    private static void Both(Checksum sum, Func<Stream, Stream> pack, Func<Stream, Stream> unpack)
    {
        using MemoryStream packed = new();
        using (Stream stream = pack(packed))
        {
            stream.Write(s_data, 0, 100);
            stream.Write(s_data.AsSpan(100));
            stream.Flush();
        }

        packed.Position = 0;
        using MemoryStream back = new();
        using (Stream stream = unpack(packed))
        {
            sum.Add(stream.ReadByte());
            stream.CopyTo(back);
        }

        sum.Add(back.ToArray().AsSpan().SequenceEqual(s_data.AsSpan(1)));
    }
}
