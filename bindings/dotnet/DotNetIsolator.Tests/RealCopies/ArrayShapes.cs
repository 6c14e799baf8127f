namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Arrays of every rank, bound, element and variance.</summary>
internal static class ArrayShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("array empty", () => Array.Empty<int>());
        all.Add("array of bytes", () => Enumerable.Range(0, 70_000).Select(i => (byte)(i * 7)).ToArray());
        all.Add("array of bytes boxed", () => (object)new byte[] { 0x91, 0xc4, 2, 7, 8 });
        all.Add("array of 10,000 longs", () => Enumerable.Range(0, 10_000).Select(i => (long)i * i * -i).ToArray());
        all.Add("array jagged", () => new int[]?[] { [1, 2], null, [], [3] });
        all.Add("array jagged of three", () => new[] { new[] { new[] { "a", null }, null }, [] });
        all.Add("array of two dimensions", () => new[,] { { 1, 2, 3 }, { 4, 5, 6 } });
        all.Add("array of two dimensions of texts", () => new string?[,] { { "a", null }, { "c", "d" } });
        all.Add("array of three dimensions", () => new double[2, 1, 3] { { { 1, 2, 3 } }, { { 4, 5, -0.0 } } });
        all.Add("array of two dimensions that is empty", () => new int[3, 0]);
        all.Add("array of two dimensions as object", () => (object)new[,] { { 1, 2 }, { 3, 4 } });
        all.Add("array jagged of two dimensions", () => new[] { new[,] { { 1 } }, new[,] { { 2, 3 } } });
        all.Add("array that does not begin at zero", () => NotFromZero());
        all.Add("array that does not begin at zero, as object", () => (object)NotFromZero());
        all.Add("array of two dimensions that does not begin at zero", () =>
        {
            var made = (string[,])Array.CreateInstance(typeof(string), [2, 2], [-1, 10]);
            made[-1, 10] = "a";
            made[0, 11] = "b";
            return made;
        });
        all.Add("array of one dimension with bounds", () => Array.CreateInstance(typeof(int), [2], [0]));
        all.Add("array covariant: objects that are texts", () => (object?[])new string?[] { "a", null, "b" });
        all.Add("array covariant: bases that are derived", () => (ClassShapes.Animal[])new ClassShapes.Dog[] { new("Rex", 1) });
        all.Add("array covariant: interfaces", () => (ClassShapes.INamed[])new ClassShapes.Concrete[] { new(1) });
        all.Add("array covariant: objects that are arrays", () => (object[])new int[][] { [1], [2, 3] });
        all.Add("array covariant: ints that are uints", () => (int[])(object)new uint[] { 1, uint.MaxValue });
        all.Add("array covariant: ints that are enums", () => (int[])(object)new NumberShapes.Colour[] { NumberShapes.Colour.Green });
        all.Add("array of objects of all sorts", () => new object?[] { 1, "a", 2L, 'c', 1.5f, new[] { 1, 2 }, null, new ClassShapes.Person("p", 1), (1, "x"), Guid.Empty });
        all.Add("array of objects within objects", () => new object[] { new object[] { new object[] { 1 } }, Array.Empty<object>() });
        all.Add("array of interfaces", () => new ClassShapes.INamed?[] { new ClassShapes.Concrete(1), null, new ClassShapes.Explicit() });
        all.Add("array as Array", () => (Array)new[] { 1, 2, 3 });
        all.Add("array as IList", () => (IList<string>)new[] { "a", "b" });
        all.Add("array as IEnumerable", () => (IEnumerable<int>)new[] { 1, 2, 3 });
        all.Add("array as IReadOnlyList of a base", () => (IReadOnlyList<object>)new[] { "a", "b" });
        all.Add("array as ICollection", () => (System.Collections.ICollection)new[] { 1.5, 2.5 });
        all.Add("array as IStructuralEquatable", () => (System.Collections.IStructuralEquatable)new[] { 1, 2 });
        all.Add("array of value tuples", () => new[] { (1, "a"), (2, null) });
        all.Add("array of key value pairs", () => new KeyValuePair<string, int>[] { new("a", 1), default });
        all.Add("array of lists", () => new List<int>?[] { [1, 2], null, [] });
        all.Add("array of nullable structs with references", () => new StructShapes.WithText?[] { new(1, "a", null), null });
        all.Add("array of decimals", () => new[] { 1.0m, 1.00m, -0.0m });
        all.Add("array of chars as object", () => (object)new[] { 'a', '\ud800' });
        all.Add("array of bools", () => new[] { true, false, true });
        all.Add("array of 100,000 nulls", () => new object?[100_000]);
        all.Add("array of 20,000 structs without fields", () => new StructShapes.Nothing[20_000]);
        all.Add("ArraySegment", () => new ArraySegment<int>([1, 2, 3, 4], 1, 2));
        all.Add("ArraySegment default", () => default(ArraySegment<string>));
        all.Add("ArraySegments of one array", () =>
        {
            string[] array = ["a", "b", "c"];
            return (new ArraySegment<string>(array, 0, 2), new ArraySegment<string>(array, 1, 2), array);
        });
    }

    private static Array NotFromZero()
    {
        Array made = Array.CreateInstance(typeof(int), [3], [5]);
        made.SetValue(7, 5);
        made.SetValue(8, 7);
        return made;
    }
}
