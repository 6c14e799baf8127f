using System.Collections;
using System.Collections.Concurrent;
using System.Collections.ObjectModel;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Collections of the application's: derived from .NET's, with fields and members of their own, or made from nothing.</summary>
internal static class DerivedCollectionShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("derived List with a field", () => new NamedList("n") { "x", "y" });
        all.Add("derived List as List", () => (List<string>)new NamedList("n") { "x", "y" });
        all.Add("derived List as object", () => (object)new NamedList("n") { "x" });
        all.Add("derived List as IEnumerable", () => (IEnumerable<string>)new NamedList("n") { "x" });
        all.Add("derived List empty", () => new NamedList("n"));
        all.Add("derived List of a derived List", () => new Twice("n", 7) { "x" });
        all.Add("derived List with Add of its own", () => new Shouting { "a" });
        all.Add("derived Dictionary with a field", () => new NamedDictionary { ["k"] = 1, ["K"] = 2 }.Called("n"));
        all.Add("derived Dictionary with a comparer", () => new Folded { ["Key"] = 1 });
        all.Add("derived Dictionary as IDictionary", () => (IDictionary<string, int>)new Folded { ["Key"] = 1 });
        all.Add("derived HashSet with a field", () => new NamedSet(4) { 3, 1 });
        all.Add("derived SortedDictionary", () => new NamedSorted { Title = "t", [5] = "a", [3] = "b" });
        all.Add("derived SortedSet", () => new NamedSortedSet { 5, 3 });
        all.Add("derived Queue", () => new NamedQueue("q", ["a", "b"]));
        all.Add("derived Stack", () => new NamedStack("s", [1, 2]));
        all.Add("derived LinkedList", () => new NamedLinks { Name = "l" }.With(3, 4));
        all.Add("derived ConcurrentDictionary", () => new NamedConcurrent { ["a"] = 1 });
        all.Add("derived Collection that counts insertions", () => new Counting { "a", "b" });
        all.Add("derived Collection that refuses", () => Refusing.Make("a", "b"));
        all.Add("derived Collection as Collection", () => (Collection<string>)new Counting { "a" });
        all.Add("derived ObservableCollection", () => new Observed { "a" });
        all.Add("derived KeyedCollection", () => new ById { new(2, "b"), new(1, "a") });
        all.Add("derived KeyedCollection with a comparer", () => new ByName { new(2, "B"), new(1, "a") });
        all.Add("derived ReadOnlyCollection", () => new NamedReadOnly("r", ["a"]));
        all.Add("derived ArrayList", () => new OldList { 1, "a" });
        all.Add("derived Hashtable", () => new OldTable { ["a"] = 1 });
        all.Add("derived List of itself", () =>
        {
            var made = new Nested();
            made.Add(made);
            made.Add(new Nested { made });
            return made;
        });
        all.Add("derived Dictionary whose value is itself", () =>
        {
            var made = new Tree { Name = "root" };
            made["self"] = made;
            made["child"] = new Tree { Name = "child", ["up"] = made };
            return made;
        });
        all.Add("own IEnumerable with Add", () => new Inventory { "sword", "bow" });
        all.Add("own IReadOnlyList", () => new Way([1, 2, 3]));
        all.Add("own IReadOnlyDictionary", () => new Config(new() { ["a"] = "1" }));
        all.Add("own ICollection", () => new Bag { "a", "a" });
        all.Add("own IDictionary", () => new OwnDictionary { ["a"] = 1 });
        all.Add("own enumerable that throws", () => new Unlistable(4));
        all.Add("own linked list", () => new Links<string>().Push("a").Push("b"));
        all.Add("own generic collection of records", () => new Links<ClassShapes.Person>().Push(new("a", 1)));
    }

    internal class NamedList(string name) : List<string>
    {
        private readonly string _name = Effects.Note("NamedList", name);

        public string Name() => _name;
    }

    internal sealed class Twice(string name, int count) : NamedList(name)
    {
        private int _count = count;

        public new int Count
        {
            get => Effects.Note("Twice.Count", _count);
            set => _count = value;
        }
    }

    internal sealed class Shouting : List<string>, ICollection<string>
    {
        private int _added;

        public int Added => _added;

        public new void Add(string item)
        {
            Effects.Note("Shouting.Add");
            _added++;
            base.Add(item + "!");
        }

        void ICollection<string>.Add(string item) => Add(item);

        IEnumerator<string> IEnumerable<string>.GetEnumerator() => throw new InvalidOperationException("nobody may list this");
    }

    internal sealed class NamedDictionary : Dictionary<string, int>
    {
        public string? Name;

        public NamedDictionary Called(string name)
        {
            Name = name;
            return this;
        }
    }

    internal sealed class Folded : Dictionary<string, int>
    {
        private readonly DateTime _made;

        public Folded()
            : base(StringComparer.OrdinalIgnoreCase)
        {
            Effects.Note("Folded");
            _made = new DateTime(77, DateTimeKind.Utc);
        }

        public new int this[string key]
        {
            get => base[key];
            set => base[key] = Effects.Note("Folded.set", value + 100);
        }

        public DateTime Made() => _made;
    }

    internal sealed class NamedSet(int limit) : HashSet<int>
    {
        private readonly int _limit = limit;

        public new bool Add(int item) => Effects.Note("NamedSet.Add", item < _limit && base.Add(item));
    }

    internal sealed class NamedSorted : SortedDictionary<int, string>
    {
        public string? Title { get; init; }
    }

    internal sealed class NamedSortedSet : SortedSet<int>
    {
        private readonly int _seed = 4;

        public NamedSortedSet()
            : base(new CollectionShapes.Descending())
        {
        }

        public int Seed() => _seed;
    }

    internal sealed class NamedQueue(string name, IEnumerable<string> items) : Queue<string>(items)
    {
        public string Name { get; } = Effects.Note("NamedQueue", name + "!");
    }

    internal sealed class NamedStack(string name, IEnumerable<int> items) : Stack<int>(items)
    {
        public string Name { get; } = Effects.Note("NamedStack", name + "!");
    }

    internal sealed class NamedLinks : LinkedList<int>
    {
        public string? Name { get; init; }

        public NamedLinks With(params int[] items)
        {
            foreach (int item in items)
            {
                AddLast(item);
            }

            return this;
        }
    }

    internal sealed class NamedConcurrent : ConcurrentDictionary<string, int>
    {
        private readonly int _size = 5;

        public int Size() => _size;
    }

    internal sealed class Counting : Collection<string>
    {
        private int _insertions;

        public int Insertions() => _insertions;

        protected override void InsertItem(int index, string item)
        {
            Effects.Note("Counting.InsertItem");
            _insertions++;
            base.InsertItem(index, item + _insertions);
        }

        protected override void SetItem(int index, string item) => Effects.Note("Counting.SetItem");

        protected override void ClearItems() => Effects.Note("Counting.ClearItems");
    }

    internal sealed class Refusing : Collection<string>
    {
        private bool _closed;

        public static Refusing Make(params string[] items)
        {
            Refusing made = [.. items];
            made._closed = true;
            return made;
        }

        protected override void InsertItem(int index, string item)
        {
            if (_closed)
            {
                throw new InvalidOperationException("closed");
            }

            base.InsertItem(index, item);
        }
    }

    internal sealed class Observed : ObservableCollection<string>
    {
        private int _events;

        public int Events() => _events;

        protected override void OnCollectionChanged(System.Collections.Specialized.NotifyCollectionChangedEventArgs e)
        {
            Effects.Note("Observed.OnCollectionChanged");
            _events++;
            base.OnCollectionChanged(e);
        }
    }

    internal sealed record Item(int Id, string Name);

    internal sealed class ById : KeyedCollection<int, Item>
    {
        private readonly string _title = "by id";

        public string Title() => _title;

        protected override int GetKeyForItem(Item item) => item.Id;
    }

    internal sealed class ByName() : KeyedCollection<string, Item>(StringComparer.OrdinalIgnoreCase)
    {
        protected override string GetKeyForItem(Item item) => item.Name;
    }

    internal sealed class NamedReadOnly(string name, IList<string> items) : ReadOnlyCollection<string>(items)
    {
        public string Name { get; } = Effects.Note("NamedReadOnly", name + "!");
    }

    internal sealed class OldList : ArrayList
    {
        private readonly int _kept = 3;

        public override int Count => Effects.Note("OldList.Count", base.Count);

        public override int Add(object? value)
        {
            Effects.Note("OldList.Add");
            return base.Add(value is string text ? text + _kept : value);
        }
    }

    internal sealed class OldTable : Hashtable
    {
        private readonly int _kept = 3;

        public int Kept() => _kept;

        public override void Add(object key, object? value)
        {
            Effects.Note("OldTable.Add");
            base.Add(key, value);
        }
    }

    internal sealed class Nested : List<Nested>
    {
    }

    internal sealed class Tree : Dictionary<string, Tree>
    {
        public string? Name { get; init; }
    }

    internal sealed class Inventory : IEnumerable<string>
    {
        private readonly List<string> _items = [];
        private readonly int _gold = 7;

        public int Gold() => _gold;

        public void Add(string item)
        {
            Effects.Note("Inventory.Add");
            _items.Add(item + "+");
        }

        public IEnumerator<string> GetEnumerator() => Effects.Note("Inventory.GetEnumerator", _items.GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class Way(int[] points) : IReadOnlyList<int>
    {
        private readonly int[] _points = points;
        private readonly string _title = "t";

        public int Count => Effects.Note("Way.Count", _points.Length);

        public int this[int index] => Effects.Note("Way.this", _points[index]);

        public string Title() => _title;

        public IEnumerator<int> GetEnumerator() => Effects.Note("Way.GetEnumerator", ((IEnumerable<int>)_points).GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class Config(Dictionary<string, string> values) : IReadOnlyDictionary<string, string>
    {
        private readonly Dictionary<string, string> _values = values;

        public IEnumerable<string> Keys => Effects.Note("Config.Keys", _values.Keys);

        public IEnumerable<string> Values => Effects.Note("Config.Values", _values.Values);

        public int Count => Effects.Note("Config.Count", _values.Count);

        public string this[string key] => Effects.Note("Config.this", _values[key]);

        public bool ContainsKey(string key) => _values.ContainsKey(key);

        public bool TryGetValue(string key, out string value) => _values.TryGetValue(key, out value!);

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => Effects.Note("Config.GetEnumerator", _values.GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class Bag : ICollection<string>
    {
        private readonly List<string> _items = [];
        private int _adds;

        public int Count => Effects.Note("Bag.Count", _items.Count);

        public bool IsReadOnly => Effects.Note("Bag.IsReadOnly", false);

        public void Add(string item)
        {
            Effects.Note("Bag.Add");
            _items.Add(item + _adds++);
        }

        public void Clear() => _items.Clear();

        public bool Contains(string item) => _items.Contains(item);

        public void CopyTo(string[] array, int arrayIndex)
        {
            Effects.Note("Bag.CopyTo");
            _items.CopyTo(array, arrayIndex);
        }

        public bool Remove(string item) => _items.Remove(item);

        public IEnumerator<string> GetEnumerator() => Effects.Note("Bag.GetEnumerator", _items.GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class OwnDictionary : IDictionary<string, int>
    {
        private readonly SortedList<string, int> _items = new(StringComparer.Ordinal);

        public ICollection<string> Keys => Effects.Note("OwnDictionary.Keys", _items.Keys);

        public ICollection<int> Values => Effects.Note("OwnDictionary.Values", _items.Values);

        public int Count => Effects.Note("OwnDictionary.Count", _items.Count);

        public bool IsReadOnly => Effects.Note("OwnDictionary.IsReadOnly", false);

        public int this[string key]
        {
            get => Effects.Note("OwnDictionary.get", _items[key]);
            set => _items[key] = Effects.Note("OwnDictionary.set", value * 10);
        }

        public void Add(string key, int value)
        {
            Effects.Note("OwnDictionary.Add");
            _items.Add(key, value);
        }

        public void Add(KeyValuePair<string, int> item) => Add(item.Key, item.Value);

        public void Clear() => _items.Clear();

        public bool Contains(KeyValuePair<string, int> item) => _items.ContainsKey(item.Key);

        public bool ContainsKey(string key) => _items.ContainsKey(key);

        public void CopyTo(KeyValuePair<string, int>[] array, int arrayIndex) => Effects.Note("OwnDictionary.CopyTo");

        public bool Remove(string key) => _items.Remove(key);

        public bool Remove(KeyValuePair<string, int> item) => _items.Remove(item.Key);

        public bool TryGetValue(string key, out int value) => _items.TryGetValue(key, out value);

        public IEnumerator<KeyValuePair<string, int>> GetEnumerator() => Effects.Note("OwnDictionary.GetEnumerator", _items.GetEnumerator());

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class Unlistable(int n) : IEnumerable<int>
    {
        private readonly int _n = n;

        public IEnumerator<int> GetEnumerator() => throw new InvalidOperationException($"nobody may list this {_n}");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class Links<T> : IEnumerable<T>
    {
        private Node? _first;
        private int _count;

        public Links<T> Push(T value)
        {
            _first = new Node(value, _first);
            _count++;
            return this;
        }

        public int Count() => _count;

        public IEnumerator<T> GetEnumerator()
        {
            Effects.Note("Links.GetEnumerator");
            for (Node? each = _first; each is not null; each = each.Next)
            {
                yield return each.Value;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private sealed class Node(T value, Node? next)
        {
            public T Value { get; } = value;

            public Node? Next { get; } = next;
        }
    }
}
