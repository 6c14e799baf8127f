using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What cannot work, and how that is said.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);
    private readonly Stream _resource = new MemoryStream();
    private readonly int _number = 5;

    public void Dispose()
    {
        _runtime.Dispose();
        _resource.Dispose();
    }

    [Fact]
    public void A_lambda_that_captures_a_runtime()
    {
        IsolatedRuntime runtime = _runtime;
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => runtime.GetHashCode()));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.Contains("captures 'runtime', an IsolatedRuntime, which belongs to the host", e.Message, StringComparison.Ordinal);
        Assert.Contains("register a callback", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lambda_that_captures_an_object_of_a_guest()
    {
        using IsolatedObject inside = _runtime.CreateObject<object>();
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(Lambda(inside)));
        Assert.Contains("captures 'inside', an IsolatedObject", e.Message, StringComparison.Ordinal);
        static Func<int> Lambda(IsolatedObject inside) => () => inside.GetHashCode();
    }

    [Fact]
    public void A_lambda_whose_this_cannot_be_copied()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => _number));
        Assert.Contains("`this`", e.Message, StringComparison.Ordinal);
        Assert.Contains("its member '_runtime' is a DotNetIsolator.IsolatedRuntime", e.Message, StringComparison.Ordinal);
        Assert.Contains("local variables", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closure_whose_this_cannot_be_copied()
    {
        int local = 3;
        var holder = new Holder(_resource);
        var e = Assert.Throws<IsolatedException>(() => holder.Run(_runtime, local));
        Assert.Contains("captures `this`", e.Message, StringComparison.Ordinal);
        Assert.Contains("its member '_resource' is a System.IO.MemoryStream", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lambda_that_captures_a_delegate()
    {
        Func<int> other = () => 5;
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(Lambda(other)));
        Assert.Contains("captures 'other'", e.Message, StringComparison.Ordinal);
        Assert.Contains("a delegate is code", e.Message, StringComparison.Ordinal);
        static Func<int> Lambda(Func<int> other) => () => other();
    }

    [Fact]
    public void An_object_that_refers_to_itself()
    {
        var node = new Node();
        node.Next = node;
        Assert.True(_runtime.Invoke(() => ReferenceEquals(node, node.Next)));
        Node back = _runtime.Invoke(() => node);
        Assert.Same(back, back.Next);
    }

    [Fact]
    public void An_assembly_that_has_no_file_as_in_a_single_file_application()
    {
        // An assembly loaded from memory has no location, which is also what one in a single file has.
        byte[] image = Rewritten("DotNetIsolator.Tests.InMemory", null);
        Assembly loaded = Assembly.Load(image);
        MethodInfo method = loaded.GetType(typeof(Calculator).FullName!)!.GetMethod(nameof(Calculator.Five))!;
        var lambda = method.CreateDelegate<Func<int>>();
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(lambda));
        Assert.Equal(IsolatedErrorKind.AssemblyNotFound, e.Kind);
        Assert.Contains("published as a single file", e.Message, StringComparison.Ordinal);
        Assert.Contains("PublishSingleFile", e.Message, StringComparison.Ordinal);

        // With a loader that has its bytes it works.
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(name => name == "DotNetIsolator.Tests.InMemory" ? image : null);
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal(5, runtime.Invoke(lambda));
    }

    [Fact]
    public void An_application_compiled_ahead_of_time()
    {
        var e = Assert.Throws<PlatformNotSupportedException>(() => HostAssemblies.CheckPlatform(dynamicCode: false));
        Assert.Contains("NativeAOT", e.Message, StringComparison.Ordinal);
        Assert.Contains("PublishAot", e.Message, StringComparison.Ordinal);
        HostAssemblies.CheckPlatform(RuntimeFeature.IsDynamicCodeSupported);
    }

    [Fact]
    public void An_assembly_built_for_a_newer_dotnet()
    {
        byte[] image = Rewritten("DotNetIsolator.Tests.Newer", new Version(99, 0, 0, 0));
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(name => name == "DotNetIsolator.Tests.Newer" ? image : null);
        using var runtime = new IsolatedRuntime(host);
        var e = Assert.Throws<IsolatedException>(() => runtime.CreateObject("DotNetIsolator.Tests.Newer", typeof(Calculator).Namespace, nameof(Calculator)));
        Assert.Contains("compiled for .NET 99.0", e.Message, StringComparison.Ordinal);
        Assert.Contains($".NET {host.DotNetVersion.Split('.')[0]}", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("Could not load assembly 'DotNetIsolator.Tests.Newer'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loader_that_throws()
    {
        using var host = new IsolatedRuntimeHost()
            .WithAssemblyLoader(name => throw new InvalidOperationException("the store is closed"))
            .WithAssemblyLoader(name => name == "Second" ? Rewritten("Second", null) : null);
        using var runtime = new IsolatedRuntime(host);
        var e = Assert.Throws<IsolatedException>(() => runtime.CreateObject("First", "N", "T"));
        Assert.Contains("the store is closed", e.Message, StringComparison.Ordinal);

        // The next loader is asked all the same.
        Assert.NotNull(runtime.CreateObject("Second", typeof(Calculator).Namespace, nameof(Calculator)));
    }

    [Fact]
    public void Bytes_that_are_no_assembly()
    {
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(_ => [1, 2, 3]);
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal(IsolatedErrorKind.BadImage, Assert.Throws<IsolatedException>(() => runtime.CreateObject("A", "N", "T")).Kind);
    }

    [Fact]
    public void A_loader_of_a_folder_gives_nothing_outside_of_it()
    {
        var load = AssemblySource.FromDirectory(AppContext.BaseDirectory);
        string name = typeof(ErrorTests).Assembly.GetName().Name!;
        Assert.NotNull(load(name, string.Empty));
        foreach (string path in new[] { $"../{new DirectoryInfo(AppContext.BaseDirectory).Name}/{name}", $"./{name}", "..", "", "a\0b", "c:" })
        {
            Assert.Null(load(path, string.Empty));
        }

        Assert.Null(load(name, ".."));
    }

    [Fact]
    public void A_result_that_is_not_of_the_type()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(ErrorTests), nameof(Text)).Invoke<int>(null));
        Assert.Contains("System.Int32", e.Message, StringComparison.Ordinal);
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
    }

    [Fact]
    public void Exit_and_traps_end_the_runtime_only()
    {
        using var exits = new IsolatedRuntime(SharedHost.Instance);
        var exit = Assert.Throws<IsolatedException>(() => exits.Invoke(() => Environment.Exit(3)));
        Assert.Equal((IsolatedErrorKind.Exit, 3, true), (exit.Kind, exit.ExitCode, exit.IsFatal));
        Assert.Equal(IsolatedErrorKind.Dead, Assert.Throws<IsolatedException>(() => exits.Invoke(() => 1)).Kind);

        using var traps = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Discard });
        Assert.Equal(IsolatedErrorKind.Trap, Assert.Throws<IsolatedException>(() => traps.Invoke(() => Environment.FailFast("enough"))).Kind);
        Assert.Equal(1, _runtime.Invoke(() => 1));
    }

    private static string Text() => "text";

    /// <summary>This assembly's bytes under another name, perhaps for another .NET.</summary>
    private static byte[] Rewritten(string name, Version? runtime)
    {
        byte[] image = File.ReadAllBytes(typeof(ErrorTests).Assembly.Location);
        using var pe = new PEReader(new MemoryStream(image, writable: false));
        MetadataReader metadata = pe.GetMetadataReader();
        int start = pe.PEHeaders.MetadataStartOffset;

        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        int at = Rename(image, metadata, start);
        bytes.CopyTo(image, at);
        image[at + bytes.Length] = 0;
        if (runtime is not null)
        {
            foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
            {
                if (metadata.GetString(metadata.GetAssemblyReference(handle).Name) == "System.Runtime")
                {
                    int row = start + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
                        + ((MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef));
                    BitConverter.TryWriteBytes(image.AsSpan(row, 2), (ushort)runtime.Major);
                }
            }
        }

        return image;
    }

    /// <summary>Points the assembly's name at a method's name that is long enough and that nothing needs.</summary>
    private static int Rename(byte[] image, MetadataReader metadata, int start)
    {
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            StringHandle spare = metadata.GetMethodDefinition(handle).Name;
            if (metadata.GetString(spare) == nameof(A_method_that_only_lends_the_room_of_its_long_name_to_tests))
            {
                int offset = metadata.GetHeapOffset(spare);
                // In the row of the assembly: hash algorithm, four numbers of the version, flags, public key, name.
                int row = start + metadata.GetTableMetadataOffset(TableIndex.Assembly);
                int column = row + 4 + 8 + 4 + (metadata.GetHeapSize(HeapIndex.Blob) > ushort.MaxValue ? 4 : 2);
                BitConverter.TryWriteBytes(image.AsSpan(column), (ushort)offset);
                return start + metadata.GetHeapMetadataOffset(HeapIndex.String) + offset;
            }
        }

        throw new InvalidOperationException("the method is not there");
    }

    private static void A_method_that_only_lends_the_room_of_its_long_name_to_tests()
    {
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Holder(Stream resource)
    {
        private readonly Stream _resource = resource;

        public int Run(IsolatedRuntime runtime, int local) => runtime.Invoke(() => local + (_resource.CanRead ? 1 : 0));
    }
}

public sealed class Calculator
{
    public static int Five() => 5;
}
