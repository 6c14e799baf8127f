namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Graphs: cycles, shared objects, depth.</summary>
internal static class GraphShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("cycle of one", () =>
        {
            var made = new Node { Name = "self" };
            made.Next = made;
            return made;
        });
        all.Add("cycle of two", () =>
        {
            var made = new Node { Name = "a", Next = new Node { Name = "b" } };
            made.Next.Next = made;
            return made;
        });
        all.Add("cycle by way of an object member", () =>
        {
            var made = new Node { Name = "a" };
            made.Any = made;
            return made;
        });
        all.Add("cycle by way of an array", () =>
        {
            var made = new Node { Name = "a" };
            made.Many = [made, null, new Node { Name = "b", Many = [made] }];
            return made;
        });
        all.Add("cycle by way of an object array that holds itself", () =>
        {
            object[] made = new object[2];
            made[0] = made;
            made[1] = "end";
            return made;
        });
        all.Add("cycle by way of a list", () =>
        {
            var made = new Node { Name = "a", List = [] };
            made.List.Add(made);
            return made;
        });
        all.Add("cycle by way of a list of objects that holds itself", () =>
        {
            List<object> made = [];
            made.Add(made);
            return made;
        });
        all.Add("cycle by way of a dictionary's values", () =>
        {
            var made = new Node { Name = "a", Map = [] };
            made.Map["me"] = made;
            return made;
        });
        all.Add("cycle by way of a dictionary's keys", () =>
        {
            var made = new Node { Name = "a", Keys = [] };
            made.Keys[made] = 1;
            made.Keys[new Node { Next = made }] = 2;
            return made;
        });
        all.Add("cycle by way of a struct", () =>
        {
            var made = new Node { Name = "a" };
            made.Inner = new Link { To = made, Number = 5 };
            return made;
        });
        all.Add("cycle by way of a boxed struct", () =>
        {
            var made = new Node { Name = "a" };
            made.Any = new Link { To = made, Number = 5 };
            return made;
        });
        all.Add("cycle by way of a tuple", () =>
        {
            var made = new Node { Name = "a" };
            made.Any = Tuple.Create(made, 5);
            return made;
        });
        all.Add("cycle by way of readonly fields", () => new Parent("p"));
        all.Add("cycle by way of a set", () =>
        {
            var made = new Node { Name = "a", Set = [] };
            made.Set.Add(made);
            return made;
        });
        all.Add("cycle by way of a linked list", () =>
        {
            LinkedList<object> made = new();
            made.AddLast("x");
            made.AddLast(made);
            return made;
        });
        all.Add("cycle by way of an exception", () =>
        {
            var made = new NodeException("oops");
            made.Node = new Node { Any = made };
            return made;
        });
        all.Add("keys whose hash is of what they refer to", () =>
        {
            var inner = new Hashed { Text = "inner" };
            var outer = new Hashed { Text = "outer", Inner = inner };
            return new Dictionary<Hashed, int> { [outer] = 1, [inner] = 2 };
        });
        all.Add("keys that hold the dictionary", () =>
        {
            var key = new Hashed { Text = "key" };
            var made = new Dictionary<Hashed, int> { [key] = 1 };
            key.Home = made;
            return made;
        });
        all.Add("dictionaries that are keys of each other's sets", () =>
        {
            Dictionary<HashSet<Hashed>, string> made = [];
            var key = new Hashed { Text = "k" };
            made[[key]] = "a";
            made[[key, new Hashed { Text = "l" }]] = "b";
            return made;
        });
        AddShared(all);
        AddLarge(all);
    }

    private static void AddShared(Shapes all)
    {
        all.Add("one object twice in an array", () =>
        {
            var one = new ClassShapes.Person("a", 1);
            return new[] { one, one, new ClassShapes.Person("a", 1) };
        });
        all.Add("one object twice in a class", () =>
        {
            var one = new Node { Name = "one" };
            return new Node { Next = one, Any = one, Many = [one] };
        });
        all.Add("one object twice in a tuple", () =>
        {
            var one = new Node { Name = "one" };
            return (one, one);
        });
        all.Add("one object twice in a dictionary", () =>
        {
            var one = new Node { Name = "one" };
            return new Dictionary<string, Node> { ["a"] = one, ["b"] = one, ["c"] = new Node { Name = "one" } };
        });
        all.Add("one array twice", () =>
        {
            int[] one = [1, 2];
            return new[] { one, one, [1, 2] };
        });
        all.Add("one array twice in structs", () =>
        {
            int[] one = [1, 2];
            return new[] { new StructShapes.WithText(1, "a", one), new StructShapes.WithText(2, "b", one) };
        });
        all.Add("one list twice", () =>
        {
            List<string> one = ["a"];
            return new List<List<string>> { one, one, (["a"]) };
        });
        all.Add("one list twice, once as an interface", () =>
        {
            List<string> one = ["a"];
            return (one, (IEnumerable<string>)one, (object)one);
        });
        all.Add("one dictionary twice", () =>
        {
            Dictionary<string, int> one = new(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 };
            return new object[] { one, one };
        });
        all.Add("one lock twice", () =>
        {
            object one = new();
            return (one, one, new object());
        });
        all.Add("one key that is a value as well", () =>
        {
            var one = new ClassShapes.Person("a", 1);
            return new Dictionary<ClassShapes.Person, ClassShapes.Person> { [one] = one };
        });
        all.Add("a diamond", () =>
        {
            var bottom = new Node { Name = "bottom" };
            return new Node { Name = "top", Next = new Node { Name = "left", Next = bottom }, Any = new Node { Name = "right", Next = bottom } };
        });
        all.Add("a graph of 500 nodes at random", () =>
        {
            var random = new Random(20_250_101);
            Node[] nodes = [.. Enumerable.Range(0, 500).Select(i => new Node { Name = $"{i % 7}" })];
            foreach (Node node in nodes)
            {
                node.Next = nodes[random.Next(nodes.Length)];
                node.Any = random.Next(3) switch { 0 => nodes[random.Next(nodes.Length)], 1 => new Link { To = nodes[random.Next(nodes.Length)] }, _ => node.Name };
                node.Many = [nodes[random.Next(nodes.Length)], nodes[random.Next(nodes.Length)]];
            }

            return nodes[0];
        });
    }

    private static void AddLarge(Shapes all)
    {
        all.Add("a list of 3,000 nodes", () => Chain(3000));
        all.Add("a tree of 1,023 nodes", () => Tree(10));
        all.Add("boxes in boxes", () =>
        {
            object made = "end";
            for (int i = 0; i < 500; i++)
            {
                made = new object[] { made };
            }

            return made;
        });
        all.Add("structs in objects in structs", () =>
        {
            object made = "end";
            for (int i = 0; i < 500; i++)
            {
                made = new Box { Value = made };
            }

            return made;
        });
        all.Add("lists in lists", () =>
        {
            List<object> made = ["end"];
            for (int i = 0; i < 500; i++)
            {
                made = [made, i];
            }

            return made;
        });
        all.Add("dictionaries in dictionaries", () =>
        {
            Dictionary<string, object> made = new() { ["end"] = 1 };
            for (int i = 0; i < 300; i++)
            {
                made = new Dictionary<string, object> { ["inner"] = made };
            }

            return made;
        });
        all.Add("exceptions in exceptions", () =>
        {
            Exception made = new InvalidOperationException("first");
            for (int i = 0; i < 200; i++)
            {
                made = new NodeException($"{i}", made);
            }

            return (NodeException)made;
        });
        all.Add("2,000 small objects", () => Enumerable.Range(0, 2000).Select(i => new Node { Name = i % 3 == 0 ? null : "n", Inner = new Link { Number = i } }).ToArray());
    }

    /// <summary>A list of so many nodes.</summary>
    public static Node Chain(int length)
    {
        Node first = new();
        Node last = first;
        for (int i = 1; i < length; i++)
        {
            last.Inner.Number = i;
            last = last.Next = new Node();
        }

        return first;
    }

    private static Node? Tree(int depth) => depth == 0 ? null : new Node { Name = $"{depth}", Next = Tree(depth - 1), Any = Tree(depth - 1) };

    internal sealed class Node
    {
        public string? Name;
        public Node? Next;
        public object? Any;
        public Node?[]? Many;
        public List<Node>? List;
        public Dictionary<string, Node>? Map;
        public Dictionary<Node, int>? Keys;
        public HashSet<Node>? Set;
        public Link Inner;
    }

    internal struct Link
    {
        public Node? To;
        public int Number;
    }

    internal struct Box
    {
        public object? Value;
    }

    internal sealed class Parent
    {
        private readonly Child _child;

        public Parent(string name)
        {
            Effects.Note("Parent");
            Name = name;
            _child = new Child(this);
        }

        public string Name { get; }

        public string OfChild() => _child.Of();

        private sealed class Child(Parent parent)
        {
            private readonly Parent _parent = parent;

            public string Of() => _parent.Name;
        }
    }

    internal sealed class Hashed
    {
        public string? Text;
        public Hashed? Inner;
        public Dictionary<Hashed, int>? Home;

        public override bool Equals(object? obj) => obj is Hashed other && other.Text == Text && Equals(other.Inner, Inner);

        public override int GetHashCode() => string.GetHashCode(Text, StringComparison.Ordinal) ^ (Inner is null ? 7 : 31 * Inner.GetHashCode());
    }

    internal sealed class NodeException(string message, Exception? inner = null) : Exception(message, inner)
    {
        public Node? Node { get; set; }
    }
}
