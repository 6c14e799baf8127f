using System.Collections;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text;
using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>The comparer finds what is different, and nothing else.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsComparer
{
    public static TheoryData<string> Groups => [.. Catalog.Groups(_ => true).Keys];

    public static TheoryData<string> Different => [.. Pairs().Select(pair => pair.Name)];

    [Fact]
    public void There_are_hundreds_of_shapes() => Assert.True(Catalog.All.Count() > 500, $"{Catalog.All.Count()}");

    [Theory]
    [MemberData(nameof(Groups))]
    public void What_is_made_twice_is_equal_and_is_equal_to_itself(string group)
    {
        foreach (Shape shape in Catalog.Groups(_ => true)[group])
        {
            object? made = shape.Make();
            string? difference = GraphComparer.FirstDifference(made, shape.Make());
            Effects.Seal();
            difference ??= GraphComparer.FirstDifference(made, made) ?? Effects.Since();
            Assert.True(difference is null, $"{shape.Name}: {difference}");
        }
    }

    [Theory]
    [MemberData(nameof(Different))]
    public void What_is_different_is_found_where_it_is(string name)
    {
        (_, object? left, object? right, string path) = Pairs().Single(pair => pair.Name == name);
        string? found = GraphComparer.FirstDifference(left, right);
        Assert.NotNull(found);
        Assert.StartsWith(path + ":", found, StringComparison.Ordinal);
        Assert.NotNull(GraphComparer.FirstDifference(right, left));
    }

    [Fact]
    public void Shapes_are_told_from_each_other()
    {
        // Each with the next few. What is equal is the same value, declared otherwise.
        Shape[] all = [.. Catalog.All];
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = i + 1; j < Math.Min(i + 4, all.Length); j++)
            {
                Assert.True(all[i].Type != all[j].Type || GraphComparer.FirstDifference(all[i].Make(), all[j].Make()) is not null, $"{all[i].Name} = {all[j].Name}");
            }
        }
    }

    [Fact]
    public void Depth_costs_no_stack() => Assert.Null(GraphComparer.FirstDifference(GraphShapes.Chain(300_000), GraphShapes.Chain(300_000)));

    private static IEnumerable<(string Name, object? Left, object? Right, string Path)> Pairs()
    {
        yield return ("null and not", null, "a", "value");
        yield return ("numbers", 1, 2, "value");
        yield return ("number types", 1, 1L, "value");
        yield return ("zeros", 0.0, -0.0, "value");
        yield return ("NaNs", double.NaN, BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_0001), "value");
        yield return ("NaNs of float", float.NaN, BitConverter.Int32BitsToSingle(0x7fc0_0001), "value");
        yield return ("scale of decimals", 1.0m, 1.00m, "value");
        yield return ("kind of dates", new DateTime(5, DateTimeKind.Utc), new DateTime(5, DateTimeKind.Local), "value");
        yield return ("offset of dates", new DateTimeOffset(TimeSpan.TicksPerHour, TimeSpan.Zero), new DateTimeOffset(2 * TimeSpan.TicksPerHour, TimeSpan.FromHours(1)), "value");
        yield return ("enum and number", DayOfWeek.Monday, 1, "value");
        yield return ("surrogates", "a\ud800", "a\ufffd", "value");
        yield return ("private field", new ClassShapes.Polar(1), new ClassShapes.Polar(2), "value.Angle");
        yield return ("field of a base class", new GraphShapes.NodeException("a") { Node = null }, new GraphShapes.NodeException("b") { Node = null }, "value.Exception::_message");
        yield return ("hidden field of a base class", new ClassShapes.Hiding().SetBase(1), new ClassShapes.Hiding().SetBase(2), "value.HiddenField::Value");
        yield return ("NonSerialized field", new ClassShapes.WithNonSerialized(1), new ClassShapes.WithNonSerialized(2), "value.WithNonSerialized::_cached");
        yield return ("derived and base", new ClassShapes.Person("a", 1), new ClassShapes.Employee("a", 1, "t"), "value");
        yield return ("lengths of arrays", new[] { 1 }, new[] { 1, 2 }, "value");
        yield return ("elements of arrays", new[] { 1, 2 }, new[] { 1, 3 }, "value");
        yield return ("types of arrays", new object[] { "a" }, new[] { "a" }, "value");
        yield return ("ranks of arrays", new int[1, 2], new int[2, 1], "value");
        yield return ("bounds of arrays", Array.CreateInstance(typeof(int), [1], [1]), Array.CreateInstance(typeof(int), [1], [2]), "value");
        yield return ("bytes of arrays", new byte[] { 1, 2, 3 }, new byte[] { 1, 2, 4 }, "value");
        yield return ("jagged arrays", new[] { new[] { 1 }, [2] }, new[] { new[] { 1 }, [3] }, "value[1]");
        yield return ("nested", new DynamicShapes.Holder { Value = new List<object> { 1, new DynamicShapes.Holder { Value = 'a' } } },
            new DynamicShapes.Holder { Value = new List<object> { 1, new DynamicShapes.Holder { Value = 'b' } } }, "value.Holder::Value[1].Holder::Value");
        yield return ("inline arrays", Inline(1), Inline(2), "value");
        yield return ("fixed buffers", Buffer(1), Buffer(2), "value.WithBuffer::Values");
        yield return ("structs with references", new StructShapes.WithText(1, "a", [1]), new StructShapes.WithText(1, "a", [2]), "value.WithText::_more");
        yield return ("lists", new List<int> { 1, 2 }, new List<int> { 2, 1 }, "value[0]");
        yield return ("order of dictionaries", new Dictionary<int, int> { [1] = 1, [2] = 2 }, new Dictionary<int, int> { [2] = 2, [1] = 1 }, "value[0].KeyValuePair`2::key");
        yield return ("comparers of dictionaries", new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase), "value.Comparer");
        yield return ("comparers of the application", new HashSet<string>(new CollectionShapes.FirstLetter(1)), new HashSet<string>(new CollectionShapes.FirstLetter(2)), "value.Comparer.FirstLetter::_letters");
        yield return ("comparers of sorted sets", new SortedSet<int>(new CollectionShapes.Descending()), new SortedSet<int>(), "value.Comparer");
        yield return ("comparers of hash tables", new Hashtable(StringComparer.Ordinal), new Hashtable(StringComparer.OrdinalIgnoreCase), "value._keycomparer");
        yield return ("collection fields", new DerivedCollectionShapes.NamedList("a") { "x" }, new DerivedCollectionShapes.NamedList("b") { "x" }, "value.NamedList::_name");
        yield return ("collection content", new DerivedCollectionShapes.NamedList("a") { "x" }, new DerivedCollectionShapes.NamedList("a") { "y" }, "value[0]");
        yield return ("collection and derived", new List<string> { "x" }, new DerivedCollectionShapes.NamedList("a") { "x" }, "value");
        yield return ("wrapped lists", new Collection<int>(new List<int>()), new Collection<int>([]) { 1 }, "value.Collection`1::items.Count");
        yield return ("wrapped types", new Collection<int>(new List<int> { 1 }), new Collection<int>(new[] { 1 }), "value.Collection`1::items");
        yield return ("queues", new Queue<int>([1, 2]), new Queue<int>([1]), "value.Count");
        yield return ("priority queues", new PriorityQueue<string, int>([("a", 1)]), new PriorityQueue<string, int>([("a", 2)]), "value[0].ValueTuple`2::Item2");
        yield return ("immutable arrays", ImmutableArray.Create(1), ImmutableArray.Create(2), "value.ImmutableArray`1::array");
        yield return ("immutable dictionaries", ImmutableDictionary<string, int>.Empty.Add("a", 1), ImmutableDictionary<string, int>.Empty.Add("a", 2), "value[0].KeyValuePair`2::value");
        yield return ("big numbers", BigInteger.One, BigInteger.MinusOne, "value[0]");
        yield return ("builders", new StringBuilder("a"), new StringBuilder("b"), "value[0]");
        yield return ("versions", new Version(1, 2), new Version(1, 2, 0), "value[2]");
        yield return ("bits", new BitArray([true]), new BitArray([false]), "value[0]");
        yield return ("one object and two", One(), Two(), "value[1]");
        yield return ("two objects and one", Two(), One(), "value[1]");
        yield return ("cycle and no cycle", Cycle(), new GraphShapes.Node { Next = new GraphShapes.Node() }, "value.Node::Next");
        yield return ("longer cycle", Cycle(), LongCycle(), "value.Node::Next");
        yield return ("anonymous types", new { A = 1 }, new { A = 2 }, "value.A");
        yield return ("tuples", (1, (2, "a")), (1, (2, "b")), "value.ValueTuple`2::Item2.ValueTuple`2::Item2");
    }

    private static object One()
    {
        var one = new ClassShapes.Person("a", 1);
        return new[] { one, one };
    }

    private static object Two() => new[] { new ClassShapes.Person("a", 1), new ClassShapes.Person("a", 1) };

    private static GraphShapes.Node Cycle()
    {
        var made = new GraphShapes.Node();
        made.Next = made;
        return made;
    }

    private static GraphShapes.Node LongCycle()
    {
        var made = new GraphShapes.Node { Next = new GraphShapes.Node() };
        made.Next.Next = made;
        return made;
    }

    private static StructShapes.Ints Inline(int last)
    {
        StructShapes.Ints made = default;
        made[4] = last;
        return made;
    }

    private static unsafe StructShapes.WithBuffer Buffer(int last)
    {
        StructShapes.WithBuffer made = default;
        made.Values[4] = last;
        return made;
    }
}
