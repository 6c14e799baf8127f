namespace DotNetIsolator.Tests.RealCopies;

/// <summary>What the compiler makes: anonymous types, collection expressions, iterators.</summary>
internal static class MadeShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("anonymous type", () => new { A = 1, B = "b", C = new[] { 1, 2 } });
        all.Add("anonymous type within another", () => new { Inner = new { X = 1.5 }, Other = (object)new { Y = 'y' } });
        all.Add("anonymous type as object", () => (object)new { A = 1, B = "b" });
        all.Add("anonymous types in an array", () => new[] { new { N = 1 }, new { N = 2 } });
        all.Add("anonymous types in a list", () => new[] { new { N = 1, P = new ClassShapes.Person("a", 1) } }.ToList());
        all.Add("anonymous types in a dictionary", () => new[] { 1, 2 }.ToDictionary(n => n, n => new { N = n }));
        all.Add("collection expression as IEnumerable", () => Sequence(1, 2, 3));
        all.Add("collection expression as IReadOnlyList", () => ReadOnly("a", "b"));
        all.Add("collection expression of one as IReadOnlyList", () => ReadOnly("a"));
        all.Add("collection expression as IList", () => Modifiable(1, 2));
        all.Add("iterator that has not begun", () => Numbers(3));
        all.Add("iterator in the middle", () =>
        {
            IEnumerator<int> made = Numbers(5).GetEnumerator();
            made.MoveNext();
            made.MoveNext();
            return made;
        });
        all.Add("list's sublist made by a range", () => new List<int> { 1, 2, 3 }[1..]);
    }

    private static IEnumerable<int> Sequence(params int[] items) => [.. items];

    private static IReadOnlyList<string> ReadOnly(params string[] items) => items.Length == 1 ? [items[0]] : [.. items];

    private static IList<int> Modifiable(params int[] items) => [.. items];

    private static IEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i * i;
        }
    }
}
