using System.Diagnostics;
using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>Scripts that run often get fast, and differ in nothing else.</summary>
public sealed class ScriptHotTests
{
    private const string Source =
        """Counter.N++; Console.Write($"{Counter.N} {args.Length} {Environment.GetEnvironmentVariable("WHO")}"); static class Counter { public static int N = 41; }""";

    [Fact]
    public async Task One_that_runs_often_begins_where_it_is_loaded_and_does_the_same()
    {
        using var scripts = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance });
        CompiledScript compiled = scripts.Compile(Source);
        Assert.False(compiled.IsHot);
        RunOften(scripts, compiled);
        var waited = Stopwatch.StartNew();
        while (!compiled.IsHot)
        {
            Assert.InRange(waited.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
            await Task.Delay(20);
        }

        RunOften(scripts, compiled);

        // The same source is the same script.
        Assert.True(scripts.Compile(Source).IsHot);
    }

    [Fact]
    public void Nothing_of_it_happens_where_nobody_wants_it()
    {
        using var scripts = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, HotScripts = false });
        CompiledScript compiled = scripts.Compile(Source);
        RunOften(scripts, compiled);
        RunOften(scripts, compiled);
        Assert.False(compiled.IsHot);
    }

    private static void RunOften(IsolatedScriptHost scripts, CompiledScript compiled)
    {
        for (int i = 0; i < 4; i++)
        {
            var options = new IsolatedRuntimeOptions { Environment = { ["WHO"] = $"run {i}" } };
            Assert.Equal($"42 2 run {i}", scripts.Run(compiled, ["a", "b"], options).StandardOutput);
        }
    }
}
