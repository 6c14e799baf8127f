using System.Collections.Concurrent;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Loaders of one runtime, and loaders that are told cultures and give symbols.</summary>
public sealed class LoaderTests
{
    private static readonly string Bin = AppContext.BaseDirectory;
    private static readonly string Own = typeof(LoaderTests).Assembly.GetName().Name!;

    [Fact]
    public void A_runtimes_own_loaders_are_asked_before_the_hosts()
    {
        ConcurrentQueue<string> asked = new();
        byte[]? Record(string who, string name, bool gives)
        {
            asked.Enqueue($"{who} {name}");
            return gives && File.Exists(Path.Combine(Bin, name + ".dll")) ? File.ReadAllBytes(Path.Combine(Bin, name + ".dll")) : null;
        }

        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithAssemblyLoader(name => Record("host", name, gives: true));
        IsolatedRuntimeOptions options = new IsolatedRuntimeOptions()
            .WithAssemblyLoader(name => Record("first", name, gives: false))
            .WithAssemblyLoader(name => Record("second", name, gives: name == Own));
        using IsolatedRuntime runtime = new(host, options);
        Assert.Equal(3, runtime.Invoke(() => 3));
        Assert.Equal([$"first {Own}", $"second {Own}"], asked.Where(line => line.EndsWith(' ' + Own)));

        // What they do not know the host's are asked for.
        Assert.Equal("xunit.assert", runtime.Invoke(() => typeof(Assert).Assembly.GetName().Name));
        Assert.Equal(
            ["first xunit.assert", "second xunit.assert", "host xunit.assert"],
            asked.Where(line => line.EndsWith(" xunit.assert", StringComparison.Ordinal)));

        // Another runtime has none of them.
        asked.Clear();
        using IsolatedRuntime other = new(host);
        Assert.Equal(4, other.Invoke(() => 4));
        Assert.All(asked, line => Assert.StartsWith("host ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_one_runtime_is_given_no_other_has()
    {
        using IsolatedRuntimeHost host = new();
        byte[] image = File.ReadAllBytes(Path.Combine(Bin, Own + ".dll"));
        using IsolatedRuntime with = new(host, new IsolatedRuntimeOptions().WithAssemblyLoader(name => name == Own ? image : null));
        using IsolatedRuntime without = new(host);
        Assert.Equal(5, with.GetMethod(Own, "DotNetIsolator.Tests", null, nameof(TenantCode), nameof(TenantCode.Five)).Invoke<int>(null));
        IsolatedException e = Assert.Throws<IsolatedException>(() =>
            without.GetMethod(Own, "DotNetIsolator.Tests", null, nameof(TenantCode), nameof(TenantCode.Five)));
        Assert.Equal(IsolatedErrorKind.AssemblyNotFound, e.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_loader_is_told_the_culture_and_gives_symbols(bool ofHost)
    {
        ConcurrentQueue<AssemblyRequest> asked = new();
        AssemblyImage? Load(AssemblyRequest request)
        {
            asked.Enqueue(request);
            string path = Path.Combine(Bin, request.Name + ".dll");
            return request.Culture is null && File.Exists(path) ? new AssemblyImage(File.ReadAllBytes(path), Symbols(path)) : null;
        }

        using IsolatedRuntimeHost host = new();
        IsolatedRuntimeOptions options = new() { Culture = "de-CH" };
        if (ofHost)
        {
            host.WithAssemblyLoader(Load);
        }
        else
        {
            options.WithAssemblyLoader(Load);
        }

        using IsolatedRuntime runtime = new(host, options);
        Assert.Null(runtime.Invoke(() => TenantCode.Satellite("de-CH")));
        Assert.Contains(new AssemblyRequest(Own, null), asked);
        Assert.Contains(new AssemblyRequest(Own + ".resources", "de-CH"), asked);
        IsolatedException e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => TenantCode.Fail()));
        Assert.Contains("LoaderTests.cs:line", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_loader_that_throws_is_told_and_the_next_is_asked()
    {
        ListLogger logger = new();
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = logger });
        IsolatedRuntimeOptions options = new IsolatedRuntimeOptions()
            .WithAssemblyLoader((AssemblyRequest _) => throw new InvalidDataException("no such place"));
        using IsolatedRuntime alone = new(host, options);
        IsolatedException e = Assert.Throws<IsolatedException>(() => alone.Invoke(() => 1));
        Assert.Contains("no such place", e.Message, StringComparison.Ordinal);
        Assert.Contains(logger.Lines, line => line.Contains("no such place", StringComparison.Ordinal));
        host.WithBinDirectoryAssemblyLoader();
        using IsolatedRuntime helped = new(host, options);
        Assert.Equal(1, helped.Invoke(() => 1));
    }

    [Fact]
    public void A_loader_that_calls_its_runtime_is_refused()
    {
        IsolatedRuntime? self = null;
        Exception? refused = null;
        IsolatedRuntimeOptions options = new IsolatedRuntimeOptions().WithAssemblyLoader(_ =>
        {
            refused ??= Record.Exception(() => self!.GetMethod("System.Private.CoreLib", "System", null, "Math", "Max"));
            return null;
        });
        using IsolatedRuntime runtime = new(SharedHost.Instance, options);
        self = runtime;
        Assert.Equal(2, runtime.Invoke(() => 2));
        Assert.IsType<InvalidOperationException>(refused);
    }

    private static byte[]? Symbols(string dll)
    {
        string path = Path.ChangeExtension(dll, ".pdb");
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }
}

/// <summary>What a tenant's assembly has.</summary>
internal static class TenantCode
{
    public static int Five() => 5;

    public static int Fail() => throw new InvalidOperationException("no");

    public static string? Satellite(string culture)
    {
        try
        {
            return typeof(TenantCode).Assembly.GetSatelliteAssembly(new System.Globalization.CultureInfo(culture)).FullName;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
