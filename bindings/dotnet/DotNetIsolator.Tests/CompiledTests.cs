using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Programs that are compiled ahead: who gives the code, who wants it, and that it ran.</summary>
public sealed class CompiledTests
{
    private const string Name = "PlugIns.Greeter";

    private static readonly byte[] Image = File.ReadAllBytes(FindAssembly());

    /// <summary>What <c>isolator compile</c> makes of the plug-in; null where the guest image runs no compiled programs.</summary>
    private static readonly Lazy<byte[]?> Code = new(Compile);

    [Fact]
    public void Code_is_given_with_the_bytes_and_used_where_it_is_wanted()
    {
        if (Code.Value is not { } code)
        {
            return;
        }

        using IsolatedRuntimeHost host = new();
        foreach ((CompiledCode? wanted, long count) in new (CompiledCode?, long)[] { (null, 1), (CompiledCode.Off, 0), (CompiledCode.Auto, 1), (CompiledCode.Require, 1) })
        {
            using IsolatedRuntime runtime = new(host, new IsolatedRuntimeOptions { Compiled = wanted });
            Greet(runtime.LoadAssembly(new AssemblyImage(Image) { Compiled = code }));
            string[] names = count == 0 ? [] : [Name];
            IsolatedRuntimeUsage usage = runtime.GetUsage();
            Assert.Equal(count, usage.CompiledAssemblies);
            Assert.Equal(names, usage.CompiledNames);
        }

        // What is required must be there, and must fit.
        using IsolatedRuntime strict = new(host, new IsolatedRuntimeOptions { Compiled = CompiledCode.Require });
        IsolatedException e = Assert.Throws<IsolatedException>(() => strict.LoadAssembly(new AssemblyImage(Image)));
        Assert.Equal(IsolatedErrorKind.BadImage, e.Kind);
        Assert.Contains("no compiled code beside it", e.Message, StringComparison.Ordinal);
        byte[] other = [.. Image, 0];
        e = Assert.Throws<IsolatedException>(() => strict.LoadAssembly(new AssemblyImage(other) { Compiled = code }));
        Assert.Contains("BLAKE3", e.Message, StringComparison.Ordinal);
        using IsolatedRuntime lenient = new(host, new IsolatedRuntimeOptions { Compiled = CompiledCode.Auto });
        Greet(lenient.LoadAssembly(new AssemblyImage(other) { Compiled = code }));
        Assert.Equal(0, lenient.GetUsage().CompiledAssemblies);
    }

    [Fact]
    public void Loaders_and_folders_give_it()
    {
        if (Code.Value is not { } code)
        {
            return;
        }

        AssemblyImage? Load(AssemblyRequest request) => request.Name == Name ? new AssemblyImage(Image) { Compiled = code } : null;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator-test");
        try
        {
            File.WriteAllBytes(Path.Combine(folder.FullName, Name + ".dll"), Image);
            File.WriteAllBytes(Path.Combine(folder.FullName, Name + ".isolated.wasm"), code);
            IsolatedRuntimeHostOptions wanted = new() { Compiled = CompiledCode.Auto };
            using IsolatedRuntimeHost byFolder = new IsolatedRuntimeHost(wanted).WithDirectoryAssemblyLoader(folder.FullName);
            using IsolatedRuntimeHost byLoader = new IsolatedRuntimeHost(wanted).WithAssemblyLoader(Load);
            using IsolatedRuntimeHost alone = new(wanted);
            (IsolatedRuntimeHost Host, IsolatedRuntimeOptions Options)[] ways =
                [(byFolder, new()), (byLoader, new()), (alone, new IsolatedRuntimeOptions().WithAssemblyLoader(Load))];
            foreach ((IsolatedRuntimeHost host, IsolatedRuntimeOptions options) in ways)
            {
                using IsolatedRuntime runtime = new(host, options);
                Greet(runtime.LoadAssembly(Name));
                Assert.Equal([Name], runtime.GetUsage().CompiledNames);
            }

            // A runtime may want something else than its host.
            using IsolatedRuntime interpreted = new(byFolder, new IsolatedRuntimeOptions { Compiled = CompiledCode.Off });
            Greet(interpreted.LoadAssembly(Name));
            Assert.Equal(0, interpreted.GetUsage().CompiledAssemblies);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void What_is_no_compiled_code_is_left_alone(int bytes)
    {
        using IsolatedRuntimeHost host = new(new IsolatedRuntimeHostOptions { Compiled = CompiledCode.Auto });
        using IsolatedRuntime runtime = new(host);
        Greet(runtime.LoadAssembly(new AssemblyImage(Image) { Compiled = new byte[bytes] }));
        Assert.Equal(0, runtime.GetUsage().CompiledAssemblies);
    }

    private static void Greet(IsolatedAssembly assembly)
    {
        using IsolatedObject greeter = assembly.CreateObject("Greetings.Greeter", "fr");
        Assert.Equal("Bonjour, Ada", greeter.Invoke<string>("Greet", "Ada"));
    }

    /// <summary>The plug-in of a sample, which lies beside it.</summary>
    private static string FindAssembly()
    {
        string samples = typeof(CompiledTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Samples").Value!;
        string program = samples.Split(';').Single(s => Path.GetFileNameWithoutExtension(s) == "PlugIns");
        return Path.Combine(Path.GetDirectoryName(program)!, "plug-ins", Name + ".dll");
    }

    private static byte[]? Compile()
    {
        // What was built together with the native library.
        string native = Environment.GetEnvironmentVariable("ISOLATOR_NATIVE") ?? throw new InvalidOperationException("`cargo xtask test` sets ISOLATOR_NATIVE");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator-test");
        try
        {
            string image = Path.Combine(folder.FullName, Name + ".dll");
            File.WriteAllBytes(image, Image);
            ProcessStartInfo start = new(Path.Combine(Path.GetDirectoryName(native)!, "isolator"), ["compile", image])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (errors.Result.Contains("runs no compiled programs", StringComparison.Ordinal))
            {
                return null;
            }

            Assert.True(process.ExitCode == 0, $"{output}{errors.Result}");
            return File.ReadAllBytes(Path.ChangeExtension(image, ".isolated.wasm"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
