using System.Numerics;
using System.Text;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Objects that lead to no others cross without a graph: which, what they keep, and what hostile bytes can do.</summary>
public sealed unsafe class PlainTests
{
    [Fact]
    public void An_object_of_numbers_and_texts_needs_no_graph()
    {
        foreach (object value in new object[]
        {
            new Everything(), Everything.Filled(), new Empty(), new Texts { A = "a", B = null, C = string.Empty, D = "\ud800 alone" }, (1, "two"), new Inner(3, true), DayOfWeek.Friday,
            new Texts { A = new string('x', 100_000), B = new string('y', 200) }, 1.5m, 7L,
        })
        {
            byte[] bytes = Write(value, alone: true);
            Assert.True(IsPlain(bytes), $"{value.GetType()}");
            object? back = Read(bytes, value.GetType(), Scope(value.GetType()));
            Assert.Null(RealCopies.GraphComparer.FirstDifference(value, back));
            Assert.False(IsPlain(Write(value, alone: false)));
        }
    }

    [Fact]
    public void What_leads_to_others_takes_a_graph()
    {
        string twice = new('t', 3);
        IReadOnlyList<int> literal = [1];
        foreach (object value in new object[]
        {
            new Texts { A = twice, D = twice }, new Open { Any = "text" }, new Holder { Bytes = new byte[] { 1 } }, new Holder(), new List<int> { 1 }, new Named { 1 }, new[] { new Inner(1, true) },
            new InvalidOperationException("x"), new Node { Next = null }, new ManyTexts(), literal,
        })
        {
            byte[] bytes = Write(value, alone: true);
            Assert.False(IsPlain(bytes), $"{value.GetType()}");
            if (value is not (InvalidOperationException or Holder))
            {
                Assert.Null(RealCopies.GraphComparer.FirstDifference(value, Read(bytes, value.GetType(), Scope(value.GetType()))));
            }
        }

        Texts copy = (Texts)Read(Write(new Texts { A = twice, D = twice }, alone: true), typeof(Texts), Scope(typeof(Texts)))!;
        Assert.Same(copy.A, copy.D);
    }

    [Fact]
    public void Bytes_that_are_cut_off_or_go_on_are_refused()
    {
        byte[] good = Write(Everything.Filled(), alone: true);
        for (int length = 0; length < good.Length; length++)
        {
            // Once as it is, once with a frame that says so.
            byte[] cut = good[..length];
            Assert.Throws<FailureException>(() => Read(cut, typeof(Everything), Scope(typeof(Everything))));
            if (length >= 6)
            {
                Assert.Throws<FailureException>(() => Read(Framed(cut[6..]), typeof(Everything), Scope(typeof(Everything))));
            }
        }

        Assert.Throws<FailureException>(() => Read(Framed([.. good[6..], 0]), typeof(Everything), Scope(typeof(Everything))));
        Assert.NotNull(Read(Framed(good[6..]), typeof(Everything), Scope(typeof(Everything))));
    }

    [Fact]
    public void A_text_is_no_longer_than_its_bytes()
    {
        byte[] head = GraphTypes.Of(typeof(Texts)).Head;
        foreach (byte[] length in new byte[][] { [2], [3, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 7], [0x81, 0x80, 0x80, 0x80, 4], [0x80, 0x80, 0x80, 0x80, 4], [0xff, 0xff, 0xff, 0xff, 0xff] })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<FailureException>(() => Read(Framed([.. head, 0, 0, 0, .. length]), typeof(Texts), Scope(typeof(Texts))));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 16);
        }
    }

    /// <summary>Of these types nothing may be made that is not made by their own code, is not whole, or was not asked for.</summary>
    [Fact]
    public void Types_that_are_no_plain_objects_are_refused()
    {
        foreach (Type type in new[]
        {
            typeof(List<int>), typeof(Named), typeof(Dictionary<string, int>), typeof(int[]), typeof(string[]), typeof(Holder), typeof(string), typeof(Uri), typeof(Version), typeof(HashSet<int>),
            typeof(System.Collections.Immutable.ImmutableList<int>), typeof(Thread), typeof(FileStream), typeof(Action), typeof(Task), typeof(WeakReference<string>), typeof(Lazy<int>), typeof(Type),
        })
        {
            TypeScope scope = Scope(type);
            GraphType form = GraphTypes.Of(type);
            for (int rest = 0; rest < 40; rest++)
            {
                foreach (byte fill in new byte[] { 0, 1, 2, 0xff })
                {
                    Assert.Throws<FailureException>(() => Read(Framed([.. form.Head, .. Enumerable.Repeat(fill, rest)]), typeof(object), scope));
                }
            }
        }

        Assert.Throws<FailureException>(() => Read(Write(new Inner(1, true), alone: true), typeof(Texts), Scope(typeof(Texts))));
        Assert.Throws<FailureException>(() => Read(Write(new Secret(), alone: true), typeof(object), new TypeScope()));
    }

    /// <summary>A reference of another type has no text in it, and what .NET's own code rests on is not the guest's to say.</summary>
    [Fact]
    public void Fields_are_checked_as_in_a_graph()
    {
        byte[] node = GraphTypes.Of(typeof(Node)).Head;
        byte[] open = GraphTypes.Of(typeof(Open)).Head;
        byte[] error = GraphTypes.Of(typeof(ArgumentException)).Head;
        Assert.Null(((Node)Read(Framed([.. node, 0]), typeof(Node), Scope(typeof(Node)))!).Next);
        Assert.Throws<FailureException>(() => Read(Framed([.. node, 2, 65, 0]), typeof(Node), Scope(typeof(Node))));
        Assert.Throws<FailureException>(() => Read(Framed([.. node, 1]), typeof(Node), Scope(typeof(Node))));
        Assert.Equal("A", ((Open)Read(Framed([.. open, 2, 65, 0]), typeof(Open), Scope(typeof(Open)))!).Any);
        Assert.Throws<FailureException>(() => Read(Framed([.. error, .. Enumerable.Repeat((byte)1, 60)]), typeof(Exception), Scope(typeof(ArgumentException))));

        Finalized.Count = 0;
        for (int i = 0; i < 20; i++)
        {
            Assert.NotNull(Read(Write(new Finalized(), alone: true), typeof(Finalized), Scope(typeof(Finalized))));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(Finalized.Count <= 20);
    }

    /// <summary>A type that has no form must not be written as the one before it.</summary>
    [Fact]
    public void A_type_without_a_form_is_refused_each_time()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.NotEmpty(Write(new Everything(), alone: true));
            Assert.Throws<FailureException>(() => Write(new Overlapping(), alone: true));
            Assert.Throws<FailureException>(() => Write(new Overlapping(), alone: false));
        }
    }

    private static bool IsPlain(byte[] bytes) => bytes[0] == Codes.Ext32 && bytes[5] == Codes.Plain;

    private static TypeScope Scope(Type type)
    {
        TypeScope scope = new();
        scope.Register(type);
        return scope;
    }

    private static byte[] Write(object value, bool alone) => WireTests.Pack(w =>
    {
        Values.WriteAny(w, Plans.For(value.GetType()), value, "value", alone);
        w.FinishGraph();
    });

    private static byte[] Framed(byte[] content) => [Codes.Ext32, .. BitConverter.GetBytes(content.Length).Reverse(), (byte)Codes.Plain, .. content];

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

    private readonly record struct Inner(int Number, bool Flag);

    private sealed class Empty;

    private sealed class Texts
    {
        public string? A { get; set; }

        public string? B { get; set; }

        public string? C { get; set; }

        public string? D { get; set; }
    }

    private sealed class Open
    {
        public object? Any { get; set; }
    }

    private sealed class Holder
    {
        public ReadOnlyMemory<byte> Bytes { get; set; }
    }

    private sealed class Named : List<int>
    {
        public string? Name { get; set; }
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Secret
    {
        public int Number { get; set; }
    }

    private sealed class ManyTexts
    {
        public string?[] All => [A, B, C, D, E, F, G];

        public string? A { get; set; }

        public string? B { get; set; }

        public string? C { get; set; }

        public string? D { get; set; }

        public string? E { get; set; }

        public string? F { get; set; }

        public string? G { get; set; }
    }

    private sealed class Finalized
    {
        public static int Count;

        public int Number { get; set; }

        ~Finalized() => Interlocked.Increment(ref Count);
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit)]
    private sealed class Overlapping
    {
        [System.Runtime.InteropServices.FieldOffset(0)]
        public string? Text = null;

        [System.Runtime.InteropServices.FieldOffset(0)]
        public object? Other = null;
    }

    private sealed class Everything
    {
        public bool Flag;
        public byte Byte;
        public short Short;
        public char Char;
        public int Int;
        public float Float;
        public long Long;
        public double Double;
        public string? Text;
        public DayOfWeek Day;
        public decimal Money;
        public DateTime When;
        public DateTimeOffset Offset;
        public DateOnly Date;
        public TimeOnly Time;
        public TimeSpan Span;
        public Guid Id;
        public int? Maybe;
        public BigInteger Big;
        public Rune Rune;
        public Inner Inner;
        public nint Native;
        public Int128 Wide;
        public string? Last;

        public static Everything Filled() => new()
        {
            Flag = true, Byte = 255, Short = -2, Char = '\ud800', Int = -3, Float = float.NaN, Long = long.MinValue, Double = -0.0, Text = "grüße", Day = DayOfWeek.Sunday, Money = 1.50m,
            When = new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Local), Offset = new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(-3)), Date = new DateOnly(2024, 2, 29),
            Time = new TimeOnly(1, 2), Span = TimeSpan.FromDays(-1), Id = Guid.Parse("6f9619ff-8b86-d011-b42d-00c04fc964ff"), Maybe = 0, Big = BigInteger.Pow(7, 100), Rune = new Rune(0x1f600),
            Inner = new Inner(9, true), Native = -1, Wide = Int128.MinValue, Last = string.Empty,
        };
    }
}
