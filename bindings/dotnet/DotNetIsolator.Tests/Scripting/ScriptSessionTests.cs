using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>Sessions: what goes from one submission to the next, and what ends them.</summary>
public sealed class ScriptSessionTests
{
    private static IsolatedScriptHost Scripts => SharedScripts.Instance;

    [Fact]
    public void State_goes_from_one_submission_to_the_next()
    {
        using ScriptSession session = Scripts.CreateSession();
        ScriptSubmission first = session.Execute("var numbers = new List<int> { 1, 2, 3 };");
        Assert.False(first.HasValue);
        Assert.Throws<InvalidOperationException>(() => first.GetValue<int>());
        session.Execute("using System.Text; numbers.Add(4); int Twice(int n) => n * 2; record Point(int X, int Y);");
        ScriptSubmission sum = session.Execute("Console.WriteLine(\"asked\"); numbers.Sum(Twice)");
        Assert.Equal((20, "20", "asked\n"), (sum.GetValue<int>(), sum.ValueText, sum.StandardOutput));
        Assert.Equal([1, 2, 3, 4], session.Execute("numbers").GetValue<int[]>());
        Assert.Equal(new Point(3, 5), session.Execute("new Point(3, 5)").GetValue<Point>());
        Assert.Equal("x", session.Execute("new StringBuilder(\"x\").ToString()").GetValue<string>());
        Assert.Equal(7, session.Execute("await Task.Delay(5); Twice(3) + 1").GetValue<int>());
    }

    [Fact]
    public void What_does_not_compile_changes_nothing()
    {
        using ScriptSession session = Scripts.CreateSession();
        session.Execute("int x = 1;");
        var e = Assert.Throws<ScriptCompilationException>(() => session.Execute("x = 2;\nint y = wrong;"));
        ScriptDiagnostic told = Assert.Single(e.Diagnostics, diagnostic => diagnostic.Severity == ScriptSeverity.Error);
        Assert.Equal(("CS0103", new ScriptPosition(1, 8)), (told.Id, told.Range.Start));
        Assert.Equal(1, session.Execute("x").GetValue<int>());
        Assert.Equal("CS0103", Assert.Single(session.Check("wrong")).Id);
        Assert.Empty(session.Check("x + 1"));
    }

    [Fact]
    public void An_exception_is_in_the_submission_and_the_session_goes_on()
    {
        using ScriptSession session = Scripts.CreateSession();
        session.Execute("int x = 1;");
        ScriptSubmission thrown = session.Execute("x = 5; throw new InvalidOperationException(\"no\");");
        Assert.Equal(("System.InvalidOperationException", "no"), (thrown.Error!.GuestException!.TypeName, thrown.Error.GuestException.Message));
        Assert.Same(thrown.Error, Assert.Throws<IsolatedException>(() => thrown.GetValue<int>()));
        Assert.True(session.IsAlive);
        Assert.Equal(5, session.Execute("x").GetValue<int>());
    }

    [Fact]
    public void A_limit_ends_the_session_until_it_begins_anew()
    {
        using ScriptSession session = Scripts.CreateSession(new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(500) });
        session.Execute("int x = 1;");
        ScriptSubmission endless = session.Execute("while (true) { }");
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout), (endless.Error!.Kind, endless.Error.Limit));
        Assert.False(session.IsAlive);
        var e = Assert.Throws<IsolatedException>(() => session.Execute("x"));
        Assert.Equal(IsolatedErrorKind.Dead, e.Kind);
        Assert.Contains("ScriptSession.Reset", e.Message, StringComparison.Ordinal);
        session.Reset();
        Assert.True(session.IsAlive);
        Assert.Throws<ScriptCompilationException>(() => session.Execute("x"));
        Assert.Equal(2, session.Execute("1 + 1").GetValue<int>());
    }

    [Fact]
    public void Submissions_are_counted()
    {
        using var few = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, MaxSubmissions = 2 });
        using ScriptSession session = few.CreateSession();
        session.Execute("int x = 1;");
        session.Execute("x++;");
        Assert.Contains("IsolatedScriptHostOptions.MaxSubmissions", Assert.Throws<ArgumentException>(() => session.Execute("x")).Message, StringComparison.Ordinal);
        session.Reset();
        Assert.Equal(3, session.Execute("3").GetValue<int>());
    }

    [Fact]
    public void An_editor_asks_what_is_complete_and_what_can_stand_there()
    {
        using ScriptSession session = Scripts.CreateSession();
        session.Execute("var größe = \"text\";");
        Assert.False(session.IsComplete("if (true) {"));
        Assert.True(session.IsComplete("if (true) { }"));
        const string Text = "var 😀 = größe.Trim";
        ScriptCompletion trim = Assert.Single(session.Complete("größe.TrimE", 11), completion => completion.Text == "TrimEnd");
        Assert.Equal(("method", new ScriptRange(new ScriptPosition(0, 6), new ScriptPosition(0, 11))), (trim.Kind, trim.Replaces));
        Assert.Contains(session.Complete("Stopw", 5), completion => completion.Text == "System.Diagnostics.Stopwatch");
        Assert.Contains(session.Complete("grö", 3), completion => completion.Text == "größe" && completion.Kind == "variable");
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Complete(Text, Text.Length + 1));
    }

    [Fact]
    public void Options_are_those_of_all_submissions()
    {
        var lines = new List<string>();
        var options = new IsolatedRuntimeOptions { Environment = { ["MODE"] = "test" } }.OnOutputLine(lines.Add);
        using (ScriptSession session = Scripts.CreateSession(options))
        {
            Assert.Empty(session.Execute("Console.WriteLine(Environment.GetEnvironmentVariable(\"MODE\"));").StandardOutput);
            session.Execute("Console.Write(\"the end\");");
            Assert.Equal(["test"], lines);
        }

        Assert.Equal(["test", "the end"], lines);
    }

    [Fact]
    public async Task A_token_stops_a_submission_and_with_it_the_session()
    {
        var runs = new TaskCompletionSource();
        using ScriptSession session = Scripts.CreateSession(new IsolatedRuntimeOptions().OnOutputLine(_ => runs.TrySetResult()));
        session.Execute("int x = 1;");
        using var stop = new CancellationTokenSource();
        Task<ScriptSubmission> endless = session.ExecuteAsync("Console.WriteLine(x); while (true) { }", stop.Token);
        await runs.Task;
        await stop.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal((stop.Token, TaskStatus.Canceled), (e.CancellationToken, endless.Status));
        Assert.False(session.IsAlive);
        session.Reset();
        Assert.Equal(2, (await session.ExecuteAsync("1 + 1")).GetValue<int>());

        // One that waits for its turn is given up at once.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.ExecuteAsync("1", stop.Token));
    }

    [Fact]
    public async Task Disposal_ends_what_runs()
    {
        ScriptSession session = Scripts.CreateSession();
        session.Execute("int x = 1;");
        Task<ScriptSubmission> endless = session.ExecuteAsync("while (true) { }");
        await Task.Delay(500);
        Assert.False(endless.IsCompleted);
        session.Dispose();
        session.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless);
        Assert.Throws<ObjectDisposedException>(() => session.Execute("x"));
        Assert.Throws<ObjectDisposedException>(() => session.IsAlive);
    }

    [Fact]
    public async Task One_waits_for_the_other()
    {
        using ScriptSession session = Scripts.CreateSession();
        session.Execute("int x = 0;");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => session.ExecuteAsync("x++;")));
        Assert.Equal(6, session.Execute("x").GetValue<int>());
    }

    [Fact]
    public void Arguments_are_looked_at()
    {
        using ScriptSession session = Scripts.CreateSession();
        Assert.Throws<ArgumentNullException>(() => session.Execute(null!));
        Assert.Throws<ArgumentNullException>(() => session.Check(null!));
        Assert.Throws<ArgumentNullException>(() => session.IsComplete(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Complete("x", -1));
    }

    private sealed record Point(int X, int Y);
}
