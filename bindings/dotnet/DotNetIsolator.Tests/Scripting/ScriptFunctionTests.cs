using Microsoft.Extensions.Logging;
using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>Functions of the application that scripts call as methods.</summary>
public sealed class ScriptFunctionTests
{
    private static readonly Dictionary<string, decimal> Prices = new() { ["lamp"] = 40.5m, ["pen"] = 9.95m };

    private static IsolatedScriptHost With(ScriptFunctions functions, params ScriptSource[] prelude)
    {
        var options = new IsolatedScriptHostOptions { Host = SharedHost.Instance, Functions = functions };
        foreach (ScriptSource source in prelude)
        {
            options.Prelude.Add(source);
        }

        return new IsolatedScriptHost(options);
    }

    [Fact]
    public void A_declaration_is_how_scripts_see_it()
    {
        using IsolatedScriptHost scripts = With(new()
        {
            { "decimal Price(string sku)", (string sku) => Prices[sku] },
            { "string Join(string separator, params int[] numbers)", (string separator, int[] numbers) => string.Join(separator, numbers) },
        });
        Assert.Equal(50.45m, scripts.Evaluate<decimal>("Price(\"lamp\") + Price(\"pen\")"));
        Assert.Equal("1-2-3", scripts.Evaluate<string>("Join(\"-\", 1, 2, 3)"));
        Assert.Equal("40.5", scripts.Run("Console.Write(Price(args[0]));", ["lamp"]).StandardOutput);
        ScriptDiagnostic told = Assert.Single(scripts.Check("int x = Price(5);"), diagnostic => diagnostic.Id == "CS1503");
        Assert.Equal(new ScriptPosition(0, 14), told.Range.Start);
        using ScriptSession session = scripts.CreateSession();
        session.Execute("var sum = Price(\"pen\");");
        Assert.Equal(9.95m, session.Execute("sum").GetValue<decimal>());
    }

    [Fact]
    public void A_name_alone_has_the_delegates_own_types()
    {
        var functions = new ScriptFunctions
        {
            { "Count", (List<string> words, int? least, Dictionary<string, int[]>? map) => words.Count(word => word.Length >= (least ?? 0)) + (map?.Count ?? 0) },
            { "Now", () => new DateTime(2026, 11, 30, 0, 0, 0, DateTimeKind.Utc) },
        };
        Assert.Equal(
            [
                "int Count(global::System.Collections.Generic.List<string> @words, int? @least, global::System.Collections.Generic.Dictionary<string, int[]> @map)",
                "global::System.DateTime Now()",
            ],
            functions);
        using IsolatedScriptHost scripts = With(functions);
        Assert.Equal(2, scripts.Evaluate<int>("Count([\"a\", \"bcd\"], 2, new() { [\"x\"] = [1] })"));
        Assert.Equal(2026, scripts.Evaluate<int>("Now().Year"));
    }

    [Fact]
    public async Task Tasks_are_awaited_and_a_token_says_that_the_script_gave_up()
    {
        var given = new TaskCompletionSource();
        using IsolatedScriptHost scripts = With(new()
        {
            { "Task<int> StockAsync(string sku)", async (string sku) =>
                {
                    await Task.Delay(10);
                    return sku.Length;
                } },
            { "Wait", async (int milliseconds, CancellationToken gone) =>
                {
                    using CancellationTokenRegistration registration = gone.Register(given.SetResult);
                    await Task.Delay(milliseconds, gone);
                } },
            { "ValueTask", (int n) => new ValueTask<int>(n * 2) },
        });
        Assert.Equal(7, await scripts.EvaluateAsync<int>("await StockAsync(\"lamp\") + await StockAsync(\"pen\")"));
        Assert.Equal(42, await scripts.EvaluateAsync<int>("await ValueTask(21)"));
        Assert.Equal("given up", scripts.Evaluate<string>(
            """
            await new Func<Task<string>>(async () =>
            {
                using var stop = new CancellationTokenSource(50);
                try { await Wait(100000, stop.Token); return "waited"; }
                catch (OperationCanceledException) { return "given up"; }
            })()
            """));
        await given.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Types_of_a_prelude_are_made_by_the_names_of_their_members()
    {
        using IsolatedScriptHost scripts = With(
            new()
            {
                { "Item Find(string sku)", (string sku) => new Item(sku, Prices[sku]) },
                { "decimal Total(Item[] items)", (Item[] items) => items.Sum(item => item.Price) },
            },
            new ScriptSource("shop.cs", "public record Item(string Sku, decimal Price);"));
        Assert.Equal(50.45m, scripts.Evaluate<decimal>("Total([Find(\"lamp\"), Find(\"pen\")])"));
        Assert.Equal(new Item("pen", 1m), scripts.Evaluate<Item>("Find(\"pen\") with { Price = 1 }"));
    }

    [Fact]
    public void An_exception_is_told_here_and_not_there()
    {
        var logger = new ListLogger();
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = logger });
        using var scripts = new IsolatedScriptHost(new IsolatedScriptHostOptions
        {
            Host = host,
            Functions = new() { { "int Fail()", new Func<int>(() => throw new InvalidOperationException("the secret")) } },
        });
        string seen = scripts.Evaluate<string>(
            "new Func<string>(() => { try { return Fail().ToString(); } catch (Exception e) { return e.GetType() + \": \" + e.Message; } })()");
        Assert.Equal("DotNetIsolator.HostCallException: Call to host failed: The call failed. See host console logs for details.", seen);
        var e = Assert.Throws<IsolatedException>(() => scripts.Evaluate<int>("Fail()"));
        Assert.Equal("the secret", Assert.IsType<InvalidOperationException>(e.InnerException).Message);
        Assert.Equal("the secret", Assert.IsType<InvalidOperationException>(Assert.Throws<IsolatedException>(() => scripts.Run("Fail();").ThrowIfFailed()).InnerException).Message);
    }

    [Fact]
    public void What_cannot_be_declared_is_refused()
    {
        Assert.Contains("no declaration of a method", Assert.Throws<ArgumentException>(() => With(new() { { "Price(", (int x) => x } })).Message, StringComparison.Ordinal);
        Assert.Contains("declared twice", Assert.Throws<ArgumentException>(() => With(new() { { "int A()", () => 1 }, { "int A(int x)", (int x) => x } })).Message, StringComparison.Ordinal);
        Assert.Throws<ScriptCompilationException>(() => With(new() { { "Missing A()", () => 1 } }));
        Assert.Throws<ArgumentException>(() => With(new() { { "int A()", (IsolatedRuntime runtime) => 1 } }));
        Assert.Throws<ArgumentException>(() => new ScriptFunctions().Add(" ", () => 1));
        Assert.Throws<ArgumentNullException>(() => new ScriptFunctions().Add("A", null!));
    }

    [Fact]
    public void Arguments_of_a_wrong_kind_are_the_calls_failure()
    {
        // The declaration promises what the delegate does not take: a host's own mistake, which ends no process.
        using IsolatedScriptHost scripts = With(new() { { "int Length(string text)", (int text) => text } });
        Assert.Equal(IsolatedErrorKind.GuestException, Assert.Throws<IsolatedException>(() => scripts.Evaluate<int>("Length(\"x\")")).Kind);
    }

    [Fact]
    public void A_function_may_run_a_script_of_its_own_and_no_session_runs_within_itself()
    {
        ScriptSession? session = null;
        using IsolatedScriptHost scripts = With(new()
        {
            { "int Nested(int n)", (int n) => SharedScripts.Instance.Evaluate<int>("n * 2", new { n }) },
            { "string Again()", () => Assert.Throws<InvalidOperationException>(() => session!.Execute("1")).GetType().Name },
        });
        using (session = scripts.CreateSession())
        {
            Assert.Equal(42, session.Execute("Nested(21)").GetValue<int>());
            Assert.Equal("InvalidOperationException", session.Execute("Again()").GetValue<string>());
        }
    }

    private sealed record Item(string Sku, decimal Price);
}
