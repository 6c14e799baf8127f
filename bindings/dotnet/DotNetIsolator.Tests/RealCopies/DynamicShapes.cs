namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Values behind <c>object</c>, base classes and interfaces: the type that they have must arrive.</summary>
internal static class DynamicShapes
{
    public static void AddTo(Shapes all)
    {
        foreach ((string name, Func<object?> make) in ((string, Func<object?>)[])
        [
            ("null", () => null), ("object", () => new object()), ("bool", () => true), ("int", () => 1), ("long", () => 1L), ("byte", () => (byte)1), ("char", () => 'c'),
            ("float", () => 1.5f), ("double", () => 1.0), ("decimal", () => 1.10m), ("string", () => "s"), ("enum", () => NumberShapes.Colour.Green), ("Guid", () => new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
            ("DateTime", () => new DateTime(9, DateTimeKind.Local)), ("DateTimeOffset", () => new DateTimeOffset(9, TimeSpan.FromHours(0))), ("TimeSpan", () => TimeSpan.FromTicks(5)),
            ("DateOnly", () => new DateOnly(2024, 1, 1)), ("record", () => new ClassShapes.Employee("e", 1, "t")), ("struct", () => new StructShapes.Padded { A = 1 }),
            ("array of ints", () => new[] { 1 }), ("array of objects", () => new object?[] { 1, null }), ("array of texts", () => new[] { "a" }), ("List of ints", () => new List<int> { 1 }),
            ("List of objects", () => new List<object> { 1, 'c' }), ("Dictionary", () => new Dictionary<string, int> { ["a"] = 1 }),
            ("Dictionary of objects", () => new Dictionary<string, object> { ["a"] = 1.5m }), ("tuple", () => Tuple.Create(1, "a")), ("value tuple", () => (1, "a")),
            ("nullable", () => (int?)5), ("Type", () => typeof(ClassShapes.Person)), ("Version", () => new Version(1, 2)), ("Uri", () => new Uri("http://a/b")),
            ("bytes", () => new byte[] { 1, 2 }), ("class", () => new ClassShapes.Polar(90)), ("Int128", () => (Int128)5),
        ])
        {
            all.Add("object member: " + name, () => new Holder { Value = make() });
            all.AddOneOfMany("object property: " + name, () => new Boxed(make()));
            all.AddOneOfMany("object in a dictionary: " + name, () => new Dictionary<string, object?> { ["v"] = make() });
            all.AddOneOfMany("object in a record's list: " + name, () => new Report("r", [make(), 1, make()]));
        }

        all.Add("interface member", () => new Named { Value = new ClassShapes.Concrete(3), Values = [new ClassShapes.Explicit(), new ClassShapes.Concrete(4)] });
        all.Add("abstract member", () => new Zoo(new ClassShapes.Dog("a", 1), [new ClassShapes.Cat("b"), new ClassShapes.Dog("c", 2)]));
        all.Add("interface member that is a struct", () => new HasText { Value = new StructShapes.WithText(1, "t", [2]) });
        all.Add("IComparable member", () => new Comparables { A = 5, B = "text", C = new Version(1, 2) });
        all.Add("ValueType and Enum members", () => new ValueTypes { A = 5L, B = NumberShapes.Colour.Green, C = (NumberShapes.ByteSized)3 });
        all.Add("dynamic member", () => new Dyn { Value = new ClassShapes.Person("p", 1) });
        all.Add("IEnumerable members", () => new Sequences { A = new[] { 1 }, B = new List<string> { "a" }, C = new HashSet<int> { 1 }, D = new Queue<int>([1]) });
        all.Add("generic member of a base", () => new Boxes { One = new Box<ClassShapes.Animal> { Value = new ClassShapes.Dog("d", 1) }, Two = new Box<object> { Value = 5m } });
    }

    internal sealed class Holder
    {
        public object? Value;
    }

    internal sealed class Boxed(object? value)
    {
        public object? Value { get; } = Effects.Note("Boxed", value);
    }

    internal sealed record Report(string Name, List<object?> Values);

    internal sealed class Named
    {
        public ClassShapes.INamed? Value { get; set; }

        public List<ClassShapes.INamed>? Values { get; set; }
    }

    internal sealed record Zoo(ClassShapes.Animal First, ClassShapes.Animal[] Others);

    internal sealed class HasText
    {
        public StructShapes.IHasText? Value;
    }

    internal sealed class Comparables
    {
        public IComparable? A;
        public IComparable<string>? B;
        public ICloneable? C;
    }

    internal sealed class ValueTypes
    {
        public ValueType? A;
        public Enum? B;
        public IFormattable? C;
    }

    internal sealed class Dyn
    {
        public dynamic? Value;
    }

    internal sealed class Sequences
    {
        public IEnumerable<int>? A;
        public ICollection<string>? B;
        public IReadOnlyCollection<int>? C;
        public System.Collections.IEnumerable? D;
    }

    internal sealed class Box<T>
    {
        public T? Value { get; init; }
    }

    internal sealed class Boxes
    {
        public Box<ClassShapes.Animal>? One;
        public object? Two;
    }
}
