namespace DotNetIsolator.Tests.RealCopies;

/// <summary>What the compiler makes: anonymous types, collection expressions, iterators.</summary>
internal static class MadeShapes
{
    private const string Compiler = "a type of the compiler's own, which no host declares, comes back as an array";

    public static void AddTo(Shapes all)
    {
        all.Add("anonymous type", () => new { A = 1, B = "b", C = new[] { 1, 2 } });
        all.Add("anonymous type within another", () => new { Inner = new { X = 1.5 }, Other = (object)new { Y = 'y' } });
        all.Add("anonymous type as object", () => (object)new { A = 1, B = "b" });
        all.Add("anonymous types in an array", () => new[] { new { N = 1 }, new { N = 2 } });
        all.Add("anonymous types in a list", () => new[] { new { N = 1, P = new ClassShapes.Person("a", 1) } }.ToList());
        all.Add("anonymous types in a dictionary", () => new[] { 1, 2 }.ToDictionary(n => n, n => new { N = n }));
        all.AddInwards("collection expression as IEnumerable", Compiler, () => Sequence(1, 2, 3));
        all.AddInwards("collection expression as IReadOnlyList", Compiler, () => ReadOnly("a", "b"));
        all.AddInwards("collection expression of one as IReadOnlyList", Compiler, () => ReadOnly("a"));
        all.Add("collection expression as IList", () => Modifiable(1, 2));
        all.Add("list's sublist made by a range", () => new List<int> { 1, 2, 3 }[1..]);
    }

    private static IEnumerable<int> Sequence(params int[] items) => [.. items];

    private static IReadOnlyList<string> ReadOnly(params string[] items) => items.Length == 1 ? [items[0]] : [.. items];

    private static IList<int> Modifiable(params int[] items) => [.. items];
}
