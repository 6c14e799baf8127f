using System;
using System.Collections.Generic;
using Isolator.Runtime.Wire;
using Xunit;

namespace Isolator.Runtime.Tests;

public class Point
{
    public int X { get; set; }

    public int Y { get; set; }
}

public class ObjectTests
{
    public sealed record Five(int Id, string? Name, double Price, bool Flag, long Stamp);

    public sealed record WithDefault(int A, int B = 7);

    public readonly record struct Pair(int Left, string Right);

    public record struct Mutable(int Left, List<int> Right);

    public record Base(int Id);

    public sealed record Derived(int Id, string Name) : Base(Id);

    public sealed class Checked
    {
        public Checked(int value) => Value = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), "negative!");

        public int Value { get; }

        public string? Note { get; init; }
    }

    public sealed class Hidden
    {
        private int _count = 5;
        private readonly string _name = "none";

        public string Text => $"{_count}{_name}";

        public static Hidden Make(int count) => new() { _count = count };
    }

    public class Parent
    {
        private int _same = 1;

        public int ParentSame => _same;

        public void SetParent(int value) => _same = value;
    }

    public sealed class Child : Parent
    {
        private int _same = 2;

        public int ChildSame => _same;

        public void SetChild(int value) => _same = value;
    }

    public sealed class WithCode
    {
        private string _name = string.Empty;

        public string Name
        {
            get => _name;
            set => _name = value.ToUpperInvariant();
        }
    }

    public sealed class Node
    {
        public int Value { get; set; }

        public Node? Next { get; set; }

        public Dictionary<string, Node>? Children { get; set; }
    }

    public struct Nested
    {
        public Pair Pair;
        public Point? Point;
        public decimal Amount;
        public int? Maybe;
    }

    public sealed class Holder
    {
        public object? Any { get; set; }

        public Base? Base { get; set; }

        public IReadOnlyList<Pair>? Pairs { get; set; }

        public Nested Nested { get; set; }

        public (int, string)? Tuple { get; set; }

        public DateTime? When { get; set; }
    }

    public struct Validated
    {
        public Validated(int value, string name)
        {
            Value = value > 0 ? value : throw new ArgumentException("must be positive");
            Name = name;
        }

        public int Value { get; }

        public string Name { get; }
    }

    [Fact]
    public void ARecordIsAMapByName()
    {
        byte[] bytes = Wire.Write(new Five(1, "a", 1.5, true, 2));
        Assert.Equal(Wire.Hex("85 a24964 01 a44e616d65 a161 a55072696365 cb3ff8000000000000 a4466c6167 c3 a55374616d70 02"), bytes);
        Assert.Equal(new Five(1, "a", 1.5, true, 2), Wire.Read<Five>(bytes));
        Assert.Equal(new Five(0, null, 0, false, 0), Wire.Read<Five>([0x80]));
        Assert.Null(Wire.Read([0xc0], typeof(Five)));
    }

    [Theory]
    [InlineData("82 a15902 a15801")]
    [InlineData("82 a17801 a17902")]
    [InlineData("82 a2785f01 a17902")]
    [InlineData("83 a15801 a13f 93c0c0a0 a15902")]
    [InlineData("82 d90158 01 a15902")]
    public void MembersComeInAnyOrderAndSpelling(string hex)
    {
        Point point = Wire.Read<Point>(Wire.Hex(hex));
        Assert.Equal((1, 2), (point.X, point.Y));
    }

    [Fact]
    public void SnakeCaseFindsItsMember() =>
        Assert.Equal(3, Wire.Read<Long>(Wire.Pack(w =>
        {
            w.WriteMapHeader(1);
            w.WriteString("a_member_with_a_long_name_indeed");
            w.WriteInt64(3);
        })).AMemberWithALongNameIndeed);

    public sealed class Long
    {
        public int AMemberWithALongNameIndeed { get; set; }

        public int AMemberWithALongNameIndeedToo { get; set; }
    }

    [Fact]
    public void LongNamesAreTold()
    {
        Long back = Wire.Round(new Long { AMemberWithALongNameIndeed = 1, AMemberWithALongNameIndeedToo = 2 });
        Assert.Equal((1, 2), (back.AMemberWithALongNameIndeed, back.AMemberWithALongNameIndeedToo));
    }

    [Fact]
    public void DefaultsOfAConstructorHold()
    {
        Assert.Equal(new WithDefault(1), Wire.Read<WithDefault>(Wire.Hex("81 a14101")));
        Assert.Equal(new WithDefault(1, 2), Wire.Round(new WithDefault(1, 2)));
    }

    [Fact]
    public void ConstructorsRunWhereTheyDoSomething()
    {
        Checked back = Wire.Round(new Checked(5) { Note = "n" });
        Assert.Equal((5, "n"), (back.Value, back.Note));
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => Wire.Read<Checked>(Wire.Hex("81 a556616c7565 ff")));
        Assert.Contains("negative!", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Wire.Read<Validated>(Wire.Hex("81 a556616c7565 00")));
        Assert.Equal("x", Wire.Round(new Validated(1, "x")).Name);
        Assert.Equal(2, Wire.Round(new[] { new Validated(1, "x"), new Validated(2, "y") })[1].Value);
    }

    [Fact]
    public void TrivialConstructorsAreRecognised()
    {
        Assert.True(TrivialConstructor.IsTrivial(typeof(Five).GetConstructors()[0]));
        Assert.True(TrivialConstructor.IsTrivial(typeof(Pair).GetConstructors()[0]));
        Assert.True(TrivialConstructor.IsTrivial(typeof(Point).GetConstructors()[0]));
        Assert.False(TrivialConstructor.IsTrivial(typeof(Checked).GetConstructors()[0]));
        Assert.False(TrivialConstructor.IsTrivial(typeof(WithDefault).GetConstructors()[0]));
        Assert.False(TrivialConstructor.IsTrivial(typeof(Hidden).GetConstructors()[0]));
    }

    [Fact]
    public void PrivateFieldsCross()
    {
        Assert.Equal("9none", Wire.Round(Hidden.Make(9)).Text);
        Child child = new();
        child.SetParent(11);
        child.SetChild(22);
        Child back = Wire.Round(child);
        Assert.Equal((11, 22), (back.ParentSame, back.ChildSame));
    }

    [Fact]
    public void ClosuresCross()
    {
        int number = 5;
        string text = "t";
        Func<string> lambda = () => text + number;
        object closure = lambda.Target!;
        object back = Wire.Read(Wire.Write(closure), closure.GetType())!;
        Assert.Equal("t5", lambda.Method.Invoke(back, null));
    }

    [Fact]
    public void SettersWithCodeRun()
    {
        WithCode read = Wire.Read<WithCode>(Wire.Hex("81 a44e616d65 a161"));
        Assert.Equal("A", read.Name);
        Assert.Equal("A", Wire.Round(read).Name);
    }

    [Fact]
    public void StructsAndGraphsCross()
    {
        Assert.Equal(new Pair(1, "a"), Wire.Round(new Pair(1, "a")));
        Assert.Equal([1, 2], Wire.Round(new Mutable(1, [1, 2])).Right);
        Holder holder = new()
        {
            Any = "any",
            Base = new Base(4),
            Pairs = [new Pair(1, "a"), new Pair(2, "b")],
            Nested = new Nested { Pair = new Pair(3, "c"), Point = new Point { X = 9 }, Amount = 1.5m, Maybe = 8 },
            Tuple = (1, "t"),
            When = DateTime.UnixEpoch,
        };
        Holder back = Wire.Round(holder);
        Assert.Equal(("any", new Base(4), (1, "t")), (back.Any, back.Base, back.Tuple));
        Assert.Equal(holder.Pairs, back.Pairs);
        Assert.Equal(holder.Nested.Pair, back.Nested.Pair);
        Assert.Equal((9, 1.5m, 8), (back.Nested.Point!.X, back.Nested.Amount, back.Nested.Maybe));
        Assert.Equal(DateTime.UnixEpoch, back.When);
        Assert.Null(Wire.Round(new Holder()).When);
    }

    [Fact]
    public void ADerivedValueIsWrittenWhole()
    {
        byte[] bytes = Wire.Write(new Derived(1, "n"), typeof(Base));
        Assert.Equal(new Derived(1, "n"), Wire.Read<Derived>(bytes));
        Assert.Equal(new Base(1), Wire.Read<Base>(bytes));
    }

    [Fact]
    public void ATypedValueIsMadeAsItsType()
    {
        byte[] inner = Wire.Pack(w =>
        {
            w.WriteString(typeof(Derived).AssemblyQualifiedName);
            w.WriteRaw(Wire.Write(new Derived(1, "n")));
        });
        byte[] bytes = [0xc8, (byte)(inner.Length >> 8), (byte)inner.Length, 82, .. inner];
        Assert.Equal(new Derived(1, "n"), Wire.Read<Base>(bytes));
        Assert.Equal(new Derived(1, "n"), Wire.Read<object>(bytes));
        Assert.Throws<FailureException>(() => Wire.Read<Point>(bytes));
    }

    [Fact]
    public void AnonymousTypesAndCyclesHaveDefinedOutcomes()
    {
        Assert.Equal(Wire.Hex("82 a141 01 a142 a162"), Wire.Write(new { A = 1, B = "b" }));
        var anonymous = new { A = 1, B = "b" };
        Assert.Equal(anonymous, Wire.Read(Wire.Write(anonymous), anonymous.GetType()));
        Node node = new();
        node.Next = node;
        FailureException e = Assert.Throws<FailureException>(() => Wire.Write(node));
        Assert.Equal(FailureKind.Value, e.Kind);
        Assert.Contains("refers to itself", e.Message, StringComparison.Ordinal);
        node.Next = new Node { Value = 2, Children = new() { ["c"] = new Node { Value = 3 } } };
        Assert.Equal(3, Wire.Round(node).Next!.Children!["c"].Value);
    }

    [Fact]
    public void AFailureInAMemberSaysWhere()
    {
        FailureException e = Assert.Throws<FailureException>(() => Wire.Read<Holder>(Wire.Hex("81 a55475706c65 01")));
        Assert.Contains("Tuple", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TruncatedObjectsAreFailures()
    {
        byte[] bytes = Wire.Write(new Five(1, "a", 1.5, true, 1L << 40));
        for (int i = 0; i < bytes.Length; i++)
        {
            Assert.Throws<FailureException>(() => Wire.Read<Five>(bytes[..i]));
        }
    }
}
