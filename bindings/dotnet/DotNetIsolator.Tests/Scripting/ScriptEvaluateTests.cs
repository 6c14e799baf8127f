using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>Expressions: values of all kinds, and what they find under names.</summary>
public sealed class ScriptEvaluateTests
{
    private static IsolatedScriptHost Scripts => SharedScripts.Instance;

    [Fact]
    public void Values_of_all_kinds_come_back()
    {
        Same(42, "6 * 7");
        Same(42L, "6 * 7");
        Same(long.MinValue, "long.MinValue");
        Same(ulong.MaxValue, "ulong.MaxValue");
        Same((byte)200, "(byte)200");
        Same(true, "1 < 2");
        Same('x', "'x'");
        Same(0.1 + 0.2, "0.1 + 0.2");
        Same(1.5f, "1.5f");
        Same(double.NegativeInfinity, "double.NegativeInfinity");
        Same(79228162514264337593543950335m, "decimal.MaxValue");
        Same("über 😀", "\"über 😀\"");
        Same(new DateTime(2026, 11, 30, 1, 2, 3, DateTimeKind.Utc), "new DateTime(2026, 11, 30, 1, 2, 3, DateTimeKind.Utc)");
        Same(new DateOnly(2026, 11, 30), "new DateOnly(2026, 11, 30)");
        Same(TimeSpan.FromTicks(123456789), "TimeSpan.FromTicks(123456789)");
        Same(Guid.Parse("00010203-0405-0607-0809-0a0b0c0d0e0f"), "Guid.Parse(\"00010203-0405-0607-0809-0a0b0c0d0e0f\")");
        Same(DayOfWeek.Friday, "DayOfWeek.Friday");
        Same((int?)5, "(int?)5");
        Same((int?)null, "(int?)null");
        Same((string?)null, "null");
    }

    [Fact]
    public void Collections_and_objects_come_back_as_what_is_asked_for()
    {
        Assert.Equal([1, 4, 9], Scripts.Evaluate<int[]>("Enumerable.Range(1, 3).Select(n => n * n)"));
        Assert.Equal([1.5, 2.5], Scripts.Evaluate<List<double>>("new[] { 1.5, 2.5 }"));
        Assert.Equal([1, 2, 255], Scripts.Evaluate<byte[]>("new byte[] { 1, 2, 255 }"));
        Assert.Equal(new Dictionary<string, int> { ["a"] = 1, ["bc"] = 2 }, Scripts.Evaluate<Dictionary<string, int>>("new[] { \"a\", \"bc\" }.ToDictionary(s => s, s => s.Length)"));
        Assert.Equal((1, "x"), Scripts.Evaluate<(int, string)>("(1, \"x\")"));
        Assert.Equal(new Person("Ada", 36), Scripts.Evaluate<Person>("new { Name = \"Ada\", Age = 36 }"));
        Assert.Equal(
            [new Person("Ada", 36), new Person("Alan", 41)],
            Scripts.Evaluate<Person[]>("new[] { new { Name = \"Ada\", Age = 36 }, new { Name = \"Alan\", Age = 41 } }"));
    }

    [Fact]
    public void An_object_is_what_the_value_is()
    {
        Assert.Equal(2, Scripts.Evaluate<object>("1 + 1"));
        Assert.Equal("text", Scripts.Evaluate<object>("\"text\""));
        Assert.Equal(2.5, Scripts.Evaluate<object>("2.5"));
        Assert.Null(Scripts.Evaluate<object>("null"));
    }

    [Fact]
    public void Globals_are_an_objects_properties()
    {
        var globals = new
        {
            numbers = new[] { 1, 2, 3 },
            limit = 2L,
            price = 9.95m,
            name = "lamp",
            when = new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc),
            stock = new Dictionary<string, List<int?>> { ["lamp"] = [4, null] },
            none = (string?)null,
            any = (object)5,
        };
        Assert.Equal(2, Scripts.Evaluate<int>("numbers.Count(n => n >= limit)", globals));
        Assert.Equal(29.85m, Scripts.Evaluate<decimal>("price * numbers[2]", globals));
        Assert.Equal("lamp 2026-01-02", Scripts.Evaluate<string>("$\"{name} {when:yyyy-MM-dd}\"", globals));
        Assert.Equal("4/null", Scripts.Evaluate<string>("string.Join('/', stock[name].Select(n => n?.ToString() ?? \"null\"))", globals));
        Assert.True(Scripts.Evaluate<bool>("none is null", globals));
        Assert.Equal(6, Scripts.Evaluate<int>("any + 1", globals));
    }

    [Fact]
    public void Globals_are_a_dictionarys_entries()
    {
        var globals = new Dictionary<string, object?> { ["x"] = 20, ["class"] = 2.1, ["nothing"] = null };
        Assert.Equal(42.0, Scripts.Evaluate<double>("x * @class", globals));
        Assert.True(Scripts.Evaluate<bool>("nothing == null", globals));
        Assert.Equal(3, Scripts.Evaluate<int>("a + b", new { a = 1, b = 2 }));
        Assert.Equal("ab", Scripts.Evaluate<string>("a + b", new { a = "a", b = "b" }));
    }

    [Fact]
    public void Globals_that_no_script_can_name_are_refused()
    {
        Assert.Contains("which is not public", Assert.Throws<ArgumentException>(() => Scripts.Evaluate<int>("1", new { person = new { Name = "Ada" } })).Message, StringComparison.Ordinal);
        Assert.Contains("which is not public", Assert.Throws<ArgumentException>(() => Scripts.Evaluate<int>("1", new { list = new List<Hidden>() })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Scripts.Evaluate<int>("1", new[] { 1 }));
        Assert.Throws<ArgumentException>(() => Scripts.Evaluate<int>("1", 5));
        Assert.Contains("no name in C#", Assert.Throws<ArgumentException>(() => Scripts.Evaluate<int>("1", new Dictionary<string, object?> { ["a b"] = 1 })).Message, StringComparison.Ordinal);

        // One of this application, which is no library of the host's.
        var e = Assert.Throws<ScriptCompilationException>(() => Scripts.Evaluate<string>("person.Name", new { person = new Person("Ada", 36) }));
        Assert.Equal("globals", e.Diagnostics[0].File);
        using var with = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance }.WithLibrary(typeof(Person).Assembly));
        Assert.Equal("Ada", with.Evaluate<string>("person.Name", new { person = new Person("Ada", 36) }));
        Assert.Equal(new Person("Alan", 41), with.Evaluate<Person>("person with { Name = \"Alan\", Age = 41 }", new { person = new Person("Ada", 36) }));
    }

    [Fact]
    public void What_is_wrong_with_an_expression_has_its_place()
    {
        var e = Assert.Throws<ScriptCompilationException>(() => Scripts.Evaluate<int>("numbers.Wrong()", new { numbers = new[] { 1 } }));
        ScriptDiagnostic told = Assert.Single(e.Diagnostics);
        Assert.Equal(("CS1061", "expression", new ScriptPosition(0, 8)), (told.Id, told.File, told.Range.Start));
        told = Assert.Throws<ScriptCompilationException>(() => Scripts.Evaluate<int>("1; int x = 2")).Diagnostics[0];
        Assert.Equal((ScriptSeverity.Error, "expression"), (told.Severity, told.File));
    }

    [Fact]
    public void Exceptions_and_limits_are_exceptions()
    {
        var thrown = Assert.Throws<IsolatedException>(() => Scripts.Evaluate<int>("\nint.Parse(\"x\")"));
        Assert.Equal((IsolatedErrorKind.GuestException, "System.FormatException"), (thrown.Kind, thrown.GuestException!.TypeName));
        Assert.Contains(" in expression:line 2", thrown.GuestException.StackTrace, StringComparison.Ordinal);
        var limited = Assert.Throws<IsolatedException>(
            () => Scripts.Evaluate<int>("new Func<int>(() => { while (true) { } })()", options: new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout), (limited.Kind, limited.Limit));
        Assert.Equal(IsolatedErrorKind.Value, Assert.Throws<IsolatedException>(() => Scripts.Evaluate<int>("\"text\"")).Kind);
        Assert.Throws<ArgumentException>(() => Scripts.Evaluate<IsolatedObject>("new object()"));
    }

    [Fact]
    public void An_expression_without_a_value_gives_none()
    {
        var lines = new List<string>();
        Assert.Null(Scripts.Evaluate<string>("Console.WriteLine(\"written\")", options: new IsolatedRuntimeOptions().OnOutputLine(lines.Add)));
        Assert.Equal(["written"], lines);
    }

    [Fact]
    public async Task An_expression_that_awaits_is_awaited_and_a_token_ends_it()
    {
        Assert.Equal(7, await Scripts.EvaluateAsync<int>("await Task.Delay(10).ContinueWith(_ => 7)"));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Scripts.EvaluateAsync<int>("await Task.Delay(100_000).ContinueWith(_ => 7)", cancellation: stop.Token));
    }

    private static void Same<T>(T expected, string expression) => Assert.Equal(expected, Scripts.Evaluate<T>(expression));

    private sealed class Hidden;
}

/// <summary>A class of the application.</summary>
public sealed record Person(string Name, int Age);
