#pragma warning disable CS0649 // Fields that are left as they are are tried as well.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Structs: their padding, their nesting, their layouts.</summary>
internal static class StructShapes
{
    public static void AddTo(Shapes all)
    {
        all.AddNumber("struct of three floats", new Floats { X = 1, Y = -0f, Z = float.NaN });
        all.AddNumber("struct with padding", new Padded { A = 1, B = long.MinValue, C = 2, D = 3.5, E = true });
        all.AddNumber("struct with pack 1", new Packed { A = 1, B = long.MinValue, C = 2 });
        all.AddNumber("struct of structs", new Outer { First = new Padded { A = 9 }, Second = new Floats { Z = 2 }, Third = 'x' });
        all.AddNumber("struct with a bool and a char", new Small { Flag = true, Unit = '\ud800', Last = 7 });
        all.AddNumber("struct with dates", new Times { At = new DateTime(5, DateTimeKind.Local), For = TimeSpan.FromTicks(3), Id = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) });
        all.AddNumber("struct with an enum", new WithEnum { Colour = (NumberShapes.Colour)9, Size = NumberShapes.ByteSized.Most });
        all.AddNumber("struct with a decimal", new Money(1.50m, 2));
        all.AddNumber("struct with a nullable", new WithNullable { A = 5, B = null, C = new Floats { X = 2 } });
        all.AddNumber("struct without fields", default(Nothing));
        all.AddNumber("struct with explicit layout", new Union { Number = 0x3f80_0000_1234_5678 });
        all.AddNumber("struct with gaps", new Gaps { A = 1, B = 2 });
        all.AddNumber("struct with a size", new Sized { A = 77 });
        all.AddNumber("struct that is an inline array", MakeInline());
        all.AddNumber("struct with a fixed buffer", MakeBuffer());
        all.AddNumber("struct readonly", new Readonly(5, 2.5));
        all.AddNumber("struct whose constructor converts", new Converting(5));
        all.AddNumber("struct with property setters that count", new Setters { A = 5 });
        all.AddNumber("struct whose parameterless constructor sets", new Initialized());
        all.AddNumber("struct left by default", default(Initialized));
        all.AddNumber("struct with 300 bytes", new Big { A = new B64 { A = 1, H = 8 }, D = new B64 { A = 9, H = long.MinValue } });
        all.AddNumber("ValueTuple", (1, 2.5, 'x'));
        all.AddNumber("ValueTuple of nine", (1, 2L, 3.0, 4f, 5m, '6', (byte)7, (short)8, true));
        all.AddNumber("struct private", new Hidden(7));
        all.Add("struct with references", () => new WithText(5, "text", [1, 2]));
        all.Add("struct with references boxed", () => (object)new WithText(5, "text", [1, 2]));
        all.Add("struct with references nullable", () => (WithText?)new WithText(5, "text", null));
        all.Add("struct with references array", () => new[] { new WithText(1, "a", null), default, new WithText(2, null, [3]) });
        all.Add("struct with references list", () => new List<WithText> { new(1, "a", null), default, new(2, null, [3]) });
        all.Add("struct with references as an interface", () => (IHasText)new WithText(5, "text", [6]));
        all.Add("struct that holds a struct with references", () => new Holder { Inner = new WithText(1, "x", [2]), Maybe = new WithText(2, "y", null), More = [default, new(3, "z", [4])] });
        all.Add("struct generic", () => new Pair<string, WithText> { A = "a", B = new WithText(1, "b", null) });
        all.Add("struct generic of numbers", () => new Pair<int, Pair<byte, double>> { A = 1, B = new Pair<byte, double> { A = 2, B = 3.5 } });
        all.Add("struct inline array of references", () =>
        {
            var texts = default(Texts);
            texts[0] = "a";
            texts[2] = "c";
            return texts;
        });
        all.Add("struct in a class", () => new HasStructs { A = new Padded { A = 1 }, B = new WithText(2, "b", [3]), C = (4, "c") });
        all.Add("structs with padding in an array of 1,000", () => Enumerable.Range(0, 1000).Select(i => new Padded { A = (byte)i, B = i, C = (short)i, D = i / 3.0, E = i % 2 == 0 }).ToArray());
        all.Add("structs of floats in an array of 1,000", () => Enumerable.Range(0, 1000).Select(i => new Floats { X = i, Y = -i, Z = i / 3f }).ToArray());
        all.Add("structs of floats in a list", () => Enumerable.Range(0, 100).Select(i => new Floats { X = i, Y = -i, Z = i / 3f }).ToList());
        all.Add("class with sequential layout", () => new LaidOut { A = 1, B = 2, C = "c" });
        all.Add("class with explicit layout", () => new ExplicitClass { Number = 0x1122_3344 });
    }

    private static unsafe WithBuffer MakeBuffer()
    {
        WithBuffer made = new() { Before = 1, After = 2 };
        for (int i = 0; i < 5; i++)
        {
            made.Values[i] = i * 1000;
        }

        return made;
    }

    private static Ints MakeInline()
    {
        Ints made = default;
        for (int i = 0; i < 5; i++)
        {
            made[i] = (i * 100) - 7;
        }

        return made;
    }

    internal struct Floats
    {
        public float X;
        public float Y;
        public float Z;
    }

    internal struct Padded
    {
        public byte A;
        public long B;
        public short C;
        public double D;
        public bool E;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct Packed
    {
        public byte A;
        public long B;
        public short C;
    }

    internal struct Outer
    {
        public Padded First;
        public Floats Second;
        public char Third;
    }

    internal struct Small
    {
        public bool Flag;
        public char Unit;
        public byte Last;
    }

    internal struct Times
    {
        public DateTime At;
        public TimeSpan For;
        public Guid Id;
    }

    internal struct WithEnum
    {
        public NumberShapes.Colour Colour;
        public NumberShapes.ByteSized Size;
    }

    internal readonly struct Money(decimal amount, int currency)
    {
        public readonly decimal Amount = amount;
        public readonly int Currency = currency;
    }

    internal struct WithNullable
    {
        public int? A;
        public long? B;
        public Floats? C;
    }

    internal struct Nothing
    {
    }

    [StructLayout(LayoutKind.Explicit)]
    internal struct Union
    {
        [FieldOffset(0)]
        public long Number;

        [FieldOffset(0)]
        public int Low;

        [FieldOffset(4)]
        public float High;
    }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct Gaps
    {
        [FieldOffset(2)]
        public byte A;

        [FieldOffset(12)]
        public int B;
    }

    [StructLayout(LayoutKind.Sequential, Size = 40)]
    internal struct Sized
    {
        public int A;
    }

    [InlineArray(5)]
    internal struct Ints
    {
        private int _first;
    }

    [InlineArray(3)]
    internal struct Texts
    {
        private string? _first;
    }

    internal unsafe struct WithBuffer
    {
        public byte Before;
        public fixed int Values[5];
        public short After;
    }

    internal readonly struct Readonly(int a, double b)
    {
        private readonly int _a = a;

        public double B { get; } = b;

        public int A() => _a;
    }

    internal struct Converting
    {
        public Converting(int a)
        {
            Effects.Note("Converting");
            A = a + 1;
        }

        public int A { get; private set; }
    }

    internal struct Setters
    {
        private int _a;
        private int _changes;

        public int A
        {
            readonly get => Effects.Note("Setters.get", _a);
            set
            {
                Effects.Note("Setters.set");
                _a = value;
                _changes++;
            }
        }
    }

    internal struct Initialized
    {
        public int A = 5;

        public Initialized() => Effects.Note("Initialized");
    }

    internal struct B64
    {
        public long A, B, C, D, E, F, G, H;
    }

    internal struct Big
    {
        public B64 A, B, C, D;
    }

    private readonly struct Hidden(int value)
    {
        private readonly int _value = value;

        public int Value() => _value;
    }

    internal interface IHasText
    {
        string? Text { get; }
    }

    internal readonly struct WithText(int number, string? text, int[]? more) : IHasText
    {
        private readonly int _number = number;
        private readonly int[]? _more = more;

        public string? Text { get; } = text;

        public int Sum() => _number + (_more?.Length ?? 0);
    }

    internal struct Holder
    {
        public WithText Inner;
        public WithText? Maybe;
        public WithText[] More;
    }

    internal struct Pair<TA, TB>
    {
        public TA A;
        public TB B;
    }

    internal sealed class HasStructs
    {
        public Padded A;
        public WithText B;
        public (int, string) C;
        public Nothing D;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal sealed class LaidOut
    {
        public byte A;
        public long B;
        public string? C;
    }

    [StructLayout(LayoutKind.Explicit)]
    internal sealed class ExplicitClass
    {
        [FieldOffset(0)]
        public int Number;

        [FieldOffset(2)]
        public short High;
    }
}
