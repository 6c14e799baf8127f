using System;
using System.IO;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What a folder of assemblies gives to guests, and what it does not.</summary>
public sealed class FolderTests : IDisposable
{
    private static readonly string Own = typeof(FolderTests).Assembly.GetName().Name!;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();
    private readonly string _folder;

    public FolderTests()
    {
        _folder = _root.CreateSubdirectory("plug-ins").FullName;
        File.WriteAllBytes(Path.Combine(_folder, "Real.dll"), ErrorTests.Rewritten("Real", null));
        File.WriteAllBytes(Path.Combine(_root.FullName, "Outside.dll"), ErrorTests.Rewritten("Linked", null));
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_loader_of_a_folder_gives_nothing_outside_of_it()
    {
        Assert.True(Loads(SharedHost.Instance, Own));
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithDirectoryAssemblyLoader(_folder);
        Assert.True(Loads(host, "Real"));
        foreach (string name in new[] { "../Outside", "./Real", "..", "plug-ins/Real", "Missing" })
        {
            Assert.False(Loads(host, name), name);
        }
    }

    [Fact]
    public void A_link_in_a_folder_is_not_followed_but_the_folder_may_be_one()
    {
        if (OperatingSystem.IsWindows())
        {
            // Links need a right there.
            return;
        }

        File.CreateSymbolicLink(Path.Combine(_folder, "Linked.dll"), "../Outside.dll");
        string link = Path.Combine(_root.FullName, "link");
        Directory.CreateSymbolicLink(link, _folder);
        foreach (string folder in new[] { _folder, link })
        {
            using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithDirectoryAssemblyLoader(folder);
            Assert.True(Loads(host, "Real"));
            Assert.False(Loads(host, "Linked"));
        }
    }

    [Fact]
    public void What_a_runtime_may_write_is_no_source_of_assemblies()
    {
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithDirectoryAssemblyLoader(_folder);
        Assert.True(Loads(host, "Real"));
        Assert.True(Loads(host, "Real", Granting(writable: false)));
        Assert.False(Loads(host, "Real", Granting(writable: true)));

        // Nor for a neighbour: the one before chose what lies there.
        Assert.False(Loads(host, "Real"));
        Assert.True(Loads(host, "Real", new IsolatedRuntimeOptions { LoadFromWritableDirectories = true }));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told_at_once()
    {
        using IsolatedRuntimeHost host = new();
        string missing = Path.Combine(_root.FullName, "missing");
        var e = Assert.Throws<DirectoryNotFoundException>(() => host.WithDirectoryAssemblyLoader(missing));
        Assert.Contains(missing, e.Message, StringComparison.Ordinal);
    }

    private static bool Loads(IsolatedRuntimeHost host, string assembly, IsolatedRuntimeOptions? options = null)
    {
        using IsolatedRuntime runtime = new(host, options ?? new IsolatedRuntimeOptions());
        try
        {
            using IsolatedObject made = runtime.CreateObject(assembly, typeof(Calculator).Namespace, nameof(Calculator));
            return true;
        }
        catch (IsolatedException e)
        {
            Assert.Equal(IsolatedErrorKind.AssemblyNotFound, e.Kind);
            return false;
        }
    }

    private IsolatedRuntimeOptions Granting(bool writable)
    {
        IsolatedRuntimeOptions options = new();
        options.Directories.Add(new IsolatedDirectory(_root.FullName, "/data", writable));
        return options;
    }
}
