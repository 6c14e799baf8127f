using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Numbers, dates and their like: every bit of them.</summary>
internal static class NumberShapes
{
    public static void AddTo(Shapes all)
    {
        AddIntegers(all);
        AddReals(all);
        AddTimes(all);
        AddEnums(all);
    }

    private static void AddIntegers(Shapes all)
    {
        all.AddNumber("bool", true);
        all.AddNumber("byte", byte.MaxValue);
        all.AddNumber("sbyte", sbyte.MinValue);
        all.AddNumber("short", short.MinValue);
        all.AddNumber("ushort", ushort.MaxValue);
        all.AddNumber("int", int.MinValue);
        all.AddNumber("uint", uint.MaxValue);
        all.AddNumber("long", long.MinValue);
        all.AddNumber("long that is small", 5L);
        all.AddNumber("ulong", ulong.MaxValue);
        all.AddNumber("char", '\u20ac');
        all.AddNumber("char that is half of a pair", '\ud83d');
        all.AddNumber("Int128", Int128.MinValue + 7);
        all.AddNumber("UInt128", UInt128.MaxValue - 7);
        all.AddNumber("Guid", new Guid("00112233-4455-6677-8899-aabbccddeeff"));
        all.AddNumber("Rune", new Rune(0x1f600));
        all.AddNumber("Index", ^3);
        all.AddNumber("Range", 1..^2);
        all.Add("BigInteger", () => BigInteger.Pow(-7, 500));
        all.Add("BigInteger boxed", () => (object)BigInteger.Pow(3, 90));
        all.Add("BigInteger zero", () => BigInteger.Zero);
    }

    private static void AddReals(Shapes all)
    {
        all.AddNumber("double", 0.1 + 0.2);
        all.AddNumber("double -0.0", -0.0);
        all.AddNumber("double NaN with payload", BitConverter.Int64BitsToDouble(0x7ff8_0000_dead_beef));
        all.AddNumber("double negative NaN", BitConverter.Int64BitsToDouble(unchecked((long)0xfff8_0000_0000_0001)));
        all.AddNumber("double epsilon", double.Epsilon);
        all.AddNumber("double infinity", double.NegativeInfinity);
        all.AddNumber("float", 0.1f);
        all.AddNumber("float -0.0", -0.0f);
        all.AddNumber("float NaN with payload", BitConverter.Int32BitsToSingle(0x7fc0_1234));
        all.AddNumber("Half", (Half)0.1);
        all.AddNumber("Half NaN with payload", BitConverter.Int16BitsToHalf(0x7e01));
        all.AddNumber("decimal", 7.90m);
        all.AddNumber("decimal zero with scale", 0.0000m);
        all.AddNumber("decimal negative zero", new decimal(0, 0, 0, true, 3));
        all.AddNumber("decimal max", decimal.MaxValue);
        all.AddNumber("Complex", new Complex(-0.0, double.NaN));
        all.AddNumber("Vector3", new Vector3(1, -0f, float.NaN));
        all.AddNumber("Matrix4x4", Matrix4x4.CreateRotationX(1));
        all.AddNumber("Quaternion", new Quaternion(1, 2, 3, 4));
    }

    private static void AddTimes(Shapes all)
    {
        all.AddNumber("DateTime utc", new DateTime(2024, 2, 29, 23, 59, 59, 999, DateTimeKind.Utc).AddTicks(7));
        all.AddNumber("DateTime local", new DateTime(2024, 7, 1, 2, 30, 0, DateTimeKind.Local));
        all.AddNumber("DateTime unspecified", new DateTime(1, 1, 1, 0, 0, 0, DateTimeKind.Unspecified));
        all.AddNumber("DateTime min utc", DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc));
        all.AddNumber("DateTime max", DateTime.MaxValue);
        all.AddNumber("DateTimeOffset", new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromMinutes(-210)).AddTicks(9));
        all.AddNumber("DateTimeOffset max", DateTimeOffset.MaxValue);
        all.AddNumber("TimeSpan", TimeSpan.FromTicks(-1));
        all.AddNumber("TimeSpan min", TimeSpan.MinValue);
        all.AddNumber("DateOnly", new DateOnly(9999, 12, 31));
        all.AddNumber("TimeOnly", new TimeOnly(23, 59, 59, 999, 999));
    }

    private static void AddEnums(Shapes all)
    {
        all.AddNumber("enum", Colour.Green);
        all.AddNumber("enum undefined value", (Colour)77);
        all.AddNumber("enum of byte", ByteSized.Most);
        all.AddNumber("enum of sbyte", SByteSized.Least);
        all.AddNumber("enum of short", ShortSized.Least);
        all.AddNumber("enum of ushort", UShortSized.Most);
        all.AddNumber("enum of uint", UIntSized.Most);
        all.AddNumber("enum of long", LongSized.Least);
        all.AddNumber("enum of ulong", ULongSized.Most);
        all.AddNumber("enum of flags", Flag.A | Flag.C | (Flag)64);
        all.AddNumber("enum of the framework", DayOfWeek.Saturday);
        all.AddNumber("enum nested in a generic", Owner<int>.Kind.Second);
        all.AddNumber("enum private", Secret.Two);
    }

    private enum Secret
    {
        One,
        Two,
    }

    internal enum Colour
    {
        Red,
        Green = 5,
    }

    internal enum ByteSized : byte
    {
        Most = byte.MaxValue,
    }

    internal enum SByteSized : sbyte
    {
        Least = sbyte.MinValue,
    }

    internal enum ShortSized : short
    {
        Least = short.MinValue,
    }

    internal enum UShortSized : ushort
    {
        Most = ushort.MaxValue,
    }

    internal enum UIntSized : uint
    {
        Most = uint.MaxValue,
    }

    internal enum LongSized : long
    {
        Least = long.MinValue,
    }

    internal enum ULongSized : ulong
    {
        Most = ulong.MaxValue,
    }

    [Flags]
    internal enum Flag
    {
        None = 0,
        A = 1,
        B = 2,
        C = 4,
    }

    internal static class Owner<T>
    {
        internal enum Kind
        {
            First,
            Second,
        }
    }
}

/// <summary>Texts: every unit of them.</summary>
internal static class TextShapes
{
    /// <summary>Two keys that conversion to UTF-8 would make one.</summary>
    public const string High = "a\ud800";

    public const string Higher = "a\ud801";

    public static void AddTo(Shapes all)
    {
        foreach ((string name, string text) in ((string, string)[])
        [
            ("empty", ""), ("ascii", "hello"), ("NUL", "a\0b\0"), ("accents", "a\u0308\u00e4"), ("emoji", "\ud83d\ude00"), ("lone high surrogate", High),
            ("lone low surrogate", "\udc00b"), ("surrogates the wrong way", "\udc00\ud800"), ("bidi and BOM", "\u202e\ufeff\ufffe\uffff"),
            ("replacement character", "\ufffd"), ("long", new string('x', 300)), ("255 units", new string('y', 255)), ("256 units", new string('y', 256)),
            ("65536 units", new string('z', 65536)),
        ])
        {
            all.Add("string " + name, () => text);
            all.AddOneOfMany("string boxed " + name, () => (object)text);
            all.Add("string in a tuple " + name, () => (text, text.Length, new[] { text, null, text }));
        }

        all.Add("string null", () => (string?)null);
        all.Add("string of 1 MiB", () => string.Create(1 << 20, 0, (span, _) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)(i * 31);
            }
        }));
        all.Add("strings that collapse as keys", () => new Dictionary<string, int> { [High] = 1, [Higher] = 2, ["a\ufffd"] = 3 });
        all.Add("strings that collapse as elements of a set", () => new HashSet<string> { High, Higher, "a\ufffd" });
        all.Add("strings that collapse as object keys", () => new Dictionary<object, object> { [High] = Higher, [Higher] = High });
        all.Add("chars", () => new[] { '\0', '\ud800', '\udfff', '\uffff' });
        all.Add("StringBuilder", () => new StringBuilder("a" + High + "\0"));
        all.Add("string list", () => new List<string?> { High, null, "" });
        all.Add("string as object in a list", () => new List<object?> { High, null, 'x' });
        all.Add("string as IComparable", () => (IComparable)"text");
    }
}
