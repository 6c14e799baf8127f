namespace Isolator.Scripting;

/// <summary>What scripts use most, compiled once before others are: the interpreter has the compiler's methods ready then, and the symbols are read.</summary>
internal static class WarmUp
{
    private const string Program =
        """
        using System.Globalization;
        using System.Text;
        using System.Text.Json;
        using System.Text.RegularExpressions;

        var shop = new Shop("corner", [new(1, "lamp", 40.5m), new(2, "chair", 12m), new(3, "table", 99m)]);
        int limit = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50;
        foreach (var (name, items) in shop.Cheap(limit).GroupBy(item => item.Name[0]).Select(group => (group.Key, group.ToList())))
        {
            Console.WriteLine($"{name}: {string.Join(", ", items)} {items.Sum(item => item.Price):F2}");
        }
        try
        {
            Console.WriteLine(await Later(3));
            Dictionary<string, int> counts = Regex.Matches("a b a", @"\w").GroupBy(match => match.Value).ToDictionary(group => group.Key, group => group.Count());
            Console.WriteLine(JsonSerializer.Serialize(counts));
        }
        catch (InvalidOperationException problem) when (problem.Message.Length > 0)
        {
            Console.Error.WriteLine(problem.Message);
            return 1;
        }
        finally
        {
            Console.Out.Flush();
        }
        Fill(limit);
        var text = new StringBuilder();
        for (int i = 0; i < 3; i++) text.Append(i switch { 0 => "none", > 1 and < 9 => "some", _ => "one" });
        Func<int, int> twice = x => x * 2;
        int Local(int n) => n < 2 ? n : Local(n - 1) + Local(n - 2);
        Console.WriteLine($"{text} {twice(Local(10))} {Shop.First<Item>(shop.Items)?.Name ?? "-"}");
        return 0;

        static void Fill(int value)
        {
            Span<int> few = stackalloc int[4];
            few.Fill(value);
            few[0]++;
        }

        static async Task<string> Later(int times)
        {
            while (times-- > 0) await Task.Yield();
            using var reader = new StringReader("line");
            return await reader.ReadLineAsync() is { Length: > 0 } line ? line : throw new InvalidOperationException("nothing");
        }

        record Item(int Id, string Name, decimal Price);

        interface IShop { IEnumerable<Item> Cheap(decimal limit); }

        sealed class Shop(string name, List<Item> items) : IShop
        {
            public string Name { get; } = name;
            public List<Item> Items => items;
            public IEnumerable<Item> Cheap(decimal limit)
            {
                foreach (Item item in from one in items where one.Price < limit orderby one.Price descending select one)
                {
                    yield return item with { Name = item.Name.ToUpperInvariant() };
                }
            }
            public static T? First<T>(IReadOnlyList<T> all) where T : class => all is [var first, ..] ? first : null;
        }

        struct Point { public double X, Y; public readonly double Length => Math.Sqrt(X * X + Y * Y); public static Point operator +(Point a, Point b) => new() { X = a.X + b.X, Y = a.Y + b.Y }; }

        enum Color { Red, Green }
        """;

    private const string Wrong =
        """
        using System.Nowhere;
        class Wrong
        {
            int Value => "text";
            string? Name;
            void Method(string text) { undefined(); int unused; Method(1); Name.ToString(); foreach (var x in 5) { } }
            int Missing() { }
            void Broken( { var x = ; }
        """;

    private const string Expressions = "expressions.txt";

    internal static void Run()
    {
        var options = new ScriptOptions();
        // Twice: what was read the first time is used the second.
        for (int i = 0; i < 2; i++)
        {
            Expect(Compiler.Compile([new SourceFile { Name = "warm.cs", Text = Program }], options), succeeds: true);
            Expect(Compiler.Check([new SourceFile { Name = "wrong.cs", Text = Wrong }], options), succeeds: false);
            ScriptGlobal[] globals = [new ScriptGlobal { Name = "x", Type = "int" }, new ScriptGlobal { Name = "names", Type = "System.Collections.Generic.List<string>" }];
            Expect(Compiler.CompileExpression("names.Where(name => name.Length > x).Select((name, i) => $\"{i} {name}\").ToArray()", globals, options), succeeds: true);
            Expect(Compiler.CompileExpression("Console.WriteLine(x)", globals, options), succeeds: true);
            Expect(Compiler.CompileExpression("x + y", globals, options), succeeds: false);
        }
    }

    /// <summary>The scripts that the compiler was trained with, too: what is compiled ahead is looked up and linked when it is first called, method by method.</summary>
    internal static void RunAll()
    {
        var options = new ScriptOptions();
        ScriptGlobal[] globals =
        [
            new() { Name = "names", Type = "string[]" },
            new() { Name = "count", Type = "int" },
            new() { Name = "price", Type = "decimal" },
        ];
        foreach (string name in typeof(WarmUp).Assembly.GetManifestResourceNames())
        {
            using var reader = new StreamReader(typeof(WarmUp).Assembly.GetManifestResourceStream(name)!);
            string text = reader.ReadToEnd();
            if (name == Expressions)
            {
                string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                foreach (string line in lines)
                {
                    Compiler.CompileExpression(line, globals, options);
                }
                SessionWarmUp.RunAll(lines, options);
                continue;
            }
            SourceFile[] source = [new() { Name = name, Text = text }];
            Outcome outcome = Compiler.Compile(source, options);
            if (outcome.Assembly is null)
            {
                Compiler.Check(source, options);
            }
        }
    }

    private static void Expect(Outcome outcome, bool succeeds)
    {
        ScriptDiagnostic? error = Array.Find(outcome.Diagnostics, diagnostic => diagnostic.Severity == "error");
        if (outcome.Failure != null || error is null != succeeds)
        {
            throw new InvalidOperationException(
                $"the compiler does not work here: {outcome.Problem} {error?.Id} {error?.File}({error?.StartLine + 1}): {error?.Message}");
        }
    }
}
