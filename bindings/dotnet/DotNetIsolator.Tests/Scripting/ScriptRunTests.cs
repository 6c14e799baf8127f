using System.Text;
using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>Programs: what they write and return, and how they end otherwise.</summary>
public sealed class ScriptRunTests
{
    private static IsolatedScriptHost Scripts => SharedScripts.Instance;

    [Fact]
    public void Output_and_exit_code_are_in_the_result()
    {
        ScriptResult result = Scripts.Run("""Console.WriteLine($"hello {args[0]}"); Console.Error.Write("über"); return 3;""", ["world"]);
        Assert.Equal("hello world\n", result.StandardOutput);
        Assert.Equal("über", result.StandardError);
        Assert.Equal(3, result.ExitCode);
        Assert.Null(result.Error);
        Assert.Same(result, result.ThrowIfFailed());
        Assert.InRange(result.Usage.Calls, 1, 1000);
        Assert.Equal(Encoding.UTF8.GetByteCount("hello world\nüber"), result.Usage.OutputBytes);
    }

    [Fact]
    public void An_exit_is_an_exit_code() => Assert.Equal(7, Scripts.Run("Environment.Exit(7);").ExitCode);

    [Fact]
    public void An_exception_that_escapes_is_in_the_result_with_the_scripts_lines()
    {
        ScriptResult result = Scripts.Run(new ScriptSource("shop.cs", "Console.Write(\"before\");\nThrow();\nvoid Throw() => throw new InvalidOperationException(\"no\");"));
        Assert.Null(result.ExitCode);
        Assert.Equal("before", result.StandardOutput);
        Assert.Equal(IsolatedErrorKind.GuestException, result.Error!.Kind);
        Assert.Equal(("System.InvalidOperationException", "no"), (result.Error.GuestException!.TypeName, result.Error.GuestException.Message));
        Assert.Contains("shop.cs:line 3", result.Error.GuestException.StackTrace, StringComparison.Ordinal);
        Assert.Same(result.Error, Assert.Throws<IsolatedException>(result.ThrowIfFailed));
    }

    [Fact]
    public void A_limit_that_stops_it_is_in_the_result()
    {
        ScriptResult endless = Scripts.Run("while (true) { }", options: new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout, true), (endless.Error!.Kind, endless.Error.Limit, endless.Error.IsFatal));
        ScriptResult large = Scripts.Run(
            "var all = new List<byte[]>(); while (true) { all.Add(new byte[1 << 20]); all[^1].AsSpan().Fill(1); }",
            options: new IsolatedRuntimeOptions { MemoryLimit = 32 << 20 });
        Assert.True(large.Error is { Limit: IsolatedLimit.Memory } or { GuestException.TypeName: "System.OutOfMemoryException" }, $"{large.Error}");
        ScriptResult loud = Scripts.Run(
            "for (int i = 0; i < 100; i++) Console.Write(new string('x', 100));",
            options: new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Output] = 1000, [IsolatedLimit.OutputTruncates] = 1 } });
        Assert.Equal((new string('x', 1000), 0), (loud.StandardOutput, loud.ExitCode));
    }

    [Fact]
    public void A_limit_of_the_compiler_is_an_exception_that_says_which_option()
    {
        using var little = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, CompileTimeout = TimeSpan.FromMilliseconds(1) });
        string source = string.Join('\n', Enumerable.Range(0, 3000).Select(n => $"int F{n}(int x) => x + {n};"));
        var e = Assert.Throws<IsolatedException>(() => little.Compile(source));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout, false), (e.Kind, e.Limit, e.IsFatal));
        Assert.Contains("IsolatedScriptHostOptions.CompileLimits", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_given_by_itself()
    {
        ScriptResult result = Scripts.Run(
            """Console.Write($"{Environment.GetEnvironmentVariables().Count} {Directory.Exists("/etc")} {Console.In.Read()}");""");
        Assert.Equal("0 False -1", result.StandardOutput);
    }

    [Fact]
    public void Options_give_what_a_runtime_is_given()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator-test");
        File.WriteAllText(Path.Combine(folder.FullName, "in.txt"), "from a file");
        var lines = new List<string>();
        var options = new IsolatedRuntimeOptions
        {
            Directories = { new IsolatedDirectory(folder.FullName, "/data", Writable: false) },
            Environment = { ["MODE"] = "test" },
        }.OnOutputLine(lines.Add).StandardInputFrom("typed\n");
        ScriptResult result = Scripts.Run(
            """
            Console.WriteLine($"{Environment.GetEnvironmentVariable("MODE")}, {Console.ReadLine()}, {File.ReadAllText("/data/in.txt")}");
            Console.Write("no end");
            Console.Error.Write("kept");
            """,
            options: options);
        folder.Delete(recursive: true);
        Assert.Equal(["test, typed, from a file", "no end"], lines);
        Assert.Equal((string.Empty, "kept", 0), (result.StandardOutput, result.StandardError, result.ExitCode));
    }

    [Fact]
    public void The_hosts_own_options_hold_where_none_are_given()
    {
        using var own = new IsolatedScriptHost(new IsolatedScriptHostOptions
        {
            Host = SharedHost.Instance,
            RunOptions = new IsolatedRuntimeOptions { Environment = { ["MODE"] = "own" }, CallTimeout = TimeSpan.FromMilliseconds(200) },
        });
        Assert.Equal("own", own.Run("""Console.Write(Environment.GetEnvironmentVariable("MODE"));""").StandardOutput);
        Assert.Equal(IsolatedLimit.CallTimeout, own.Run("while (true) { }").Error!.Limit);
    }

    [Fact]
    public void Sources_are_loaded_from_the_folder_that_is_named()
    {
        const string Source = "#load \"lib/tools.cs\"\nConsole.Write(Twice(21));";
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator-test");
        folder.CreateSubdirectory("lib");
        File.WriteAllText(Path.Combine(folder.FullName, "lib", "tools.cs"), "int Twice(int n) => 2 * n;");
        using var loading = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, LoadFolder = folder.FullName });
        Assert.Equal("42", loading.Run(Source).StandardOutput);
        using (ScriptSession session = loading.CreateSession())
        {
            Assert.Equal("8", session.Execute("#load \"lib/tools.cs\"\nTwice(4)").ValueText);
        }

        Assert.Contains("leads out", Assert.Throws<ScriptCompilationException>(() => loading.Compile("#load \"../tools.cs\"")).Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
        Assert.Contains(
            "IsolatedScriptHostOptions.LoadFolder", Assert.Throws<ScriptCompilationException>(() => Scripts.Compile(Source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_refer_to_libraries_and_to_nothing_else()
    {
        const string Source = "using Scripted; Console.Write(new Order { Count = 3 }.Total(2.5m));";
        CompiledScript library = Scripts.Compile(
            "namespace Scripted { public class Order { public int Count; public decimal Total(decimal price) => Count * price; } }");
        using var with = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, Libraries = { library.GetAssembly() } });
        Assert.Equal("7.5", with.Run(Source).StandardOutput);
        Assert.Equal("CS0246", Scripts.Check(Source)[0].Id);
    }

    [Fact]
    public void Each_run_is_a_fresh_one()
    {
        const string Source = "Counter.N++; Console.Write(Counter.N); static class Counter { public static int N; }";
        Assert.Equal(["1", "1"], new[] { Scripts.Run(Source).StandardOutput, Scripts.Run(Source).StandardOutput });
    }

    [Fact]
    public async Task A_token_stops_a_run()
    {
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var options = new IsolatedRuntimeOptions().OnOutputLine(_ => started.TrySetResult());
        Task<ScriptResult> run = Scripts.RunAsync("Console.WriteLine(1); while (true) { }", options: options, cancellation: stop.Token);
        await started.Task;
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal((stop.Token, TaskStatus.Canceled), (e.CancellationToken, run.Status));

        // A sleep is interrupted as well.
        using var second = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Scripts.RunAsync("Thread.Sleep(600_000);", cancellation: second.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Scripts.RunAsync("return 0;", cancellation: stop.Token));
    }

    [Fact]
    public async Task A_token_stops_the_compiler()
    {
        // The compiler takes long over this: each level has twice as many overloads to try.
        using var stop = new CancellationTokenSource();
        string nested = "0";
        for (int i = 0; i < 16; i++)
        {
            nested = $"F(a{i} => {nested})";
        }

        Task<CompiledScript> compile = Scripts.CompileAsync(
            $"int x = C.G(); class C {{ static int F(Func<int, int> f) => 0; static string F(Func<int, string> f) => \"\"; public static int G() => {nested}; }}",
            stop.Token);
        await Task.Delay(300);
        Assert.False(compile.IsCompleted);
        long before = Environment.TickCount64;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => compile);
        Assert.InRange(Environment.TickCount64 - before, 0, 5000);
        Assert.Equal(4, Scripts.Evaluate<int>("2 + 2"));
    }

    [Fact]
    public async Task Disposal_lets_what_runs_go_on_and_nothing_begin()
    {
        var scripts = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance });
        var started = new TaskCompletionSource();
        var go = new TaskCompletionSource<string>();
        var options = new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Capture }
            .OnOutputLine(_ => started.TrySetResult())
            .StandardInputFrom(new WaitingReader(go.Task));
        Task<ScriptResult> run = scripts.RunAsync("Console.WriteLine(1); Console.Error.Write(Console.ReadLine());", options: options);
        await started.Task;
        scripts.Dispose();
        scripts.Dispose();
        go.SetResult("on");
        Assert.Equal("on", (await run).StandardError);
        Assert.Throws<ObjectDisposedException>(() => scripts.Check("int x;"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scripts.RunAsync("return 0;"));
        Assert.Equal("1", SharedScripts.Instance.Run("Console.Write(1);").StandardOutput);
    }

    /// <summary>Gives a line once there is one.</summary>
    private sealed class WaitingReader(Task<string> line) : TextReader
    {
        private string? _left;

        public override int Read(char[] buffer, int index, int count)
        {
            _left ??= line.GetAwaiter().GetResult();
            int taken = Math.Min(count, _left.Length);
            _left.CopyTo(0, buffer, index, taken);
            _left = _left[taken..];
            return taken;
        }
    }
}
