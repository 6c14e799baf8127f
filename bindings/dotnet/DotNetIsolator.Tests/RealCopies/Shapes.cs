namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Counts code of the shapes' own that ran: constructors, setters, getters. While a value is copied none of it may.</summary>
internal static class Effects
{
    private static readonly List<string> Seen = [];
    private static int s_sealed;

    /// <summary>Called by what must not run.</summary>
    public static void Note(string what) => Seen.Add(what);

    /// <summary>Called by what must not run, where it has a value.</summary>
    public static T Note<T>(string what, T value)
    {
        Seen.Add(what);
        return value;
    }

    /// <summary>What happens from here on is nobody's business but the copier's.</summary>
    public static void Seal() => s_sealed = Seen.Count;

    /// <summary>What ran since then; null if nothing did.</summary>
    public static string? Since()
    {
        string? found = Seen.Count == s_sealed ? null : "ran while the value was copied: " + string.Join(", ", Seen.Skip(s_sealed));
        Seal();
        return found;
    }
}

/// <summary>A value that is made anew, the same each time, here and inside.</summary>
internal abstract class Shape(string name)
{
    public string Name { get; } = name;

    /// <summary>As what it is declared where it crosses.</summary>
    public abstract Type Type { get; }

    /// <summary>What it is a shape of.</summary>
    public string Area { get; init; } = string.Empty;

    /// <summary>Whether it is one of many that are alike, for which the commonest ways are enough.</summary>
    public bool IsOneOfMany { get; init; }

    /// <summary>Why a guest may not send it, if it may not: it crosses inwards only.</summary>
    public string? InwardsOnly { get; init; }

    public abstract object? Make();

    public override string ToString() => Name;
}

/// <inheritdoc/>
internal sealed class Shape<T>(string name, Func<T> make) : Shape(name)
{
    public override Type Type => typeof(T);

    public override object? Make() => make();
}

/// <summary>All shapes by their names.</summary>
internal static class Catalog
{
    private static readonly Dictionary<string, Shape> Known = Load();

    public static IEnumerable<Shape> All => Known.Values;

    public static Shape Find(string name) => Known[name];

    /// <summary>Shapes in groups, each a few of one area.</summary>
    public static Dictionary<string, Shape[]> Groups(Func<Shape, bool> which) => All.Where(which).GroupBy(shape => shape.Area)
        .SelectMany(area => area.Chunk(20).Select((shapes, i) => ($"{area.Key} {i + 1}", shapes)))
        .ToDictionary(group => group.Item1, group => group.shapes, StringComparer.Ordinal);

    private static Dictionary<string, Shape> Load()
    {
        Dictionary<string, Shape> all = new(StringComparer.Ordinal);
        void Add(string area, Action<Shapes> addTo) => addTo(new Shapes(area, shape => all.Add(shape.Name, shape)));
        Add("numbers", NumberShapes.AddTo);
        Add("texts", TextShapes.AddTo);
        Add("classes", ClassShapes.AddTo);
        Add("structs", StructShapes.AddTo);
        Add("arrays", ArrayShapes.AddTo);
        Add("collections", CollectionShapes.AddTo);
        Add("derived collections", DerivedCollectionShapes.AddTo);
        Add("graphs", GraphShapes.AddTo);
        Add("objects", DynamicShapes.AddTo);
        Add("framework", FrameworkShapes.AddTo);
        Add("generics", GenericShapes.AddTo);
        Add("made by the compiler", MadeShapes.AddTo);
        return all;
    }
}

/// <summary>What the files of shapes add to.</summary>
internal sealed class Shapes(string area, Action<Shape> add)
{
    public void Add<T>(string name, Func<T> make) => add(new Shape<T>(name, make) { Area = area });

    public void AddOneOfMany<T>(string name, Func<T> make) => add(new Shape<T>(name, make) { Area = area, IsOneOfMany = true });

    public void AddInwards<T>(string name, string why, Func<T> make) => add(new Shape<T>(name, make) { Area = area, InwardsOnly = why });

    /// <summary>As itself, within an object, in an <c>object</c>, in an array and as a nullable.</summary>
    public void AddNumber<T>(string name, T value)
        where T : struct
    {
        AddOneOfMany(name, () => value);
        AddOneOfMany(name + " boxed", () => (object)value);
        AddOneOfMany(name + " nullable", () => (T?)value);
        AddOneOfMany(name + " array", () => new[] { value, default, value });
        AddOneOfMany(name + " nullable array", () => new T?[] { value, null, default(T) });
        AddOneOfMany(name + " boxed array", () => new object?[] { value, null, default(T) });
        Add(name + " in a class", () => new Cell<T> { Value = value, Boxed = value, Maybe = value, None = null });
    }
}

/// <summary>A field of each kind.</summary>
internal sealed class Cell<T>
    where T : struct
{
    public T Value;
    public object? Boxed;
    public T? Maybe;
    public T? None;
    private readonly T _private;

    public Cell() => Effects.Note("Cell");

    public Cell(T value) => _private = value;
}
