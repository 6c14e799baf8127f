namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Generic types, nested and over the application's own.</summary>
internal static class GenericShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("generic class", () => new Box<int>(5));
        all.Add("generic class of a class", () => new Box<ClassShapes.Person>(new("a", 1)));
        all.Add("generic class of a struct with padding", () => new Box<StructShapes.Padded>(new StructShapes.Padded { A = 1, E = true }));
        all.Add("generic class of a nullable", () => new Box<int?>(null));
        all.Add("generic class of an array", () => new Box<int[,]>(new[,] { { 1 } }));
        all.Add("generic class of a generic class", () => new Box<Box<Box<string>>>(new(new(new("deep")))));
        all.Add("generic class nested in a generic class", () => new Outer<int>.Inner<string>(1, "a"));
        all.Add("class nested in a generic class", () => new Outer<string>.Plain { Value = "p" });
        all.Add("generic class derived from a closed one", () => new Closed("c", 5));
        all.Add("generic class that refers to itself", () => new Self<int> { Value = 1, Next = new Self<int> { Value = 2 } });
        all.Add("generic class with itself as the argument", () => new Curious { Peer = new Curious() });
        all.Add("generic struct of a private struct", () => new Pair<Hidden, string>(new Hidden(5), "h"));
        all.Add("generic interface", () => (IBox<string>)new Box<string>("i"));
        all.Add("generic covariant interface", () => (IBox<object>)new Box<string>("i"));
        all.Add("generic private class", () => new PrivateBox<Hidden>(new Hidden(1)));
        all.Add("generic of many arguments", () => new Many<int, string, double, char, long, Guid> { A = 1, B = "b", C = 2.5, D = 'd', E = 6, F = Guid.Empty });
        all.Add("generic dictionary of the application's types", () => new Dictionary<Pair<int, string>, Box<ClassShapes.Dog>> { [new(1, "a")] = new(new("Rex", 1)) });
        all.Add("generic list of a generic struct", () => new List<Pair<int, Pair<byte, long>>> { new(1, new(2, 3)) });
        all.Add("generic with a constraint", () => new Sorted<string>("b"));
        all.Add("generic base field of another type", () => new Derived<string> { Text = "t" }.Set(5));
    }

    internal interface IBox<out T>
    {
        T Get();
    }

    internal sealed class Box<T>(T value) : IBox<T>
    {
        private readonly T _value = value;

        public T Get() => _value;
    }

    internal static class Outer<T>
    {
        internal sealed class Inner<TInner>(T first, TInner second)
        {
            public T First { get; } = first;

            public TInner Second { get; } = second;
        }

        internal sealed class Plain
        {
            public T? Value;
        }
    }

    internal class Open<TA, TB>(TA a)
    {
        private readonly TA _a = a;

        public TB? B { get; set; }

        public TA A() => _a;
    }

    internal sealed class Closed : Open<string, int>
    {
        private readonly string _a = "own";

        public Closed(string a, int b)
            : base(a) => B = b;

        public string Own() => _a;
    }

    internal sealed class Self<T>
    {
        public T? Value;
        public Self<T>? Next;
        public List<Self<T>> More = [];
    }

    internal class CuriousBase<T>
        where T : CuriousBase<T>
    {
        public T? Peer { get; set; }
    }

    internal sealed class Curious : CuriousBase<Curious>
    {
        public int N = 3;
    }

    internal readonly record struct Pair<TA, TB>(TA A, TB B);

    private readonly struct Hidden(int value)
    {
        private readonly int _value = value;

        public int Value() => _value;
    }

    private sealed class PrivateBox<T>(T value)
    {
        public T Value { get; } = value;
    }

    internal sealed class Many<TA, TB, TC, TD, TE, TF>
    {
        public TA? A;
        public TB? B;
        public TC? C;
        public TD? D;
        public TE? E;
        public TF? F;
    }

    internal sealed class Sorted<T>(T first)
        where T : IComparable<T>
    {
        private readonly T[] _items = [first];

        public T First() => _items[0];
    }

    internal class GenericBase<T>
    {
        private T? _value;

        public GenericBase<T> Put(T value)
        {
            _value = value;
            return this;
        }

        public T? Get() => _value;
    }

    internal sealed class Derived<T> : GenericBase<int>
    {
        private T? _value;

        public T? Text
        {
            get => _value;
            set => _value = value;
        }

        public Derived<T> Set(int value)
        {
            Put(value);
            return this;
        }
    }
}
