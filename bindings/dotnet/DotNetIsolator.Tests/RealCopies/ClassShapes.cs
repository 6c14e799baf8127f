#pragma warning disable CS0649 // Fields that are left as they are are tried as well.
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Classes whose own code must not run when they are copied. Each says in <see cref="Effects"/> when it did.</summary>
internal static class ClassShapes
{
    public static void AddTo(Shapes all)
    {
        all.Add("constructor that converts", () => new Polar(180));
        all.Add("constructor that hashes", () => new Account("pw"));
        all.Add("constructor that counts", () => new Numbered(7));
        all.Add("constructor that trims", () => new Trimmed(" a "));
        all.Add("constructor that validates what was valid then", () =>
        {
            var value = new Positive(3);
            value.SetNegative();
            return value;
        });
        all.Add("constructor that throws", () => Unmakeable.Make(5));
        all.Add("constructor of a base class that throws", () => DerivedUnmakeable.Make(5, "d"));
        all.Add("constructor with parameters named otherwise", () => new Odd(1, "x"));
        all.Add("primary constructor with a captured parameter", () => new Primary(20, "p"));
        all.Add("setters with effects", () => new Dirty("a").Clean());
        all.Add("setter that converts", () => new Swapped { Celsius = 20.1 });
        all.Add("setter that throws", () => ThrowsInSetter.Make("v"));
        all.Add("getter that throws", () => new Throwing());
        all.Add("getter that makes its value", () => new LazyMember());
        all.Add("getter that counts", () => new CountingGetter(3));
        all.Add("getter that is another field's", () => new CrossedFields("one", "two"));
        all.Add("indexer", () => new Indexed());
        all.Add("virtual members that are overridden", () => new Overrides(5));
        all.Add("virtual members as their base", () => (OverridesBase)new Overrides(5));
        all.Add("abstract base", () => (AbstractBase)new Concrete(4));
        all.Add("interface", () => (INamed)new Concrete(4));
        all.Add("interface with a default member", () => (IDefaulted)new Defaulted());
        all.Add("explicit interface members", () => new Explicit());
        all.Add("properties with init", () => new WithInit { A = 1, B = "b" });
        all.Add("properties that are required", () => new WithRequired { A = 1, B = null });
        all.Add("readonly fields", () => new WithReadonly(5));
        all.Add("constants and statics beside fields", () => new WithStatics());
        all.Add("private fields of the same name in three classes", () => new Third());
        all.Add("a field that hides another", () => new Hiding { Value = "derived" }.SetBase(9));
        all.Add("a property that hides another", () => new HidingProperty { Value = 5 }.SetBase("b"));
        all.Add("NonSerialized fields", () => new WithNonSerialized(3));
        all.Add("private nested class", () => Private.Make());
        all.Add("private nested class as object", () => (object)Private.Make());
        all.Add("volatile fields", () => new WithVolatile());
        all.Add("an event without subscribers", () => new WithEvent { N = 5 });
        all.Add("property changed without subscribers", () => new Notifying { Price = 3 });
        all.Add("a null delegate", () => new WithDelegate { N = 6 });
        all.Add("an object to lock on", () => new WithLock());
        all.Add("a Lock", () => new WithNewLock());
        all.Add("a lazy value that was made", () => new WithLazy(6));
        all.Add("the dispose pattern", () => new Disposing());
        all.Add("a finalizer", () => new Finalized(9));
        all.Add("operators and Equals", () => new Equal(5));
        all.Add("Equals and GetHashCode that throw", () => new Hostile(5));
        all.Add("ToString that throws", () => new Mute(5));
        all.Add("a field that is named like a backing field", () => new OddNames());
        all.Add("names that are not ASCII", () => new Übung { größe = 7, 名前 = "n" });
        all.Add("serialization attributes", () => new Attributed { Ignored = 4, Renamed = 5 });
        all.Add("serialization callbacks", () => new WithCallbacks { N = 4 });
        all.Add("no fields", () => new Empty());
        all.Add("thirty fields", () => new Wide());
        all.Add("static constructor", () => new WithStaticConstructor(4));
        AddRecords(all);
    }

    private static void AddRecords(Shapes all)
    {
        all.Add("record", () => new Person("Ada", 36));
        all.Add("record derived", () => new Employee("Ada", 36, "math"));
        all.Add("record derived as its base", () => (Person)new Employee("Ada", 36, "math"));
        all.Add("record derived as object", () => (object)new Employee("Ada", 36, "math"));
        all.Add("record whose body converts", () => new Greeting("Ada"));
        all.Add("record with validation in init", () => new Order { Qty = 3 });
        all.Add("record changed by with", () => new Person("Ada", 36) with { Age = 37 });
        all.Add("record with a computed member", () => new Computed(3, 4));
        all.Add("record with a list", () => new Basket("b", ["x", "y"]));
        all.Add("record struct", () => new Coordinates(1, 2));
        all.Add("record struct boxed", () => (object)new Coordinates(1, 2));
        all.Add("record struct readonly", () => new ReadonlyCoordinates(1.5, "m"));
        all.Add("record struct readonly nullable", () => (ReadonlyCoordinates?)new ReadonlyCoordinates(1.5, "m"));
        all.Add("record generic", () => new Wrapped<Person>(new Employee("a", 1, "b"), [new Person("c", 2)]));
        all.Add("record sealed with positional null", () => new Person(null!, 0));
        all.Add("record abstract", () => (Animal)new Dog("Rex", 3));
        all.Add("record array", () => new Animal?[] { new Dog("Rex", 3), null, new Cat("Tom") });
    }

    internal sealed class Polar
    {
        public Polar(double angle)
        {
            Effects.Note("Polar");
            Angle = angle * Math.PI / 180;
        }

        public double Angle { get; }
    }

    internal sealed class Account
    {
        public Account(string password)
        {
            Effects.Note("Account");
            Password = $"hash({password})";
        }

        public string Password { get; }
    }

    internal sealed class Numbered
    {
        public static int Made;

        public Numbered(int n)
        {
            Effects.Note("Numbered");
            Made++;
            N = n;
        }

        public int N { get; }
    }

    internal sealed class Trimmed
    {
        public Trimmed(string s)
        {
            Effects.Note("Trimmed");
            S = s.Trim();
        }

        public string S { get; private set; }
    }

    internal sealed class Positive
    {
        public Positive(int n)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(n);
            N = n;
        }

        public int N { get; private set; }

        public void SetNegative() => N = -1;
    }

    internal class Unmakeable
    {
        private static bool s_refuses = true;

        public Unmakeable()
        {
            if (s_refuses)
            {
                throw new InvalidOperationException("this constructor must not run");
            }
        }

        public int N { get; set; }

        public static Unmakeable Make(int n) => Make(() => new Unmakeable { N = n });

        protected static T Make<T>(Func<T> make)
        {
            s_refuses = false;
            T made = make();
            s_refuses = true;
            return made;
        }
    }

    internal sealed class DerivedUnmakeable : Unmakeable
    {
        public string? S { get; init; }

        public static DerivedUnmakeable Make(int n, string s) => Make(() => new DerivedUnmakeable { N = n, S = s });
    }

    internal sealed class Odd
    {
        private readonly int _first;
        private readonly string _second;

        public Odd(int b, string a)
        {
            Effects.Note("Odd");
            (_first, _second) = (b + 1, a + "!");
        }

        public string A => Effects.Note("Odd.A", _second + "?");

        public int B => Effects.Note("Odd.B", _first * 2);
    }

    internal sealed class Primary(double kelvin, string name)
    {
        public double Kelvin { get; } = Effects.Note("Primary", kelvin + 273.15);

        public string Name() => name + kelvin;
    }

    internal sealed class Dirty
    {
        private string _name = string.Empty;
        private int _changes;

        public Dirty(string name) => Name = name;

        public bool IsDirty { get; private set; }

        public string Name
        {
            get => Effects.Note("Dirty.get", _name);
            set
            {
                Effects.Note("Dirty.set");
                _name = value;
                _changes++;
                IsDirty = true;
            }
        }

        public Dirty Clean()
        {
            IsDirty = false;
            return this;
        }
    }

    internal sealed class Swapped
    {
        private double _fahrenheit;

        public double Celsius
        {
            get => Effects.Note("Swapped.get", (_fahrenheit - 32) / 1.8);
            set => _fahrenheit = Effects.Note("Swapped.set", (value * 1.8) + 32);
        }
    }

    internal sealed class ThrowsInSetter
    {
        private string? _value;

        public string? Value
        {
            get => throw new InvalidOperationException("get " + _value);
            set => throw new InvalidOperationException("set " + value);
        }

        public static ThrowsInSetter Make(string value) => new() { _value = value };
    }

    internal sealed class Throwing
    {
        private string? _value;

        [SuppressMessage("Design", "CA1065", Justification = "That is what is tried.")]
        public string Value
        {
            get => _value ?? throw new InvalidOperationException("not set yet");
            set => _value = value;
        }
    }

    internal sealed class LazyMember
    {
        private List<int>? _list;

        public List<int> List
        {
            get => _list ??= Effects.Note("LazyMember.get", new List<int>());
            set => _list = value;
        }
    }

    internal sealed class CountingGetter(int value)
    {
        private int _reads;

        public int Value
        {
            get
            {
                Effects.Note("CountingGetter.get");
                _reads++;
                return value;
            }
        }
    }

    internal sealed class CrossedFields
    {
        private readonly string _a;
        private readonly string _b;

        public CrossedFields(string a, string b)
        {
            Effects.Note("CrossedFields");
            _a = b;
            _b = a;
        }

        public string A => Effects.Note("CrossedFields.A", _b);

        public string B => Effects.Note("CrossedFields.B", _a);
    }

    internal sealed class Indexed
    {
        private readonly int[] _items = [1, 2, 3];

        public int Count => Effects.Note("Indexed.Count", 3);

        public int this[int index]
        {
            get => Effects.Note("Indexed.get", _items[index]);
            set => _items[index] = Effects.Note("Indexed.set", value);
        }
    }

    internal class OverridesBase
    {
        private readonly int _base = 1;

        public virtual int N { get; set; }

        public virtual string Text => $"{_base}";
    }

    internal sealed class Overrides : OverridesBase
    {
        private int _own;

        public Overrides(int n) => _own = n;

        public override int N
        {
            get => Effects.Note("Overrides.get", _own);
            set => _own = Effects.Note("Overrides.set", value);
        }

        public override string Text => Effects.Note("Overrides.Text", base.Text);
    }

    internal interface INamed
    {
        string Name { get; }
    }

    internal abstract class AbstractBase : INamed
    {
        private readonly long _hidden = 11;

        public abstract string Name { get; }

        public long Hidden() => _hidden;
    }

    internal sealed class Concrete(int n) : AbstractBase
    {
        public override string Name => Effects.Note("Concrete.Name", $"concrete {n}");
    }

    internal interface IDefaulted
    {
        int Twice => Effects.Note("IDefaulted", 2 * Once);

        int Once { get; set; }
    }

    internal sealed class Defaulted : IDefaulted
    {
        private int _once = 4;

        public int Once
        {
            get => Effects.Note("Defaulted.get", _once);
            set => _once = Effects.Note("Defaulted.set", value);
        }
    }

    internal sealed class Explicit : INamed, IDefaulted
    {
        private readonly string _name = "explicit";
        private int _once;

        string INamed.Name => Effects.Note("Explicit.Name", _name);

        int IDefaulted.Once
        {
            get => Effects.Note("Explicit.get", _once);
            set => _once = Effects.Note("Explicit.set", value);
        }
    }

    internal sealed class WithInit
    {
        private readonly int _a;

        public int A
        {
            get => Effects.Note("WithInit.get", _a);
            init => _a = Effects.Note("WithInit.init", value + 1);
        }

        public string? B { get; init; }
    }

    internal sealed class WithRequired
    {
        private string? _b;

        public required int A { get; set; }

        public required string? B
        {
            get => Effects.Note("WithRequired.get", _b);
            set => _b = Effects.Note("WithRequired.set", value ?? "default");
        }
    }

    internal sealed class WithReadonly
    {
        public readonly int Number;
        public readonly int[] Numbers;
        private readonly string? _text;

        public WithReadonly(int number)
        {
            Effects.Note("WithReadonly");
            Number = number * 2;
            Numbers = [Number];
            _text = null;
        }

        public string Text() => _text ?? "none";
    }

    internal sealed class WithStatics
    {
        public const int Constant = 5;
        public static readonly List<int> Shared = [1];
        private readonly int _own = 6;

        public int Sum() => Constant + Shared.Count + _own;
    }

    internal class First
    {
        private int _value = 1;

        public int One() => _value++;
    }

    internal class Second : First
    {
        private string _value = "two";

        public string Two() => _value += "!";
    }

    internal sealed class Third : Second
    {
        private int[] _value = [3];

        public int[] Three() => _value = [.. _value, 3];
    }

    internal class HiddenField
    {
        public int Value = 1;
    }

    internal sealed class Hiding : HiddenField
    {
        public new string? Value;

        public Hiding SetBase(int value)
        {
            base.Value = value;
            return this;
        }
    }

    internal class HiddenProperty
    {
        public string? Value { get; set; }
    }

    internal sealed class HidingProperty : HiddenProperty
    {
        public new int Value { get; set; }

        public HidingProperty SetBase(string value)
        {
            base.Value = value;
            return this;
        }
    }

    [Serializable]
    internal sealed class WithNonSerialized
    {
        [NonSerialized]
        private readonly int _cached;

        private readonly int _kept;

        public WithNonSerialized(int value) => (_cached, _kept) = (value, value + 1);

        public int Sum() => _cached + _kept;
    }

    private sealed class Private
    {
        private readonly Inner _inner = new("in");

        private Private() => Effects.Note("Private");

        public static Private Make() => new();

        public string Text() => _inner.Name;

        private sealed record Inner(string Name);
    }

    internal sealed class WithVolatile
    {
        private volatile int _number = 4;
        private volatile string? _text = "t";

        public string Text() => _text + _number;
    }

    internal sealed class WithEvent
    {
        public int N;

        public event EventHandler? Changed;

        public void Raise() => Changed?.Invoke(this, EventArgs.Empty);
    }

    internal sealed class Notifying : INotifyPropertyChanged
    {
        private int _price;

        public event PropertyChangedEventHandler? PropertyChanged;

        public int Price
        {
            get => Effects.Note("Notifying.get", _price);
            set
            {
                _price = Effects.Note("Notifying.set", value);
                PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(nameof(Price)));
            }
        }
    }

    internal sealed class WithDelegate
    {
        public int N;
        public Func<int>? Function;
        public Action? Action { get; set; }
    }

    internal sealed class WithLock
    {
        private readonly object _lock = new();
        private int _n = 3;

        public int Next()
        {
            lock (_lock)
            {
                return _n++;
            }
        }
    }

    internal sealed class WithNewLock
    {
        private readonly Lock _lock = new();
        private int _n = 3;

        public int Next()
        {
            lock (_lock)
            {
                return _n++;
            }
        }
    }

    internal sealed class WithLazy
    {
        private readonly Lazy<int> _lazy;

        public WithLazy(int value)
        {
            _lazy = new Lazy<int>(() => value);
            _ = _lazy.Value;
        }

        public int Value() => _lazy.Value;
    }

    internal sealed class Disposing : IDisposable
    {
        private bool _disposed;

        public void Dispose()
        {
            Effects.Note("Disposing.Dispose");
            _disposed = true;
        }

        public bool IsDisposed() => _disposed;
    }

    internal sealed class Finalized(int n)
    {
        ~Finalized() => GC.KeepAlive(n);
    }

    internal sealed class Equal(int n) : IEquatable<Equal>
    {
        private readonly int _n = n;

        public bool Equals(Equal? other) => Effects.Note("Equal.Equals", true);

        public override bool Equals(object? obj) => Effects.Note("Equal.Equals(object)", true);

        public override int GetHashCode() => Effects.Note("Equal.GetHashCode", _n);
    }

    internal sealed class Hostile(int n)
    {
        private readonly int _n = n;

        [SuppressMessage("Design", "CA1065", Justification = "That is what is tried.")]
        public override bool Equals(object? obj) => throw new InvalidOperationException("Equals");

        [SuppressMessage("Design", "CA1065", Justification = "That is what is tried.")]
        public override int GetHashCode() => throw new InvalidOperationException($"GetHashCode {_n}");
    }

    internal sealed class Mute(int n)
    {
        [SuppressMessage("Design", "CA1065", Justification = "That is what is tried.")]
        public override string ToString() => throw new InvalidOperationException($"ToString {n}");
    }

    internal sealed class OddNames
    {
        private readonly int _Value = 1;
        private readonly int value = 2;
        private readonly int m_value = 3;

        public int Value { get; } = 4;

        public int Sum() => _Value + value + m_value + Value;
    }

    internal sealed class Übung
    {
        public int größe;
        public string? 名前;
    }

    internal sealed class Attributed
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public int Ignored { get; set; }

        [System.Text.Json.Serialization.JsonPropertyName("other")]
        public int Renamed { get; set; }

        [System.Runtime.Serialization.IgnoreDataMember]
        public int AlsoIgnored { get; set; } = 6;
    }

    internal sealed class WithCallbacks
    {
        public int N { get; set; }

        [System.Runtime.Serialization.OnDeserialized]
        internal void Done(System.Runtime.Serialization.StreamingContext context) => Effects.Note("OnDeserialized");

        [System.Runtime.Serialization.OnSerializing]
        internal void Start(System.Runtime.Serialization.StreamingContext context) => Effects.Note("OnSerializing");
    }

    internal sealed class Empty
    {
    }

    internal sealed class WithStaticConstructor
    {
        public static readonly int Start = 100;
        private readonly int _n;

        static WithStaticConstructor() => Start++;

        public WithStaticConstructor(int n) => _n = n + Start;

        public int N() => _n;
    }

    internal sealed class Wide
    {
        public int A1 = 1, A2 = 2, A3 = 3, A4 = 4, A5 = 5, A6 = 6, A7 = 7, A8 = 8, A9 = 9, A10 = 10;
        public string B1 = "1", B2 = "2", B3 = "3", B4 = "4", B5 = "5", B6 = "6", B7 = "7", B8 = "8", B9 = "9", B10 = "10";
        public byte C1 = 1, C2 = 2, C3 = 3;
        public double D1 = 1, D2 = 2, D3 = 3, D4 = 4;
        public bool E1 = true, E2, E3 = true;
    }

    internal record Person(string Name, int Age);

    internal sealed record Employee(string Name, int Age, string Task) : Person(Name, Age);

    internal sealed record Greeting
    {
        public Greeting(string name) => Name = Effects.Note("Greeting", "Dear " + name);

        public string Name { get; }
    }

    internal sealed record Order
    {
        private readonly int _quantity;

        public int Qty
        {
            get => Effects.Note("Order.get", _quantity);
            init => _quantity = value > 0 ? Effects.Note("Order.init", value * 10) : throw new ArgumentException("qty");
        }
    }

    internal sealed record Computed(int A, int B)
    {
        public int Sum => Effects.Note("Computed.Sum", A + B);

        public int Product { get; } = A * B;
    }

    internal sealed record Basket(string Name, List<string> Items);

    internal record struct Coordinates(int X, int Y);

    internal readonly record struct ReadonlyCoordinates(double Length, string Unit);

    internal sealed record Wrapped<T>(T Value, T[] More);

    internal abstract record Animal(string Name);

    internal sealed record Dog(string Name, int Age) : Animal(Name);

    internal sealed record Cat(string Name) : Animal(Name);
}
