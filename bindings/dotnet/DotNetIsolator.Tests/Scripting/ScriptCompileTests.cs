using Xunit;

namespace DotNetIsolator.Tests.Scripting;

/// <summary>What the compiler says, with places; and what it makes.</summary>
public sealed class ScriptCompileTests
{
    private static IsolatedScriptHost Scripts => SharedScripts.Instance;

    [Fact]
    public void What_is_wrong_is_told_with_its_place()
    {
        ScriptDiagnostics told = Scripts.Check("int x = 1;\nint y = x + wrong;\nlong z = \"text\";\n");
        ScriptDiagnostic[] expected =
        [
            new("CS0103", ScriptSeverity.Error, "The name 'wrong' does not exist in the current context", "script.cs", Range(1, 12, 1, 17)),
            new("CS0029", ScriptSeverity.Error, "Cannot implicitly convert type 'string' to 'long'", "script.cs", Range(2, 9, 2, 15)),
        ];
        Assert.Equal(expected, told.Where(diagnostic => diagnostic.Severity == ScriptSeverity.Error));
        Assert.True(told.HasErrors);
        Assert.Equal(0, told.More);
        Assert.Equal("script.cs(2,13): error CS0103: The name 'wrong' does not exist in the current context", told[0].ToString());
    }

    [Fact]
    public void A_line_directive_names_another_place_beside_the_own_one()
    {
        ScriptDiagnostic told = Assert.Single(Scripts.Check("#line 42 \"page.txt\"\nint x = wrong;"));
        Assert.Equal(("script.cs", Range(1, 8, 1, 13)), (told.File, told.Range));
        Assert.Equal(new ScriptMappedPlace("page.txt", Range(41, 8, 41, 13)), told.Mapped);
        Assert.Equal("page.txt(42,9): error CS0103: The name 'wrong' does not exist in the current context", told.ToString());
        Assert.Null(Scripts.Check("int x = wrong;")[0].Mapped);
    }

    [Fact]
    public void A_source_that_is_right_has_nothing_wrong()
    {
        ScriptDiagnostics told = Scripts.Check("Console.WriteLine(1);");
        Assert.Empty(told);
        Assert.False(told.HasErrors);
        Assert.Equal(string.Empty, told.ToString());
    }

    [Fact]
    public void Columns_are_those_of_utf_16()
    {
        ScriptDiagnostic told = Assert.Single(Scripts.Check("Console.WriteLine(\"😀\" + wrong);"));
        Assert.Equal(Range(0, 25, 0, 30), told.Range);
    }

    [Fact]
    public void Several_sources_belong_together()
    {
        ScriptSource[] sources =
        [
            new("main.cs", "Console.WriteLine(Helper.Twice(21));"),
            new("helper.cs", "static class Helper { public static int Twice(int n) => n * 2 }"),
        ];
        ScriptDiagnostic told = Assert.Single(Scripts.Check(sources));
        Assert.Equal(("CS1002", "helper.cs", new ScriptPosition(0, 62)), (told.Id, told.File, told.Range.Start));
        sources[1] = sources[1] with { Text = sources[1].Text.Replace("n * 2", "n * 2;", StringComparison.Ordinal) };
        Assert.Equal("42\n", Scripts.Run(sources).StandardOutput);
    }

    [Fact]
    public void What_does_not_compile_is_an_exception_with_all_of_it()
    {
        var e = Assert.Throws<ScriptCompilationException>(() => Scripts.Compile(new ScriptSource("a.cs", "int x = wrong;")));
        Assert.Equal("a.cs(1,9): error CS0103: The name 'wrong' does not exist in the current context", e.Message);
        Assert.Equal(["CS0103"], e.Diagnostics.Select(diagnostic => diagnostic.Id));
        Assert.Equal((IsolatedErrorKind.Compilation, false), (e.Kind, e.IsFatal));
        Assert.Equal(e.Diagnostics.ToString(), Assert.Throws<ScriptCompilationException>(() => Scripts.Run(new ScriptSource("a.cs", "int x = wrong;"))).Message);
    }

    [Fact]
    public void Of_many_diagnostics_the_first_errors_are_told()
    {
        using var few = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, MaxDiagnostics = 2 });
        ScriptDiagnostics told = few.Check("a(); b(); c(); d();");
        Assert.Equal((2, 2L), (told.Count, told.More));
        Assert.EndsWith("\n… and 2 more", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_compiled_script_is_an_assembly()
    {
        CompiledScript library = Scripts.Compile("public static class Shop { public static decimal Price(int count) => count * 2.5m; }");
        Assert.False(library.IsProgram);
        AssemblyImage image = library.GetAssembly();
        Assert.NotNull(image.Symbols);
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedAssembly loaded = runtime.LoadAssembly(image);
        Assert.Equal(7.5m, loaded.GetMethod("Shop", "Price").Invoke<int, decimal>(null, 3));
        Assert.Throws<ArgumentException>(() => Scripts.Run(library));

        CompiledScript program = Scripts.Compile("return args.Length;");
        Assert.True(program.IsProgram);
        Assert.Equal(2, Scripts.Run(program, ["a", "b"]).ExitCode);
        Assert.Equal(0, Scripts.Run(program).ExitCode);
    }

    [Fact]
    public void Warnings_come_with_what_was_compiled()
    {
        CompiledScript script = Scripts.Compile("string? text = null; Console.WriteLine(text.Length);");
        Assert.Equal(["CS8602"], script.Diagnostics.Select(diagnostic => diagnostic.Id));
        Assert.Equal(script.Diagnostics, Scripts.Run("string? text = null; Console.WriteLine(text.Length);").Diagnostics);
    }

    [Fact]
    public void Options_are_those_of_a_project()
    {
        using var other = new IsolatedScriptHost(new IsolatedScriptHostOptions
        {
            Host = SharedHost.Instance,
            AllowUnsafe = true,
            Nullable = false,
            LanguageVersion = "10",
            ImplicitUsings = false,
            Symbols = false,
            Optimize = false,
            Usings = { "System.Text" },
        });
        const string Source = "class P { static unsafe int Main() { int x = 3; int* p = &x; string s = null; return *p + new StringBuilder(\"ab\").Length; } }";
        Assert.Equal(5, other.Run(Source).ExitCode);
        Assert.Null(other.Compile(Source).GetAssembly().Symbols);
        Assert.Equal(["CS0227"], Errors(Scripts.Check(Source.Replace("new StringBuilder(\"ab\").Length", "2", StringComparison.Ordinal))));
        Assert.Equal(["CS8936"], Errors(other.Check("class P { static void Main() { string s = \"\"\"x\"\"\"; } }")));
        Assert.Contains(other.Check("class P { static void Main() { Console.WriteLine(); } }"), diagnostic => diagnostic.Id == "CS0103");
    }

    [Fact]
    public void An_option_that_means_nothing_is_an_argument()
    {
        using var other = new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, LanguageVersion = "old" });
        Assert.Contains("`old` is no version of C#", Assert.Throws<ArgumentException>(() => other.Check("int x;")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, MaxDiagnostics = 0 }));
        Assert.Throws<ArgumentException>(
            () => new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, Libraries = { new AssemblyImage([1, 2, 3]) } }));
        Assert.Throws<FileNotFoundException>(() => new IsolatedScriptHostOptions().WithLibrary(Path.Combine(Path.GetTempPath(), "isolator-no-such-library.dll")));
    }

    [Fact]
    public void Arguments_are_looked_at()
    {
        Assert.Throws<ArgumentNullException>(() => Scripts.Check((ScriptSource)null!));
        Assert.Throws<ArgumentNullException>(() => Scripts.Check((IReadOnlyList<ScriptSource>)null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => Scripts.Compile([]));
        Assert.Throws<ArgumentNullException>(() => Scripts.Run(new ScriptSource("a.cs", null!)));
        Assert.Throws<ArgumentNullException>(() => Scripts.Run("return 0;", [null!]));
        Assert.Throws<ArgumentNullException>(() => Scripts.Evaluate<int>(null!));
        Assert.Throws<ArgumentNullException>(() => new IsolatedScriptHost(null!));
    }

    [Fact]
    public async Task Half_of_a_character_is_refused_and_no_other_one()
    {
        const string Half = "var s = \"\ud800\";";
        Refused(() => Scripts.Check(Half), "sources", "The source 'script.cs'", 9, "\\ud800");
        Refused(() => Scripts.Compile([new ScriptSource("a.cs", "class A;"), new ScriptSource("b.cs", "// \ude00\ud83d\n")]), "sources", "The source 'b.cs'", 3, "\\ude00");
        Refused(() => Scripts.Run(new ScriptSource("\udfff.cs", "return 0;")), "sources", "The name of a source", 0, "\\udfff");
        Refused(() => Scripts.Run("return 0;", ["whole \ud83d\ude00", "half \ud83d\ud83d\ude00"]), "args", "The argument 1", 5, "\\ud83d");
        Refused(() => Scripts.Evaluate<int>("\"\ud83d\".Length"), "expression", "The expression", 1, "\\ud83d");
        Refused(
            () => Scripts.Run("return 0;", options: new IsolatedRuntimeOptions { Environment = { ["A"] = "\udc00" } }), "value", "The text", 0, "\\udc00");
        var e = await Assert.ThrowsAsync<ArgumentException>(() => Scripts.CheckAsync(Half));
        Assert.Equal("sources", e.ParamName);
        using ScriptSession session = Scripts.CreateSession();
        Refused(() => session.Execute(Half), "source", "The submission", 9, "\\ud800");
        Refused(() => session.Check(Half), "source", "The submission", 9, "\\ud800");
        Refused(() => session.IsComplete(Half), "source", "The submission", 9, "\\ud800");
        Refused(() => session.Complete(Half, 3), "source", "The submission", 9, "\\ud800");

        // Whole ones, and what C# makes of its escapes, are what they are.
        Assert.Equal(55296, Scripts.Evaluate<int>("(int)\"\\ud800\"[0]"));
        Assert.Equal("2 d83d", Scripts.Evaluate<string>("$\"{\"\ud83d\ude00\".Length} {(int)\"\ud83d\ude00\"[0]:x}\""));

        static void Refused(Func<object?> call, string parameter, string what, int index, string half)
        {
            var refusal = Assert.Throws<ArgumentException>(call);
            Assert.Equal(parameter, refusal.ParamName);
            Assert.StartsWith($"{what} cannot be passed on: at index {index} stands {half}, half of a surrogate pair", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_NUL_is_a_character()
    {
        Assert.Equal("3", Scripts.Run("Console.Write(\"a\0b\".Length);").StandardOutput);
        Assert.Equal(0, Scripts.Evaluate<int>("(int)\"\0\"[0]"));
        Assert.Contains(Scripts.Check("int \0 = 1;"), told => told.Id == "CS1056");
        using ScriptSession session = Scripts.CreateSession();
        Assert.Equal("a\0b", session.Execute("\"a\0b\"").GetValue<string>());
    }

    [Fact]
    public void A_directive_that_cannot_be_followed_is_a_diagnostic()
    {
        ScriptDiagnostic told = Assert.Single(Scripts.Check("#:sdk Microsoft.NET.Sdk.Web\nConsole.WriteLine();"));
        Assert.Equal(("ISO0002", Range(0, 0, 0, 2)), (told.Id, told.Range));
        Assert.Equal("`#:sdk Microsoft.NET.Sdk.Web`: a script has Microsoft.NET.Sdk, and no other one", told.Message);
        Assert.Equal([told], Assert.Throws<ScriptCompilationException>(() => Scripts.Compile("#:sdk Microsoft.NET.Sdk.Web\nConsole.WriteLine();")).Diagnostics);
    }

    [Fact]
    public void A_source_that_nests_too_deep_is_told_so()
    {
        string deep = $"int x = {new string('(', 100_000)}1{new string(')', 100_000)};";
        var e = Assert.ThrowsAny<IsolatedException>(() => Scripts.Compile(deep));
        // Which of the two comes first depends on the machine.
        Assert.Contains(e.Kind, new[] { IsolatedErrorKind.Compilation, IsolatedErrorKind.Limit });
    }

    [Fact]
    public void Without_a_compiler_the_error_says_what_to_do()
    {
        string nowhere = Path.Combine(Path.GetTempPath(), "isolator-no-compiler-here");
        var e = Assert.Throws<IsolatedException>(
            () => new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance, CompilerDirectory = nowhere }));
        Assert.Equal(IsolatedErrorKind.Host, e.Kind);
        Assert.Equal(
            $"no C# compiler was found. Looked in:\n  `{nowhere}`, which has no `Isolator.Scripting.dll`\nAdd the package Isolator.DotNet.Scripting, or name its folder with "
                + "the environment variable ISOLATOR_SCRIPTING or IsolatedScriptHostOptions.CompilerDirectory",
            e.Message);
    }

    [Fact]
    public async Task Many_threads_compile_at_once()
    {
        string[] outputs = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
            (await Scripts.RunAsync($"Console.Write({number} * 2);")).StandardOutput));
        Assert.Equal(Enumerable.Range(0, 8).Select(number => $"{number * 2}"), outputs);
    }

    private static ScriptRange Range(int line, int character, int endLine, int endCharacter) =>
        new(new ScriptPosition(line, character), new ScriptPosition(endLine, endCharacter));

    private static IEnumerable<string> Errors(ScriptDiagnostics told) =>
        told.Where(diagnostic => diagnostic.Severity == ScriptSeverity.Error).Select(diagnostic => diagnostic.Id);
}
