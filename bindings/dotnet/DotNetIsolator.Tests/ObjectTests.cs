using Xunit;

namespace DotNetIsolator.Tests;

public sealed class ObjectTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void An_object_is_made_and_called()
    {
        using IsolatedObject counter = _runtime.CreateObject<Counter>();
        counter.InvokeVoid("Add", 3);
        counter.InvokeVoid("Add", 4);
        Assert.Equal(7, counter.Invoke<int>("get_Total"));
    }

    [Fact]
    public void It_is_made_by_name_too()
    {
        using IsolatedObject text = _runtime.CreateObject("System.Private.CoreLib", "System.Text", "StringBuilder");
        text.InvokeVoid("Append", "abc");
        Assert.Equal("abc", text.Invoke<string>("ToString"));
        string assembly = typeof(ObjectTests).Assembly.GetName().Name!;
        using IsolatedObject nested = _runtime.CreateObject(assembly, "DotNetIsolator.Tests", "ObjectTests", "Counter");
        Assert.Equal(0, nested.Invoke<int>("get_Total"));
        using IsolatedObject deeper = _runtime.CreateObject(assembly, "DotNetIsolator.Tests", "ObjectTests/Counter", "Inner");
        Assert.Equal("inner", deeper.Invoke<string>("Name"));
    }

    [Fact]
    public void Constructors_take_arguments()
    {
        using IsolatedObject counter = _runtime.CreateObject<Counter>(100);
        Assert.Equal(100, counter.Invoke<int>("get_Total"));
        using IsolatedObject named = _runtime.CreateObject(typeof(Named), "Ada", new DateOnly(1815, 12, 10));
        Assert.Equal("Ada 1815", named.Invoke<string>("Describe"));
        string assembly = typeof(ObjectTests).Assembly.GetName().Name!;
        using IsolatedObject byName = _runtime.CreateObject(assembly, "DotNetIsolator.Tests", "ObjectTests", "Counter", [5]);
        Assert.Equal(5, byName.Invoke<int>("get_Total"));
    }

    [Fact]
    public void Generic_types_are_made()
    {
        using IsolatedObject list = _runtime.CreateObject<List<Counter>>();
        using IsolatedObject counter = _runtime.CreateObject<Counter>(9);
        list.InvokeVoid("Add", counter);
        using IsolatedObject first = list.Invoke<int, IsolatedObject>("get_Item", 0);
        Assert.Equal(9, first.Invoke<int>("get_Total"));
    }

    [Fact]
    public void A_copy_has_the_private_state_and_is_independent()
    {
        var counter = new Counter(3);
        using IsolatedObject copy = _runtime.CopyObject(counter);
        copy.InvokeVoid("Add", 1);
        Assert.Equal(4, copy.Invoke<int>("get_Total"));
        Assert.Equal(3, counter.Total);
        Assert.Equal(4, copy.GetValue<Counter>().Total);
    }

    [Fact]
    public void A_copy_is_of_the_type_that_the_object_has()
    {
        Animal animal = new Dog("Rex");
        using IsolatedObject copy = _runtime.CopyObject(animal);
        Assert.Equal("Rex barks", copy.Invoke<string>("Sound"));
    }

    [Fact]
    public void Objects_pass_by_reference()
    {
        using IsolatedObject counter = _runtime.CreateObject<Counter>();
        IsolatedMethod add = _runtime.GetMethod(typeof(ObjectTests), nameof(AddTwice));
        add.InvokeVoid(null, counter, 5);
        Assert.Equal(10, counter.Invoke<int>("get_Total"));
        using IsolatedObject same = _runtime.GetMethod(typeof(ObjectTests), nameof(Same)).Invoke<IsolatedObject, IsolatedObject>(null, counter);
        same.InvokeVoid("Add", 1);
        Assert.Equal(11, counter.Invoke<int>("get_Total"));
        Assert.Null(_runtime.GetMethod(typeof(ObjectTests), nameof(Same)).Invoke<IsolatedObject?, IsolatedObject>(null, null));
    }

    [Fact]
    public void Methods_are_found_and_reused()
    {
        using IsolatedObject one = _runtime.CreateObject<Counter>(1);
        using IsolatedObject two = _runtime.CreateObject<Counter>(2);
        IsolatedMethod total = one.FindMethod("get_Total");
        Assert.Equal(1, total.Invoke<int>(one));
        Assert.Equal(2, total.Invoke<int>(two));
        Assert.Same(total, two.Runtime.GetMethod(typeof(Counter), "get_Total"));
        Assert.Equal(6, _runtime.GetMethod(typeof(Counter), "Sum", 3).Invoke<int, int, int, int>(null, 1, 2, 3));
        Assert.Equal(3, _runtime.GetMethod(typeof(Counter), "Sum", 2).Invoke<int, int, int>(null, 1, 2));
    }

    [Fact]
    public void Overloads_are_told_apart_by_the_types_of_the_arguments()
    {
        using IsolatedObject overloads = _runtime.CreateObject<Overloads>();
        Assert.Equal("int", overloads.Invoke<int, string>("Take", 1));
        Assert.Equal("string", overloads.Invoke<string, string>("Take", "1"));
        Assert.Equal("DateTime", overloads.Invoke<DateTime, string>("Take", DateTime.UnixEpoch));
        Assert.Equal("int", overloads.Invoke<string>("Take", [1]));
        Assert.Equal("string", _runtime.GetMethod(typeof(Overloads), "Take", [typeof(string)]).Invoke<string, string>(overloads, "x"));
        var e = Assert.Throws<IsolatedException>(() => overloads.FindMethod("Take"));
        Assert.Equal(IsolatedErrorKind.Ambiguous, e.Kind);
        Assert.Equal(3, e.Candidates.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(12)]
    public void Any_number_of_arguments_will_do(int count)
    {
        using IsolatedObject many = _runtime.CreateObject<Many>();
        object?[] args = [.. Enumerable.Range(1, count).Select(i => (object)i)];
        Assert.Equal(count * (count + 1) / 2, many.Invoke<int>($"Take{count}", args));
        IsolatedMethod method = many.FindMethod($"Take{count}");
        Assert.Equal(count * (count + 1) / 2, method.Invoke<int>(many, args));
        method.InvokeVoid(many, args);
        many.InvokeVoid($"Take{count}", args);
    }

    [Fact]
    public void Every_arity_has_its_overload()
    {
        using IsolatedObject many = _runtime.CreateObject<Many>();
        IsolatedMethod join = many.FindMethod("Join");
        Assert.Equal("........", many.Invoke<string>("Join"));
        Assert.Equal("1.......", many.Invoke<string, string>("Join", "1"));
        Assert.Equal("12......", many.Invoke<string, string, string>("Join", "1", "2"));
        Assert.Equal("123.....", many.Invoke<string, string, string, string>("Join", "1", "2", "3"));
        Assert.Equal("1234....", many.Invoke<string, string, string, string, string>("Join", "1", "2", "3", "4"));
        Assert.Equal("12345...", many.Invoke<string, string, string, string, string, string>("Join", "1", "2", "3", "4", "5"));
        Assert.Equal("123456..", join.Invoke<string, string, string, string, string, string, string>(many, "1", "2", "3", "4", "5", "6"));
        Assert.Equal("1234567.", join.Invoke<string, string, string, string, string, string, string, string>(many, "1", "2", "3", "4", "5", "6", "7"));
        Assert.Equal("12345678", join.Invoke<string, string, string, string, string, string, string, string, string>(many, "1", "2", "3", "4", "5", "6", "7", "8"));
    }

    [Fact]
    public void Numbers_of_every_kind_cross_without_serialization()
    {
        Check(true, "Not", false);
        Check('b', "Next", 'a');
        Check((sbyte)-3, "Same", (sbyte)-3);
        Check((byte)200, "Same", (byte)200);
        Check((short)-30000, "Same", (short)-30000);
        Check((ushort)60000, "Same", (ushort)60000);
        Check(int.MinValue, "Same", int.MinValue);
        Check(uint.MaxValue, "Same", uint.MaxValue);
        Check(long.MinValue, "Same", long.MinValue);
        Check(ulong.MaxValue, "Same", ulong.MaxValue);
        Check(1.5f, "Same", 1.5f);
        Check(-0.1, "Same", -0.1);

        void Check<T>(T expected, string name, T value) =>
            Assert.Equal(expected, _runtime.GetMethod(typeof(Scalars), name, [typeof(T)]).Invoke<T, T>(null, value));
    }

    [Fact]
    public void A_private_method_can_be_called()
    {
        using IsolatedObject counter = _runtime.CreateObject<Counter>(5);
        Assert.Equal(10, counter.Invoke<int>("Twice"));
    }

    [Fact]
    public void An_object_of_another_runtime_is_refused()
    {
        using var other = new IsolatedRuntime(SharedHost.Instance);
        using IsolatedObject theirs = other.CreateObject<Counter>();
        IsolatedMethod total = _runtime.GetMethod(typeof(Counter), "get_Total");
        Assert.Equal(IsolatedErrorKind.BadHandle, Assert.Throws<IsolatedException>(() => total.Invoke<int>(theirs)).Kind);
        IsolatedMethod same = _runtime.GetMethod(typeof(ObjectTests), nameof(Same));
        Assert.Equal(IsolatedErrorKind.BadHandle, Assert.Throws<IsolatedException>(() => same.InvokeVoid(null, theirs)).Kind);
    }

    private static void AddTwice(Counter counter, int amount)
    {
        counter.Add(amount);
        counter.Add(amount);
    }

    private static object? Same(object? value) => value;

    internal class Counter(int total)
    {
        public Counter()
            : this(0)
        {
        }

        public int Total { get; private set; } = total;

        public static int Sum(int a, int b) => a + b;

        public static int Sum(int a, int b, int c) => a + b + c;

        public void Add(int amount) => Total += amount;

        private int Twice() => 2 * Total;

        internal sealed class Inner
        {
            public string Name() => "inner";
        }
    }

    private abstract class Animal
    {
        public abstract string Sound();
    }

    private sealed class Dog(string name) : Animal
    {
        public override string Sound() => $"{name} barks";
    }

    private sealed class Named(string name, DateOnly born)
    {
        public string Describe() => $"{name} {born.Year}";
    }

    private sealed class Overloads
    {
        public string Take(int value) => "int";

        public string Take(string value) => "string";

        public string Take(DateTime value) => "DateTime";
    }

    private static class Scalars
    {
        public static bool Not(bool value) => !value;

        public static char Next(char value) => (char)(value + 1);

        public static sbyte Same(sbyte value) => value;

        public static byte Same(byte value) => value;

        public static short Same(short value) => value;

        public static ushort Same(ushort value) => value;

        public static int Same(int value) => value;

        public static uint Same(uint value) => value;

        public static long Same(long value) => value;

        public static ulong Same(ulong value) => value;

        public static float Same(float value) => value;

        public static double Same(double value) => value;
    }

    private sealed class Many
    {
        public int Take1(int a) => a;

        public int Take8(int a, int b, int c, int d, int e, int f, int g, int h) => a + b + c + d + e + f + g + h;

        public int Take12(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l) =>
            a + b + c + d + e + f + g + h + i + j + k + l;

        public string Join(
            string a = ".", string b = ".", string c = ".", string d = ".", string e = ".", string f = ".", string g = ".", string h = ".") =>
            a + b + c + d + e + f + g + h;
    }
}
