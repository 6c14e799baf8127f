using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>The form in which objects cross between C# and C#: what it keeps, what it refuses, and what hostile bytes can do.</summary>
public sealed unsafe class GraphTests
{
    [Fact]
    public void References_stay_what_they_are()
    {
        var shared = new Node { Name = "shared" };
        var root = new Node { Name = "root", Next = shared, Other = shared };
        shared.Next = root;
        Node copy = Round(root);
        Assert.NotSame(root, copy);
        Assert.Same(copy.Next, copy.Other);
        Assert.Same(copy, copy.Next!.Next);
        object[] array = [null!, 1];
        array[0] = array;
        object[] back = Round(array);
        Assert.Same(back, back[0]);
    }

    [Fact]
    public void Depth_is_no_matter()
    {
        Node? first = null;
        for (int i = 0; i < 100_000; i++)
        {
            first = new Node { Name = null, Next = first, Number = i };
        }

        int count = 0;
        for (Node? node = Round(first); node is not null; node = node.Next)
        {
            Assert.Equal(99_999 - count++, node.Number);
        }

        Assert.Equal(100_000, count);
    }

    [Fact]
    public void No_code_of_the_class_runs()
    {
        var value = new Strict(3) { Property = 4 };
        Strict.Runs = 0;
        Strict copy = Round(value);
        Assert.Equal(0, Strict.Runs);
        Assert.Equal((3, 4, 7), copy.Fields);
    }

    [Fact]
    public void Every_bit_of_numbers_and_texts_crosses()
    {
        foreach (object value in Numbers())
        {
            object back = Round(value);
            Assert.Equal(value.GetType(), back.GetType());
            Assert.Equal(value, back);
            Assert.Equal(Bits(value), Bits(back));
        }
    }

    private static object[] Numbers() =>
        [
            BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_1234), -0.0, BitConverter.Int32BitsToSingle(0x7fc0_0123), 1.500m, -0.0m, decimal.MaxValue,
            (byte)200, (sbyte)-3, (short)-4, (ushort)60_000, 3_000_000_000u, long.MinValue, ulong.MaxValue, 'x', '\ud800', (Half)1.5, Int128.MinValue, UInt128.MaxValue,
            DayOfWeek.Friday, Guid.NewGuid(), TimeSpan.FromTicks(-7), new DateTime(5, DateTimeKind.Local), new DateTime(6, DateTimeKind.Utc), DateTime.MaxValue,
            new DateTimeOffset(7, TimeSpan.Zero), new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.FromMinutes(-210)), new DateOnly(2024, 2, 29), new TimeOnly(23, 59),
            BigInteger.Pow(-7, 99), new Complex(1, -2), new Rune(0x1d11e), 1..^2, (nint)5, (nuint)6, new Version(1, 2), (1, "two", 3.0), true, DBNull.Value,
            "", "plain", "grüezi 𝄞", "\ud800 alone", new string('\udc00', 100), new string('é', 5000),
        ];

    private static string Bits(object value) => value switch
    {
        double d => BitConverter.DoubleToInt64Bits(d).ToString("x", CultureInfo.InvariantCulture),
        float f => BitConverter.SingleToInt32Bits(f).ToString("x", CultureInfo.InvariantCulture),
        decimal m => string.Join(",", decimal.GetBits(m)),
        DateTime t => $"{t.Ticks} {t.Kind}",
        _ => string.Empty,
    };

    [Fact]
    public void Collections_keep_type_order_and_comparer()
    {
        foreach (object value in Collections())
        {
            Same(value, Round(value));
        }

        Assert.Equal(["a", "b"], Round(new[] { "a", "b" }.ToFrozenSet()).Order());
        Assert.Equal(2, Round(new Dictionary<string, int> { ["x"] = 2 }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase))["X"]);
        PriorityQueue<string, int> queue = Round(new PriorityQueue<string, int>([("b", 2), ("a", 1), ("c", 3)]));
        Assert.Equal(("a", "b", "c"), (queue.Dequeue(), queue.Dequeue(), queue.Dequeue()));
        Assert.Equal([2, 3], Round(new Memory<int>([1, 2, 3], 1, 2)).ToArray());
    }

    [Fact]
    public void A_guest_keeps_all_of_it_too()
    {
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader()
            .WithWireType<Point>().WithWireType<Node>().WithWireType<NamedMap>().WithWireType<NamedList>();
        using var runtime = new IsolatedRuntime(host);
        object[] all = Collections();
        object[] back = runtime.Invoke(() => all);
        Assert.Equal(all.Length, back.Length);
        for (int i = 0; i < all.Length; i++)
        {
            Same(all[i], back[i]);
            object one = all[i];
            Same(one, runtime.Invoke(() => one));
        }

        object[] numbers = Numbers();
        object[] again = runtime.Invoke(() => numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            Assert.Equal(numbers[i].GetType(), again[i].GetType());
            Assert.Equal(numbers[i], again[i]);
            Assert.Equal(Bits(numbers[i]), Bits(again[i]));
        }

        Node? first = null;
        for (int i = 0; i < 100_000; i++)
        {
            first = new Node { Next = first, Number = i };
        }

        int count = 0;
        for (Node? node = runtime.Invoke(() => first); node is not null; node = node.Next)
        {
            Assert.Equal(99_999 - count++, node.Number);
        }

        Assert.Equal(100_000, count);
        var map = new NamedMap("m") { ["k"] = 1 };
        NamedMap mapBack = runtime.Invoke(() => map);
        Assert.Equal(("m", 1), (mapBack.Name, mapBack["K"]));
    }

    private static void Same(object value, object back)
    {
        Assert.Equal(value.GetType(), back.GetType());
        Assert.NotSame(value.GetType().IsValueType ? null : value, back);
        if (value is IEnumerable items)
        {
            Assert.Equal(items.Cast<object?>(), ((IEnumerable)back).Cast<object?>());
        }
        else
        {
            Assert.Equal(value, back);
        }

        foreach (string name in new[] { "Comparer", "KeyComparer" })
        {
            if (value.GetType().GetProperty(name) is { } property)
            {
                Assert.Equal(property.GetValue(value), property.GetValue(back));
            }
        }
    }

    private static object[] Collections() =>
        [
            new List<int> { 3, 1, 2 }, new List<string?> { "a", null }, new List<object> { 1, "x", 2L }, new[] { 1.5, 2.5 }, new string?[] { "a", null }, new bool[] { true, false },
            new int[,] { { 1, 2, 3 }, { 4, 5, 6 } }, new int[][] { [1], [2, 3] }, Array.Empty<Node>(), new Point[] { new(1, 2), new(3, 4) }, new int?[] { 1, null },
            new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["b"] = 1, ["a"] = 2 }, new Dictionary<int, string> { [5] = "five" },
            new HashSet<string>(StringComparer.InvariantCultureIgnoreCase) { "x", "y" }, new HashSet<Point> { new(1, 2) }, new SortedSet<int>(Comparer<int>.Default) { 3, 1 },
            new SortedDictionary<string, int>(StringComparer.Ordinal) { ["b"] = 1, ["B"] = 2 }, new SortedList<int, string> { [2] = "b", [1] = "a" },
            new Queue<int>([1, 2, 3]), new Stack<int>([1, 2, 3]), new LinkedList<string>(["a", "b"]), new ConcurrentQueue<int>([1, 2]), new ConcurrentStack<int>([1, 2]),
            new ConcurrentDictionary<string, int>(StringComparer.Ordinal) { ["a"] = 1 }, new OrderedDictionary<string, int> { ["z"] = 1, ["a"] = 2 },
            ImmutableArray.Create(1, 2), ImmutableList.Create("a", "b"), ImmutableQueue.Create(1, 2), ImmutableStack.Create(1, 2), ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase, "a"),
            ImmutableSortedSet.Create(3, 1), ImmutableDictionary<string, int>.Empty.Add("a", 1), ImmutableSortedDictionary<string, int>.Empty.Add("b", 2),
            new ReadOnlyCollection<int>([1, 2]), new Collection<int> { 1 }, new ObservableCollection<int> { 1, 2 }, new ReadOnlyDictionary<string, int>(new Dictionary<string, int> { ["a"] = 1 }),
            new ArrayList { 1, "x" }, new BitArray([true, false, true]), new Queue(new object[] { 1, 2 }), new Stack(new object[] { 1, 2 }),
            new ArraySegment<int>([1, 2, 3], 1, 2), Tuple.Create(1, "a"), KeyValuePair.Create("k", 5), new Hashtable { ["a"] = 1 },
        ];

    [Fact]
    public void Objects_of_the_frameworks_own_cross_as_what_they_say()
    {
        Assert.Equal(new Uri("a/b", UriKind.Relative), Round(new Uri("a/b", UriKind.Relative)));
        Assert.Equal(new Uri("https://example.org/?q=1"), Round(new Uri("https://example.org/?q=1")));
        Assert.Equal("text", Round(new StringBuilder("text")).ToString());
        Assert.Equal(CultureInfo.InvariantCulture, Round(CultureInfo.InvariantCulture));
        Assert.Equal(IPAddress.Parse("fe80::1%3"), Round(IPAddress.Parse("fe80::1%3")));
        Assert.Equal(IPAddress.Loopback, Round(IPAddress.Loopback));
        Assert.Equal("a+", Round(new Regex("a+", RegexOptions.IgnoreCase)).ToString());
        Assert.Equal(TimeZoneInfo.Utc, Round(TimeZoneInfo.Utc));
        Assert.Equal(Encoding.UTF8.WebName, Round<Encoding>(new UTF8Encoding(false, true)).WebName);
        Assert.Equal(typeof(Node), Round<Holder>(new Holder { Any = typeof(Node), Node = new Node() }).Any);
        var lazy = new Lazy<int>(() => 6);
        Assert.Equal(6, lazy.Value);
        Assert.True(Round(lazy).IsValueCreated);
        Assert.Equal(6, Round(lazy).Value);
        var thrown = new Own("outer", new InvalidOperationException("inner")) { Code = 7 };
        Own back = Round(thrown);
        Assert.Equal(("outer", 7, "inner", thrown.HResult), (back.Message, back.Code, back.InnerException!.Message, back.HResult));
        Assert.Equal(typeof(object), Round(new object()).GetType());
        lock (Round(new Lock()))
        {
        }
    }

    [Fact]
    public void Derived_collections_keep_their_fields_and_their_code_does_not_run()
    {
        var list = new NamedList { Name = "n" };
        list.Add("x");
        NamedList copy = Round(list);
        Assert.Equal(("n", "x"), (copy.Name, copy.Single()));
        var map = new NamedMap("m") { ["k"] = 1 };
        NamedMap.Adds = 0;
        NamedMap back = Round(map);
        Assert.Equal(("m", 1, 0), (back.Name, back["K"], NamedMap.Adds));
        var keys = new Dictionary<Key, int>(new KeyComparer { Length = 1 }) { [new Key("ab")] = 1 };
        Dictionary<Key, int> again = Round(keys);
        Assert.Equal(1, again[new Key("ax")]);
        Assert.IsType<KeyComparer>(again.Comparer);
    }

    [Fact]
    public void Late_objects_are_the_same_wherever_they_are_referred_to()
    {
        var inner = ImmutableList.Create<object>("a");
        var outer = ImmutableList.Create<object>(inner, inner);
        object[] back = Round(new object[] { inner, outer, outer });
        Assert.Same(back[1], back[2]);
        Assert.Same(back[0], ((ImmutableList<object>)back[1])[0]);
        Assert.Same(back[0], ((ImmutableList<object>)back[1])[1]);
        var map = new Dictionary<object, int> { [inner] = 5 };
        object[] both = Round(new object[] { map, inner });
        Assert.Equal(5, ((Dictionary<object, int>)both[0])[both[1]]);
    }

    [Fact]
    public void What_cannot_cross_is_refused_with_its_path()
    {
        var order = new Order { Lines = [new Line(), new Line(), new Line()] };
        Round(order);
        order.Lines[2].Changed += (_, _) => { };
        Refused(order, "value.Lines[2].Changed", "delegate");
        Refused(new Holder { Any = new MemoryStream() }, "value.Any", "stream");
        Refused(new Holder { Any = Task.FromResult(1) }, "value.Any", "task");
        Refused(new Dictionary<string, object> { ["key"] = new Holder { Any = new CancellationTokenSource() } }, "value[\"key\"].Any", "resource");
        Refused(new Holder { Any = new Lazy<int>(() => 1) }, "value.Any", "not made yet");
        Refused((1, new object[] { new SemaphoreSlim(1) }), "value.Item2[0]", "resource");
        Refused((Action)(() => { }), "value", "delegate");

        static void Refused(object value, string path, string why)
        {
            var e = Assert.Throws<FailureException>(() => Write(value));
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            Assert.Contains(why, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_guest_names_only_types_that_it_may()
    {
        byte[] dog = Write(new Dog { Name = "Rex" });
        var e = Assert.Throws<FailureException>(() => Read(dog, typeof(Animal), new TypeScope()));
        Assert.Contains("WithWireType", e.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Dog), e.Message, StringComparison.Ordinal);
        Assert.Throws<FailureException>(() => Read(dog, typeof(object), new TypeScope()));
        var scope = new TypeScope();
        scope.Register(typeof(Dog));
        Assert.Equal("Rex", Assert.IsType<Dog>(Read(dog, typeof(Animal), scope)).Name);
        Assert.Equal("Rex", Assert.IsType<Dog>(Assert.IsType<List<Animal>>(Read(Write(new List<Animal> { new Dog { Name = "Rex" } }), typeof(List<Animal>), scope))[0]).Name);

        // Of .NET's own types those that are harmless, of whatever may be named.
        Assert.Equal([1, 2], Assert.IsType<List<int>>(Read(Write(new List<int> { 1, 2 }), typeof(object), new TypeScope())));
        Assert.Throws<FailureException>(() => Read(Write(new List<Dog>()), typeof(object), new TypeScope()));
        Assert.Throws<FailureException>(() => Read(Write(new Holder { Any = new List<Dog[]>() }), typeof(Holder), new TypeScope()));
        Assert.IsType<List<Dog[]>>(((Holder)Read(Write(new Holder { Any = new List<Dog[]>() }), typeof(Holder), scope)!).Any);

        // And an object is stored only where it fits.
        byte[] holder = Write(new Holder { Any = new Node() });
        Assert.Throws<FailureException>(() => Read(Replace(Write(new Typed { Node = null }), Write(new Typed { Node = new Node() })), typeof(Typed), new TypeScope()));
        Assert.NotNull(Read(holder, typeof(Holder), new TypeScope()));

        static byte[] Replace(byte[] nothing, byte[] something)
        {
            // The graph of a typed field with the name of the field's type exchanged for another that is reachable.
            byte[] from = Encoding.UTF8.GetBytes(TypeNames.Qualified(typeof(Node)));
            byte[] to = Encoding.UTF8.GetBytes(TypeNames.Qualified(typeof(Dole)));
            Assert.Equal(from.Length, to.Length);
            Assert.NotEqual(nothing.Length, something.Length);
            byte[] changed = [.. something];
            int at = changed.AsSpan().IndexOf(from);
            to.CopyTo(changed.AsSpan(at));
            return changed;
        }
    }

    [Fact]
    public void The_insides_of_the_frameworks_types_are_not_a_guests_to_fill()
    {
        var scope = new TypeScope();
        foreach (object value in new object[]
        {
            new System.Security.SecureString(), new System.Data.DataTable(), new Random(1), new System.Collections.Specialized.NameValueCollection { ["a"] = "b" },
            new Microsoft.Extensions.Primitives.StringValues(["a", "b"]),
        })
        {
            scope.Register(value.GetType());
            Exception? e = Record.Exception(() => Read(Write(value), value.GetType(), scope));
            Assert.IsType<FailureException>(e);
        }
    }

    [Fact]
    public void Damaged_graphs_are_errors_and_take_no_more_than_they_pay_for()
    {
        var scope = new TypeScope();
        scope.Register(typeof(Dog));
        scope.Register(typeof(NamedMap));
        scope.Register(typeof(Point));
        byte[] good = Write(new Holder
        {
            Any = new object[]
            {
                new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase) { ["a"] = new Dog { Name = "Rex" } }, new List<int> { 1, 2, 3 }, "text", 1.5m,
                new HashSet<Point> { new(1, 2) }, ImmutableList.Create(1, 2), new int[,] { { 1 } }, DateTime.UnixEpoch, new NamedMap("n") { ["x"] = 1 },
            },
            Node = new Node { Name = "node" },
        });
        Assert.NotNull(Read(good, typeof(Holder), scope));
        var random = new Random(4711);
        for (int round = 0; round < 4_000; round++)
        {
            byte[] bad = [.. good];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = (byte)(random.Next(4) == 0 ? 255 : random.Next(256));
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? e = Record.Exception(() => Read(bad, typeof(Holder), scope));
            Assert.True(e is null or FailureException or ArgumentException, e?.ToString());
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
        }

        for (int length = 0; length < good.Length; length++)
        {
            byte[] cut = good[..length];
            Assert.Throws<FailureException>(() => Read(cut, typeof(Holder), scope));
        }
    }

    [Fact]
    public void Many_small_objects_take_memory_in_proportion()
    {
        foreach (object value in new object[]
        {
            Enumerable.Range(0, 50_000).Select(_ => new object()).ToArray(), Enumerable.Range(0, 50_000).Select(_ => new Dictionary<string, string>()).ToArray(),
            Enumerable.Range(0, 50_000).Select(_ => new List<int>()).ToArray(), new CancellationToken[50_000], new Empty[50_000],
        })
        {
            byte[] bytes = Write(value);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Read(bytes, value.GetType(), new TypeScope());
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 100L * bytes.Length, $"{value.GetType()}: {taken} for {bytes.Length}");
        }

        byte[] heavy = Write(Enumerable.Range(0, 50_000).Select(_ => new ConcurrentDictionary<string, string>()).ToArray());
        Assert.Throws<FailureException>(() => Read(heavy, typeof(ConcurrentDictionary<string, string>[]), new TypeScope()));
    }

    [Fact]
    public void Keys_that_collide_are_read_in_no_time()
    {
        var map = new Dictionary<long, string?>();
        for (long i = 0; i < 30_000; i++)
        {
            map[i << 33 | i << 1] = null;
        }

        Assert.Equal(map.Count, Assert.IsType<Dictionary<long, string>>(Read(Write(map), map.GetType(), new TypeScope())).Count);
        var own = new Dictionary<Key, int>();
        for (int i = 0; i < 30_000; i++)
        {
            own[new Key(i.ToString(CultureInfo.InvariantCulture))] = i;
        }

        Assert.Contains("keys", Assert.Throws<FailureException>(() => Read(Write(own), own.GetType(), new TypeScope())).Message, StringComparison.Ordinal);
    }

    /// <summary>Anything but an error would be a write beyond the end of an object, or one type taken for another.</summary>
    [Fact]
    public void Forged_types_are_refused()
    {
        var scope = new TypeScope();
        foreach (Type type in new[]
        {
            typeof(int?), typeof(Guid?), typeof(Overlapping), typeof(OverlappingClass), typeof(Action), typeof(Thread), typeof(FileStream), typeof(Enum), typeof(Array),
            typeof(ValueType), typeof(IDisposable), typeof(System.Runtime.InteropServices.GCHandle), typeof(WeakReference), typeof(int*), typeof(void),
        })
        {
            scope.Register(type);
            var ops = new FieldOps();
            if (type.IsValueType && type != typeof(void) && type != typeof(Overlapping))
            {
                ops.AddValue(type, 0, string.Empty, null, guarded: false);
            }

            byte[] head = new ObjectForm(type, ops.ToArray(), null).Head;
            for (byte fill = 0; fill < 3; fill++)
            {
                byte[] graph = [1, 1, .. head, .. Enumerable.Repeat((byte)(fill == 2 ? 255 : fill), ops.ToArray().Sum(ElementForm.Leasts))];
                byte[] message =
                [
                    Codes.FixExt4, (byte)Codes.Graph, 0, 0, 0, 0, Codes.Ext32, .. BigEndian(graph.Length + 8), (byte)Codes.Graph, .. graph,
                    .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(graph.Length),
                ];
                Exception? e = Record.Exception(() => Read(message, typeof(object), scope));
                if (fill > 0 || type != typeof(System.Runtime.InteropServices.GCHandle))
                {
                    Assert.IsType<FailureException>(e);
                }
            }
        }

        static byte[] BigEndian(int value) => [.. BitConverter.GetBytes(value).Reverse()];
    }

    private static T Round<T>(T value)
    {
        var scope = new TypeScope();
        foreach (Type type in new[] { typeof(Node), typeof(Own), typeof(InvalidOperationException), typeof(NamedList), typeof(NamedMap), typeof(Point), typeof(Regex), typeof(DayOfWeek), typeof(KeyComparer) })
        {
            scope.Register(type);
        }

        return (T)Read(Write(value!), value!.GetType(), scope)!;
    }

    private static byte[] Write(object value) => WireTests.Pack(w =>
    {
        Values.WriteRoot(w, value, "value");
        w.FinishGraph();
    });

    private static object? Read(byte[] bytes, Type type, TypeScope scope)
    {
        fixed (byte* p = bytes.Length == 0 ? new byte[1] : bytes)
        {
            WireReader reader = new(p, bytes.Length) { Scope = scope, Root = type };
            object? value = Values.ReadBoxed(reader, Plans.For(type));
            reader.ExpectEnd();
            return value;
        }
    }

    private sealed class Node
    {
        public string? Name { get; set; }

        public Node? Next { get; set; }

        public Node? Other { get; set; }

        public int Number { get; set; }
    }

    private sealed class Dole
    {
        public string? Name { get; set; }

        public Node? Next { get; set; }

        public Node? Other { get; set; }

        public int Number { get; set; }
    }

    private sealed class Typed
    {
        public Node? Node { get; set; }

        public Dole? Dole { get; set; }
    }

    private sealed class Strict
    {
        private readonly int _made;
        private int _property;

        public Strict(int made)
        {
            Runs++;
            _made = made;
        }

        public static int Runs { get; set; }

        public int Property
        {
            get
            {
                Runs++;
                return _property;
            }

            set
            {
                Runs++;
                _property = value;
                Sum = _made + value;
            }
        }

        public int Sum { get; private set; }

        public (int Made, int Property, int Sum) Fields => (_made, _property, Sum);
    }

    private struct Point(int x, int y) : IEquatable<Point>
    {
        public int X = x;
        public int Y = y;

        public readonly bool Equals(Point other) => (X, Y) == (other.X, other.Y);

        public override readonly bool Equals(object? obj) => obj is Point other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(X, Y);
    }

    private struct Empty;

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit)]
    private struct Overlapping
    {
        [System.Runtime.InteropServices.FieldOffset(0)]
        public string? Text;

        [System.Runtime.InteropServices.FieldOffset(0)]
        public object? Any;
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit)]
    private sealed class OverlappingClass
    {
        [System.Runtime.InteropServices.FieldOffset(0)]
        public string? Text;

        [System.Runtime.InteropServices.FieldOffset(0)]
        public object? Any;
    }

    private sealed class Holder
    {
        public object? Any { get; set; }

        public Node? Node { get; set; }
    }

    private sealed class Own(string message, Exception? inner) : Exception(message, inner)
    {
        public int Code { get; set; }
    }

    private sealed class NamedList : List<string>
    {
        public string? Name { get; set; }
    }

    private sealed class NamedMap(string name) : Dictionary<string, int>(StringComparer.OrdinalIgnoreCase), IDictionary<string, int>
    {
        public static int Adds { get; set; }

        public string Name { get; } = name;

        void IDictionary<string, int>.Add(string key, int value) => Adds++;
    }

    private sealed record Key(string Text);

    private sealed class KeyComparer : IEqualityComparer<Key>
    {
        public int Length { get; set; }

        public bool Equals(Key? x, Key? y) => x!.Text[..Length] == y!.Text[..Length];

        public int GetHashCode(Key obj) => obj.Text[..Length].GetHashCode(StringComparison.Ordinal);
    }

    private sealed class Order
    {
        public List<Line> Lines { get; set; } = [];
    }

    private sealed class Line
    {
        public event EventHandler? Changed;

        public void Raise() => Changed?.Invoke(this, EventArgs.Empty);
    }

    private abstract class Animal
    {
        public string? Name { get; set; }
    }

    private sealed class Dog : Animal;
}
