using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Enumeration;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace Training.Surroundings;

/// <summary>Files and directories, in a directory of the training's own.</summary>
internal static class Files
{
    /// <summary>Environment variable: the directory to work in. Without it that is the temporary one.</summary>
    private const string DirectoryVariable = "TRAINING_DIRECTORY";

    public static void Content(Checksum sum) => In("content", folder =>
    {
        string path = Path.Combine(folder, "a.txt"), other = Path.Combine(folder, "b.txt");
        File.WriteAllText(path, "text ä\n");
        File.AppendAllText(path, "more\n");
        File.AppendAllLines(path, ["x", "y"]);
        sum.Add(File.ReadAllText(path));
        sum.AddAll(File.ReadAllLines(path));
        sum.AddAll(File.ReadLines(path).Where(l => l.Length > 1));
        File.WriteAllLines(other, ["1", "2"]);
        File.WriteAllBytes(other, [1, 2, 3]);
        sum.Add(File.ReadAllBytes(other).Length);
        File.Copy(path, other, true);
        File.Move(other, other + ".moved");
        sum.Add(File.Exists(other) || File.Exists(other + ".moved"));
        sum.Add(new FileInfo(path).Length);
        sum.Add(File.GetLastWriteTimeUtc(path).Year > 2000);
        File.SetLastWriteTimeUtc(path, Types.Time(0));
        sum.Add(File.GetLastWriteTimeUtc(path));
        using (FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 512))
        {
            stream.Seek(4, SeekOrigin.Begin);
            stream.WriteByte(65);
            stream.Position = 0;
            sum.Add(stream.ReadByte());
            sum.Add(stream.Read(new byte[5]));
            stream.SetLength(9);
            stream.Flush(true);
        }

        using (StreamWriter writer = File.CreateText(other))
        {
            writer.WriteLine("line");
        }

        using (StreamReader reader = File.OpenText(other))
        {
            sum.Add(reader.ReadLine());
        }

        using (BinaryWriter writer = new(File.Create(other)))
        {
            writer.Write(5.5);
        }

        using (FileStream stream = File.OpenRead(other))
        using (Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path))
        {
            sum.Add(stream.Length + RandomAccess.Read(handle, new byte[3], 1));
        }

        File.Delete(path);
        sum.AddThrown(() => File.ReadAllText(path));
        sum.AddThrown(() => File.Open(Path.Combine(folder, "no", "file"), FileMode.Open));
    });

    public static void Directories(Checksum sum) => In("directories", folder =>
    {
        DirectoryInfo sub = Directory.CreateDirectory(Path.Combine(folder, "sub", "deep"));
        for (int i = 0; i < 4; i++)
        {
            File.WriteAllText(Path.Combine(folder, i % 2 == 0 ? "sub" : ".", $"f{i}.{(i > 1 ? "txt" : "bin")}"), "x");
        }

        sum.AddAll(Names(folder, Directory.GetFiles(folder, "*.txt", SearchOption.AllDirectories)));
        sum.AddAll(Names(folder, Directory.EnumerateFiles(folder)));
        sum.AddAll(Names(folder, Directory.GetDirectories(folder)));
        sum.AddAll(Names(folder, Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true })));
        sum.AddAll(Names(folder, new DirectoryInfo(folder).EnumerateFiles("f?.*", SearchOption.AllDirectories).Select(f => f.FullName)));
        sum.AddAll(Names(folder, new FileSystemEnumerable<string>(folder, (ref FileSystemEntry e) => e.ToFullPath())));
        sum.Add(sub.Exists && Directory.Exists(folder) && sub.Parent!.Name == "sub");
        Directory.Move(sub.FullName, Path.Combine(folder, "moved"));
        Directory.Delete(Path.Combine(folder, "sub"), true);
        sum.AddAll(Names(folder, Directory.GetFileSystemEntries(folder)));
        sum.Add(Path.GetFileName("/a/b.c") + Path.GetExtension("b.c") + Path.GetFileNameWithoutExtension("b.c") + Path.GetDirectoryName("/a/b"));
        sum.Add(Path.Combine("a", "b", "c") + Path.Join("a", "/b") + Path.GetFullPath("x/../y", "/r") + Path.ChangeExtension("a.b", ".c") + Path.GetRelativePath("/a/b", "/a/c/d"));
        sum.Add(Path.IsPathRooted("/a") && Path.HasExtension("a.b") && Path.GetTempPath().Length > 0 && Path.GetRandomFileName().Length > 5);
        sum.Add(FileSystemName.MatchesSimpleExpression("*.t?t", "a.txt"));
    });

    public static async Task Asynchronous(Checksum sum)
    {
        string folder = Path.Combine(Root(), "training-async");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "a.txt");
        await File.WriteAllTextAsync(path, "text\nlines\n");
        await File.AppendAllTextAsync(path, "more");
        sum.Add(await File.ReadAllTextAsync(path));
        sum.AddAll(await File.ReadAllLinesAsync(path));
        await foreach (string line in File.ReadLinesAsync(path))
        {
            sum.Add(line);
        }

        await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes("bytes"));
        sum.Add((await File.ReadAllBytesAsync(path)).Length);
        await using (FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 4096, true))
        {
            byte[] buffer = new byte[3];
            sum.Add(await stream.ReadAsync(buffer));
            await stream.WriteAsync(buffer);
            await stream.FlushAsync();
        }

        Directory.Delete(folder, true);
    }

    private static string Root() => Environment.GetEnvironmentVariable(DirectoryVariable) ?? Path.GetTempPath();

    private static void In(string name, Action<string> body)
    {
        string folder = Path.Combine(Root(), "training-" + name);
        Directory.CreateDirectory(folder);
        try
        {
            body(folder);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static IEnumerable<string> Names(string folder, IEnumerable<string> paths) => paths.Select(p => Path.GetRelativePath(folder, p)).Order(StringComparer.Ordinal);
}
