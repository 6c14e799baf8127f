using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Assemblies from bytes, inspection, fields, generic methods, programs, calls of bytes.</summary>
public sealed class MemberTests : IDisposable
{
    private const string Own = "DotNetIsolator.Tests";

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void An_assembly_is_loaded_from_its_bytes()
    {
        // A host without loaders: the bytes are all that the guest gets.
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 2 });
        using var runtime = new IsolatedRuntime(host);
        string path = typeof(MemberTests).Assembly.Location;
        using IsolatedAssembly assembly = runtime.LoadAssembly(File.ReadAllBytes(path), SymbolsOf(path));
        Assert.Equal(7, assembly.GetMethod("DotNetIsolator.Tests.MemberTests+Things", "Add").Invoke<int, int, int>(null, 3, 4));
        using IsolatedObject things = assembly.CreateObject("DotNetIsolator.Tests.MemberTests+Things", 5);
        Assert.Equal(5, things.GetField<int>("_number"));
        IsolatedException e = Assert.Throws<IsolatedException>(() => things.InvokeVoid("Throw"));
        Assert.Contains("MemberTests.cs:line ", e.GuestException!.StackTrace, StringComparison.Ordinal);
        using IsolatedAssembly again = runtime.LoadAssembly(File.ReadAllBytes(path));
        runtime.SetField(typeof(Things), "s_shared", 8L);
        using IsolatedAssembly named = runtime.LoadAssembly(Own);
        foreach (IsolatedAssembly same in new[] { assembly, again, named })
        {
            using IsolatedObject its = same.CreateObject("DotNetIsolator.Tests.MemberTests+Things", 5);
            Assert.Equal("text 0 8", its.Invoke<string>("get_Name"));
        }

        e = Assert.Throws<IsolatedException>(() => runtime.LoadAssembly([1, 2, 3]));
        Assert.Equal(IsolatedErrorKind.BadImage, e.Kind);
        e = Assert.Throws<IsolatedException>(() => runtime.LoadAssembly("No.Such"));
        Assert.Equal(IsolatedErrorKind.AssemblyNotFound, e.Kind);
        e = Assert.Throws<IsolatedException>(() => assembly.GetMethod("No.Such", "M"));
        Assert.Equal(IsolatedErrorKind.TypeNotFound, e.Kind);
    }

    [Fact]
    public void What_there_is_is_told()
    {
        IsolatedMember type = _runtime.Inspect(typeof(Things));
        Assert.Equal((IsolatedMemberKind.Type, "T:DotNetIsolator.Tests.MemberTests.Things"), (type.Kind, type.DocumentationId));
        IsolatedMember add = Assert.Single(type.Members, m => m.Name == "Add");
        Assert.Equal(
            (IsolatedMemberKind.Method, "static int Add(int a, int b)", "M:DotNetIsolator.Tests.MemberTests.Things.Add(System.Int32,System.Int32)", true),
            (add.Kind, add.Signature, add.DocumentationId, add.IsPublic));
        IsolatedMember number = Assert.Single(type.Members, m => m.Name == "_number");
        Assert.Equal((IsolatedMemberKind.Field, false), (number.Kind, number.IsPublic));
        Assert.Equal(IsolatedMemberKind.Property, Assert.Single(type.Members, m => m.Name == "Name").Kind);
        Assert.Equal("static int Add(int a, int b)", _runtime.GetMethod(typeof(Things), "Add").Inspect().Signature);
        Assert.Equal(type.Members.Count, _runtime.Inspect(Own, Own, "MemberTests", "Things").Members.Count);
        using IsolatedAssembly assembly = _runtime.LoadAssembly(Own);
        IsolatedMember whole = assembly.Inspect();
        Assert.Equal(IsolatedMemberKind.Assembly, whole.Kind);
        Assert.Contains(whole.Members, m => m.DocumentationId == type.DocumentationId && m.Signature == type.Signature);
        IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.Inspect(Own, Own, null, "NoSuch"));
        Assert.Equal(IsolatedErrorKind.TypeNotFound, e.Kind);
    }

    [Fact]
    public void Fields_are_read_and_written_whoever_may()
    {
        using IsolatedObject things = _runtime.CreateObject<Things>(5);
        Assert.Equal(5, things.GetField<int>("_number"));
        things.SetField("_number", 6);
        Assert.Equal(6, things.Invoke<int>("GetNumber"));
        things.SetField<string?>("_text", null);
        Assert.Null(things.GetField<string?>("_text"));
        things.SetField("_list", new List<int> { 1, 2 });
        Assert.Equal([1, 2], things.GetField<int[]>("_list"));
        using IsolatedObject other = _runtime.CreateObject<Things>(9);
        things.SetField("_other", other);
        Assert.Equal(9, things.Invoke<int>("GetOther"));

        _runtime.SetField(typeof(Things), "s_shared", 1L << 40);
        Assert.Equal(1L << 40, _runtime.GetField<long>(typeof(Things), "s_shared"));
        _runtime.SetField(Own, Own, "MemberTests", "Things", "s_shared", 3L);
        Assert.Equal(3L, _runtime.GetField<long>(Own, Own, "MemberTests", "Things", "s_shared"));

        IsolatedException e = Assert.Throws<IsolatedException>(() => things.GetField<int>("_none"));
        Assert.Equal(IsolatedErrorKind.MethodNotFound, e.Kind);
        Assert.Contains("_none", e.Message, StringComparison.Ordinal);
        Assert.Throws<IsolatedException>(() => things.SetField("_number", "text"));
        Assert.Throws<IsolatedException>(() => things.GetField<Guid>("_number"));
        Assert.Throws<IsolatedException>(() => _runtime.GetField<int>(typeof(Things), "_number"));
        Assert.Equal(6, things.GetField<int>("_number"));
    }

    [Fact]
    public void Generic_methods_are_found_by_types_and_by_names()
    {
        Assert.Equal("Int32 5", _runtime.GetGenericMethod(typeof(Things), "Tell", [typeof(int)]).Invoke<int, string>(null, 5));
        Assert.Equal("Things T", _runtime.GetGenericMethod(typeof(Things), "TellTwo", [typeof(Things), typeof(string)]).Invoke<string, string>(null, "T"));
        Assert.Equal("List`1 2", _runtime.GetGenericMethod(typeof(Things), "Tell", [typeof(List<Things>)]).Invoke<List<Things>, string>(null, [new Things(1), new Things(2)]));
        Assert.Equal("Int64 7", _runtime.GetGenericMethod(Own, Own, "MemberTests", "Things", "Tell", ["long"], 1).Invoke<long, string>(null, 7));
        Assert.Equal("DayOfWeek Monday", _runtime.GetGenericMethod(Own, Own, "MemberTests", "Things", "Tell", ["System.DayOfWeek, System.Private.CoreLib"]).Invoke<DayOfWeek, string>(null, DayOfWeek.Monday));
        IsolatedMethod same = _runtime.GetGenericMethod(typeof(Things), "Same", [typeof(double)], [typeof(double)]);
        Assert.Equal(1.5, same.Invoke<double, double>(null, 1.5));
        Assert.Same(same, _runtime.GetGenericMethod(typeof(Things), "Same", [typeof(double)], [typeof(double)]));
        double[] results = new double[2];
        same.InvokeBatch<double, double>([1, 2], results);
        Assert.Equal([1, 2], results);
        using IsolatedObject things = _runtime.CreateObject<Things>(5);
        Assert.Equal("String x 5", _runtime.GetGenericMethod(typeof(Things), "Mine", [typeof(string)]).Invoke<string, string>(things, "x"));

        IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.GetGenericMethod(typeof(Things), "Tell", [typeof(int), typeof(int)]));
        Assert.Equal(IsolatedErrorKind.MethodNotFound, e.Kind);
        Assert.Throws<IsolatedException>(() => _runtime.GetGenericMethod(Own, Own, "MemberTests", "Things", "Tell", ["No.Such"]));
        Assert.Throws<IsolatedException>(() => _runtime.GetGenericMethod(typeof(Things), "OfStruct", [typeof(string)]));
    }

    [Fact]
    public async Task Programs_run_and_give_their_exit_code()
    {
        using (IsolatedAssembly assembly = _runtime.LoadAssembly(Own))
        {
            Assert.Equal(3, assembly.RunMain("a", "b", "ä c"));
            Assert.Equal(1, assembly.RunMain("later"));
            Assert.Equal(2, await assembly.RunMainAsync("later", "x"));
            Assert.Equal("a,b,ä c\nlater\nlater,x\n", _runtime.GetStandardOutput());
            IsolatedException e = Assert.Throws<IsolatedException>(() => assembly.RunMain("throw"));
            Assert.Equal("System.InvalidOperationException", e.GuestException!.TypeName);
            e = await Assert.ThrowsAsync<IsolatedException>(() => assembly.RunMainAsync("throw"));
            Assert.Equal("System.InvalidOperationException", e.GuestException!.TypeName);
            Assert.Throws<ArgumentNullException>(() => assembly.RunMain("a", null!));
            Assert.Equal(42, await assembly.RunMainAsync("exit"));
            Assert.Throws<IsolatedException>(() => assembly.RunMain("a"));
        }

        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedAssembly again = runtime.LoadAssembly(Own);
        Assert.Equal(42, again.RunMain("exit"));
        using var third = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedAssembly library = third.LoadAssembly("System.Private.CoreLib");
        Assert.Throws<IsolatedException>(() => library.RunMain());
    }

    [Fact]
    public void Bytes_cross_as_they_are()
    {
        byte[] looksLikeMessagePack = [0x93, 1, 2, 3];
        IsolatedMethod reverse = _runtime.GetMethod(typeof(Things), "Reverse");
        Assert.Equal([3, 2, 1, 0x93], reverse.InvokeRaw(null, looksLikeMessagePack));
        Assert.Equal([], reverse.InvokeRaw(null, []));
        byte[] much = new byte[5 << 20];
        much[0] = 7;
        Assert.Equal(7, reverse.InvokeRaw(null, much)[^1]);
        Assert.Equal([4], _runtime.GetMethod(typeof(Things), "Length").InvokeRaw(null, looksLikeMessagePack));
        using IsolatedObject things = _runtime.CreateObject<Things>(5);
        Assert.Equal([0x98, 6, 7, 8], things.InvokeRaw("Shift", looksLikeMessagePack));
        IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(Things), "Add").InvokeRaw(null, [1]));
        Assert.Contains("raw bytes", e.Message, StringComparison.Ordinal);
        Assert.Throws<IsolatedException>(() => reverse.InvokeRaw(new IsolatedRuntime(SharedHost.Instance).CreateObject<Things>(1), [1]));
    }

    /// <summary>The symbols that are inside of the assembly, as a file beside it would have them.</summary>
    private static unsafe byte[] SymbolsOf(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        DebugDirectoryEntry entry = file.ReadDebugDirectory().First(e => e.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using MetadataReaderProvider symbols = file.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
        MetadataReader reader = symbols.GetMetadataReader();
        return new ReadOnlySpan<byte>(reader.MetadataPointer, reader.MetadataLength).ToArray();
    }

    internal sealed class Things(int number)
    {
        private static long s_shared;
        private int _number = number;
        private string? _text = "text";
        private List<int> _list = [];
        private Things? _other;

        public string Name => $"{_text} {_list.Count} {s_shared}";

        public static int Add(int a, int b) => a + b;

        public static string Tell<T>(T value) => value is System.Collections.ICollection many ? $"{typeof(T).Name} {many.Count}" : $"{typeof(T).Name} {value}";

        public static string TellTwo<TFirst, TSecond>(TSecond value) => $"{typeof(TFirst).Name} {value}";

        public static T Same<T>(T value) => value;

        public static int OfStruct<T>(T value)
            where T : struct => value.GetHashCode();

        public static byte[] Reverse(byte[] bytes)
        {
            Array.Reverse(bytes);
            return bytes;
        }

        public static byte[] Length(ReadOnlySpan<byte> bytes) => [(byte)bytes.Length];

        public string Mine<T>(T value) => $"{typeof(T).Name} {value} {_number}";

        public byte[] Shift(byte[] bytes) => Array.ConvertAll(bytes, b => (byte)(b + _number));

        public int GetNumber() => _number;

        public int GetOther() => _other!._number;

        public void Throw() => throw new InvalidOperationException("as asked");

        public void Use() => (_number, _text, _list, _other, s_shared) = (0, null, [], this, 0);
    }
}

/// <summary>The program that tests run inside.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        switch (args[0])
        {
            case "throw":
                throw new InvalidOperationException("as asked");
            case "exit":
                Environment.Exit(42);
                break;
            case "later":
                await Task.Delay(20);
                break;
        }

        Console.WriteLine(string.Join(',', args));
        return args.Length;
    }
}
