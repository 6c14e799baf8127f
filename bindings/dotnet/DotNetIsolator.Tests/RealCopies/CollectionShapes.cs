using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Dynamic;
using System.Globalization;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>.NET's own collections: their content, its order, and how they compare.</summary>
internal static class CollectionShapes
{
    public static void AddTo(Shapes all)
    {
        AddPlain(all);
        AddComparers(all);
        AddConcurrent(all);
        AddImmutable(all);
        AddViews(all);
        AddOld(all);
    }

    private static void AddPlain(Shapes all)
    {
        all.Add("List", () => new List<int> { 3, 1, 2 });
        all.Add("List empty", () => new List<string>());
        all.Add("List of lists", () => new List<List<string?>?> { new() { "a", null }, null });
        all.Add("List as object", () => (object)new List<int> { 3, 1, 2 });
        all.Add("List as IEnumerable", () => (IEnumerable<string>)new List<string> { "a" });
        all.Add("List as IReadOnlyList", () => (IReadOnlyList<int>)new List<int> { 1 });
        all.Add("List of objects", () => new List<object?> { 1, 2L, "3", '4', null, new List<object> { 5 } });
        all.Add("List of records", () => new List<ClassShapes.Animal> { new ClassShapes.Dog("a", 1), new ClassShapes.Cat("b") });
        all.Add("Dictionary", () => new Dictionary<string, int> { ["b"] = 2, ["a"] = 1 });
        all.Add("Dictionary after removals", () =>
        {
            var made = new Dictionary<int, string>();
            for (int i = 0; i < 20; i++)
            {
                made[i * 37] = $"{i}";
            }

            made.Remove(37);
            made.Remove(37 * 5);
            return made;
        });
        all.Add("Dictionary as object", () => (object)new Dictionary<string, object?> { ["a"] = 1, ["b"] = null, ["c"] = new int[] { 1 } });
        all.Add("Dictionary as IReadOnlyDictionary", () => (IReadOnlyDictionary<string, int>)new Dictionary<string, int> { ["a"] = 1 });
        all.Add("Dictionary with keys that are records", () => new Dictionary<ClassShapes.Person, int> { [new("a", 1)] = 1, [new("b", 2)] = 2 });
        all.Add("Dictionary with keys that are tuples", () => new Dictionary<(int, string), List<int>> { [(1, "a")] = [1], [(2, "b")] = [] });
        all.Add("Dictionary with keys that are enums", () => new Dictionary<NumberShapes.Colour, string> { [NumberShapes.Colour.Green] = "g", [(NumberShapes.Colour)9] = "?" });
        all.Add("Dictionary with keys by reference", () => new Dictionary<Key, int> { [new Key(1)] = 1, [new Key(1)] = 2 });
        all.Add("Dictionary with double keys", () => new Dictionary<double, string> { [double.NaN] = "n", [-0.0] = "z", [1.5] = "x" });
        all.Add("Dictionary with decimal keys", () => new Dictionary<decimal, string> { [1.0m] = "a", [2.00m] = "b" });
        all.Add("Dictionary with object keys", () => new Dictionary<object, object?> { [1] = "int", [1L] = "long", ["1"] = null, ['1'] = 1.5, [NumberShapes.Colour.Red] = 0 });
        all.Add("Dictionary with arrays as keys", () => new Dictionary<int[], int> { [[1]] = 1, [[1]] = 2 });
        all.Add("HashSet", () => new HashSet<int> { 5, 3, 9 });
        all.Add("HashSet of records", () => new HashSet<ClassShapes.Person> { new("a", 1), new("b", 2) });
        all.Add("ISet", () => (ISet<string>)new HashSet<string> { "a", "b" });
        all.Add("SortedDictionary", () => new SortedDictionary<string, int>(StringComparer.Ordinal) { ["b"] = 1, ["a"] = 2, ["B"] = 3 });
        all.Add("SortedList", () => new SortedList<int, string> { [5] = "a", [3] = "b" });
        all.Add("SortedSet", () => new SortedSet<int> { 5, 3, 9 });
        all.Add("Queue", () =>
        {
            var made = new Queue<string>(["a", "b", "c"]);
            made.Dequeue();
            made.Enqueue("d");
            made.Enqueue("e");
            return made;
        });
        all.Add("Stack", () => new Stack<int>([1, 2, 3]));
        all.Add("LinkedList", () => new LinkedList<string>(["a", "b", "c"]));
        all.Add("PriorityQueue", () => new PriorityQueue<string, int>([("a", 3), ("b", 1), ("c", 2)]));
        all.Add("OrderedDictionary", () => new OrderedDictionary<string, int> { ["z"] = 1, ["a"] = 2, ["m"] = 3 });
        all.Add("BitArray", () => new BitArray([true, false, true, true, false, false, true, true, true]));
        all.Add("KeyValuePair", () => new KeyValuePair<string, int[]>("a", [1]));
        all.AddInwards("ExpandoObject", FrameworkShapes.Patched, () =>
        {
            IDictionary<string, object?> made = new ExpandoObject();
            made["b"] = 1;
            made["a"] = "text";
            return (ExpandoObject)made;
        });
    }

    private static void AddComparers(Shapes all)
    {
        foreach ((string name, Func<StringComparer> comparer) in ((string, Func<StringComparer>)[])
        [
            ("Ordinal", () => StringComparer.Ordinal), ("OrdinalIgnoreCase", () => StringComparer.OrdinalIgnoreCase),
            ("InvariantCulture", () => StringComparer.InvariantCulture), ("InvariantCultureIgnoreCase", () => StringComparer.InvariantCultureIgnoreCase),
            ("CurrentCulture", () => StringComparer.CurrentCulture), ("CurrentCultureIgnoreCase", () => StringComparer.CurrentCultureIgnoreCase),
            ("with options", () => StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.IgnoreCase | CompareOptions.IgnoreSymbols)),
        ])
        {
            all.Add("Dictionary comparer " + name, () => new Dictionary<string, int>(comparer()) { ["Ab"] = 1, ["c"] = 2 });
            all.Add("HashSet comparer " + name, () => new HashSet<string>(comparer()) { "Ab", "c" });
            all.Add("SortedDictionary comparer " + name, () => new SortedDictionary<string, int>(comparer()) { ["b"] = 1, ["Ab"] = 2, ["c"] = 3 });
            all.Add("ConcurrentDictionary comparer " + name, () => new ConcurrentDictionary<string, int>([new("Ab", 1)], comparer()));
            all.Add("comparer by itself " + name, () => comparer());
        }

        all.Add("Dictionary comparer as object", () => (object)new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Ab"] = 1 });
        all.Add("Dictionary comparer as IDictionary", () => (IDictionary<string, int>)new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Ab"] = 1 });
        all.Add("Dictionary comparer empty", () => new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase));
        all.Add("Dictionary comparer by reference", () => new Dictionary<object, int>(ReferenceEqualityComparer.Instance) { [new Key(1)] = 1, [new Key(1)] = 2 });
        all.Add("Dictionary comparer of the application", () => new Dictionary<string, int>(new FirstLetter(1)) { ["apple"] = 1, ["bear"] = 2 });
        all.Add("Dictionary comparer of the application in another order", () => (new Dictionary<string, int>(new FirstLetter(2)) { ["apple"] = 1, ["avocado"] = 2 }, new FirstLetter(3)));
        all.Add("Dictionary comparer that is shared", () =>
        {
            var comparer = new FirstLetter(1);
            return (new Dictionary<string, int>(comparer) { ["a"] = 1 }, new HashSet<string>(comparer) { "b" }, comparer);
        });
        all.Add("Dictionary that is its comparer's own", () =>
        {
            var comparer = new Remembering();
            comparer.Names = new Dictionary<string, int>(comparer) { ["a"] = 1 };
            return comparer;
        });
        all.Add("HashSet comparer of the application", () => new HashSet<string>(new FirstLetter(1)) { "apple", "bear" });
        all.Add("SortedSet comparer of the application", () => new SortedSet<int>(new Descending()) { 1, 5, 3 });
        all.Add("SortedDictionary comparer of the application", () => new SortedDictionary<int, string>(new Descending()) { [1] = "a", [5] = "b" });
        all.Add("SortedList comparer of the application", () => new SortedList<int, string>(new Descending()) { [1] = "a", [5] = "b" });
        all.Add("PriorityQueue comparer of the application", () => new PriorityQueue<string, int>([("a", 3), ("b", 1)], new Descending()));
        all.Add("ImmutableDictionary comparers", () => ImmutableDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase, StringComparer.Ordinal).Add("Ab", "x"));
        all.Add("ImmutableSortedDictionary comparer", () => ImmutableSortedDictionary.Create<string, int>(StringComparer.OrdinalIgnoreCase).Add("b", 1).Add("A", 2));
        all.Add("ImmutableHashSet comparer", () => ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase, "Ab", "c"));
        all.Add("ImmutableSortedSet comparer", () => ImmutableSortedSet.Create(new Descending(), 1, 5, 3));
        all.Add("FrozenDictionary comparer", () => new Dictionary<string, int> { ["Ab"] = 1, ["c"] = 2 }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
        all.Add("FrozenSet comparer", () => new[] { "Ab", "c" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase));
        all.Add("OrderedDictionary comparer", () => new OrderedDictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Z"] = 1, ["a"] = 2 });
        all.Add("Hashtable comparer", () => new Hashtable(StringComparer.OrdinalIgnoreCase) { ["Ab"] = 1, ["c"] = 2 });
        all.Add("EqualityComparer default", () => EqualityComparer<int>.Default);
        all.Add("EqualityComparer default of the application's", () => EqualityComparer<ClassShapes.Person>.Default);
        all.Add("Comparer default", () => Comparer<string>.Default);
        all.Add("comparer in a field", () => new HasComparer { Keys = StringComparer.OrdinalIgnoreCase, Any = StringComparer.Ordinal, Own = new FirstLetter(4) });
    }

    private static void AddConcurrent(Shapes all)
    {
        all.Add("ConcurrentDictionary", () => new ConcurrentDictionary<string, int>([new("b", 2), new("a", 1)]));
        all.Add("ConcurrentDictionary of numbers", () => new ConcurrentDictionary<int, string>([new(2, "b"), new(1, "a")]));
        all.Add("ConcurrentQueue", () => new ConcurrentQueue<int>([3, 1, 2]));
        all.Add("ConcurrentStack", () => new ConcurrentStack<int>([3, 1, 2]));
        all.Add("ConcurrentBag", () => new ConcurrentBag<int>([3, 1, 2]));
    }

    private static void AddImmutable(Shapes all)
    {
        all.Add("ImmutableArray", () => ImmutableArray.Create(1, 2, 3));
        all.Add("ImmutableArray default", () => default(ImmutableArray<int>));
        all.Add("ImmutableArray of texts as object", () => (object)ImmutableArray.Create("a", "b"));
        all.Add("ImmutableList", () => ImmutableList.Create("a", "b", "c"));
        all.Add("ImmutableDictionary", () => ImmutableDictionary<string, int>.Empty.Add("b", 2).Add("a", 1));
        all.Add("ImmutableSortedDictionary", () => ImmutableSortedDictionary<string, int>.Empty.Add("b", 2).Add("a", 1));
        all.Add("ImmutableHashSet", () => ImmutableHashSet.Create(3, 1, 2));
        all.Add("ImmutableSortedSet", () => ImmutableSortedSet.Create(3, 1, 2));
        all.Add("ImmutableQueue", () => ImmutableQueue.Create(3, 1, 2));
        all.Add("ImmutableStack", () => ImmutableStack.Create(3, 1, 2));
        all.Add("FrozenDictionary", () => new Dictionary<string, int> { ["b"] = 2, ["a"] = 1 }.ToFrozenDictionary());
        all.Add("FrozenDictionary of numbers", () => new Dictionary<int, string> { [2] = "b", [100] = "a" }.ToFrozenDictionary());
        all.Add("FrozenSet", () => new[] { 3, 1, 2 }.ToFrozenSet());
    }

    private static void AddViews(Shapes all)
    {
        all.Add("Collection", () => new Collection<int> { 3, 1 });
        all.Add("Collection over a list of its own", () =>
        {
            List<string> list = ["a"];
            return (new Collection<string>(list), list);
        });
        all.Add("ObservableCollection", () => new ObservableCollection<string> { "b", "a" });
        all.Add("ReadOnlyCollection", () => new List<int> { 3, 1 }.AsReadOnly());
        all.Add("ReadOnlyCollection over a shared list", () =>
        {
            List<string> list = ["a"];
            return (list, list.AsReadOnly(), list.AsReadOnly());
        });
        all.Add("ReadOnlyDictionary", () => new ReadOnlyDictionary<string, int>(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 }));
        all.Add("ReadOnlyObservableCollection", () => new ReadOnlyObservableCollection<int>(new ObservableCollection<int> { 3, 1 }));
    }

    private static void AddOld(Shapes all)
    {
        all.Add("ArrayList", () => new ArrayList { 1, "a", null, 2L });
        all.Add("Hashtable", () => new Hashtable { ["b"] = 1, [5] = null });
        all.Add("Queue without a type", () => new Queue(new object[] { 1, "a" }));
        all.Add("Stack without a type", () => new Stack(new object[] { 1, "a" }));
        all.Add("SortedList without a type", () => new SortedList { ["b"] = 1, ["a"] = 2 });
        all.AddInwards("NameValueCollection", FrameworkShapes.Patched, () => new NameValueCollection { { "a", "1" }, { "b", "2" }, { "a", "3" } });
        all.Add("StringCollection", () => new StringCollection { "a", null, "b" });
    }

    internal sealed class Key(int number)
    {
        public int Number { get; } = number;
    }

    internal sealed class FirstLetter(int letters) : IEqualityComparer<string>
    {
        private readonly int _letters = letters;

        public bool Equals(string? x, string? y) => string.Equals(x?[.._letters], y?[.._letters], StringComparison.Ordinal);

        public int GetHashCode(string obj) => obj[.._letters].Length;
    }

    internal sealed class Remembering : IEqualityComparer<string>
    {
        public Dictionary<string, int>? Names { get; set; }

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string obj) => obj.Length;
    }

    internal sealed class Descending : IComparer<int>
    {
        public int Compare(int x, int y) => y.CompareTo(x);
    }

    internal sealed class HasComparer
    {
        public IEqualityComparer<string>? Keys;
        public object? Any;
        public IEqualityComparer<string>? Own;
    }
}
