namespace Isolator.Scripting;

/// <summary>What sessions and editors ask for, asked once before others do, as <see cref="WarmUp"/> does it for scripts.</summary>
internal static class SessionWarmUp
{
    private static readonly string[] s_submissions =
    [
        "using System.Text;",
        "int count = 3; var names = new List<string> { \"a\", \"b\" };",
        "record Item(int Id, string Name); string Label(Item item) => $\"{item.Id}: {item.Name}\";",
        "names.Select((name, i) => Label(new Item(i + count, name))).ToArray()",
        "await Task.Delay(1); foreach (string name in names) { Console.WriteLine(name); }",
        "count",
    ];

    internal static void Run()
    {
        var options = new ScriptOptions();
        for (int i = 0; i < 2; i++)
        {
            Chain.Restore([], options);
            bool ran = false;
            foreach (string text in s_submissions)
            {
                Outcome outcome = Compiler.CompileSubmission(text, options, ran);
                ran = outcome.Assembly != null || outcome.IsEmpty;
                Expect(ran, outcome.Problem ?? text);
            }
            Expect(Compiler.CheckSubmission("count + wrong", options, ran).Diagnostics.Length == 1, "check");
            Expect(Compiler.CompleteSubmission("names.Cou", 9, options, ran: false).Items.Length > 0, "complete");
            Expect(Compiler.CompleteSubmission("cou", 3, options, ran: false).Items.Length > 0, "complete");
            Expect(!Compiler.IsCompleteSubmission("if (count > 0) {", options), "is complete");
            SourceFile file = new() { Name = "warm.cs", Text = "class A { static void F(string text) { text. } }" };
            Expect(Compiler.Complete([file], 0, 45, options).Items.Length > 0, "complete");
        }
        // A session begins with nothing.
        Chain.Restore([], options);
    }

    /// <summary>These expressions, one after the other.</summary>
    internal static void RunAll(string[] expressions, ScriptOptions options)
    {
        Chain.Restore([], options);
        bool ran = false;
        foreach (string text in (string[])["string[] names = [\"a\", \"bc\"]; int count = 3; decimal price = 9.95m;", .. expressions])
        {
            Compiler.IsCompleteSubmission(text, options);
            Compiler.CheckSubmission(text, options, ran);
            ran = Compiler.CompileSubmission(text, options, ran: false).Assembly != null;
        }
        Chain.Restore([], options);
    }

    private static void Expect(bool isRight, string what)
    {
        if (!isRight)
        {
            throw new InvalidOperationException($"the compiler does not work here: {what}");
        }
    }
}
