using System.Collections.Immutable;
using System.Numerics;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Values there and back, through a guest.</summary>
public sealed class ValueTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void A_dictionary_of_objects_keeps_the_types_of_its_values()
    {
        var sent = new Mixed("private")
        {
            Number = 123,
            Values = new Dictionary<string, object>
            {
                ["text"] = "Value 1",
                ["flag"] = true,
                ["time"] = new DateTime(2023, 3, 15),
                ["utc"] = new DateTime(2023, 3, 15, 1, 2, 3, DateTimeKind.Utc),
                ["long"] = 5L,
                ["byte"] = (byte)7,
                ["double"] = 0.5,
            },
        };
        Mixed back = Through(sent);
        Assert.Equal(sent.Describe(), back.Describe());
        Assert.Equal(sent.Describe(), _runtime.Invoke(() => sent.Describe()));
    }

    [Fact]
    public void What_goes_in_as_object_keeps_its_type()
    {
        object[] values =
        [
            1, 2L, 3u, (short)4, 'c', 1.5f, 2.5, 3.5m, "text", true, new byte[] { 1, 2 }, new DateTime(2024, 1, 2), DateTimeOffset.UnixEpoch,
            TimeSpan.FromMinutes(3), Guid.NewGuid(), DayOfWeek.Friday, new[] { 1, 2, 3 }, new List<string> { "a" }, new Point(1, 2), (1, "two"),
            new Dictionary<int, string> { [1] = "one" }, new object[] { 1, "x" },
        ];
        IsolatedMethod describe = _runtime.GetMethod(typeof(ValueTests), nameof(DescribeAll));
        Assert.Equal(DescribeAll(values), describe.Invoke<object[], string>(null, values));
        foreach (object value in values)
        {
            Assert.Equal(DescribeAll([value]), describe.Invoke<object[], string>(null, [value]));
        }
    }

    [Fact]
    public void A_derived_class_stays_one_inside()
    {
        Shape[] shapes = [new Circle(2), new Square(3)];
        Assert.Equal("circle 2, square 3", _runtime.Invoke(() => string.Join(", ", shapes.Select(s => s.Describe()))));
        IShape shape = shapes[0];
        Assert.Equal("circle 2", _runtime.Invoke(() => shape.Describe()));
    }

    [Fact]
    public void Times_keep_instant_and_kind()
    {
        foreach (DateTime time in new[]
        {
            new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc), new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Local),
            new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Unspecified), DateTime.MinValue, DateTime.MaxValue, DateTime.Now, DateTime.UtcNow,
        })
        {
            DateTime back = Through(time);
            Assert.Equal((time.Ticks, time.Kind), (back.Ticks, back.Kind));
        }

        Assert.Equal(new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(-3)), Through(new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(-3))));
    }

    [Fact]
    public void Common_types_come_back_as_they_went()
    {
        Same(Guid.NewGuid());
        Same(12345.6789m);
        Same(BigInteger.Pow(7, 100));
        Same(TimeSpan.FromMilliseconds(-5));
        Same(new DateOnly(2020, 2, 29));
        Same(new TimeOnly(23, 59));
        Same(new Version(1, 2, 3));
        Same(new Uri("https://example.org/a?b=c"));
        Same(Int128.MinValue);
        Same((Half)1.5);
        Same(DayOfWeek.Sunday);
        Same((int?)null);
        Same((int?)5);
        Same((1, "two", 3.0));
        Same(new Point(1, -1));
        Same("a lone surrogate becomes \ufffd, 𝄞 stays");
        Assert.Equal([1, 2, 3], Through(new[] { 1, 2, 3 }));
        Assert.Equal([1, 2, 3], Through(new List<int> { 1, 2, 3 }));
        Assert.Equal(["a", "b"], Through(new HashSet<string> { "a", "b" }).Order());
        Assert.Equal([3, 2, 1], Through(new Stack<int>([1, 2, 3])));
        Assert.Equal([1, 2], Through(ImmutableArray.Create(1, 2)).ToArray());
        Assert.Equal(2, Through(new Dictionary<Point, string> { [new Point(0, 0)] = "zero", [new Point(1, 1)] = "one" }).Count);
        Assert.Equal(6, Through(new[,] { { 1, 2, 3 }, { 4, 5, 6 } })[1, 2]);
        Assert.Equal([1, 2, 3], Through<byte[]>([1, 2, 3]));
        Assert.Null(Through<string?>(null));

        void Same<T>(T value) => Assert.Equal(value, Through(value));
    }

    [Fact]
    public void Members_of_every_sort_cross()
    {
        var all = new AllSorts(1) { Init = 2, Required = 3 };
        all.SetPrivate(4);
        Assert.Equal("1 2 3 4 nested", Through(all).Describe());
        Assert.Equal("1 2 3 4 nested", _runtime.Invoke(() => all.Describe()));
        var anonymous = new { A = 1, B = "b" };
        Assert.Equal("{ A = 1, B = b }", _runtime.Invoke(() => anonymous.ToString()));
    }

    [Fact]
    public void Large_values_cross()
    {
        byte[] bytes = new byte[8 << 20];
        Random.Shared.NextBytes(bytes);
        Assert.Equal(bytes, Through(bytes));
        string text = string.Concat(Enumerable.Repeat("0123456789", 100_000));
        Assert.Equal(text, Through(text));
    }

    private T Through<T>(T value)
    {
        IsolatedObject kept = _runtime.CopyObject(new Box<T> { Value = value });
        using (kept)
        {
            return kept.Invoke<T>("Get");
        }
    }

    private static string DescribeAll(object[] values) => string.Join("; ", values.Select(v => $"{v.GetType()}={Text(v)}"));

    private static string Text(object value) => value switch
    {
        IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        System.Collections.IEnumerable items and not string => string.Join(",", items.Cast<object>().Select(Text)),
        _ => value.ToString()!,
    };

    public sealed record Point(int X, int Y);

    private interface IShape
    {
        string Describe();
    }

    private abstract class Shape : IShape
    {
        public abstract string Describe();
    }

    private sealed class Circle(int radius) : Shape
    {
        public override string Describe() => $"circle {radius}";
    }

    private sealed class Square(int side) : Shape
    {
        public override string Describe() => $"square {side}";
    }

    private sealed class Box<T>
    {
        public T? Value { get; set; }

        public T? Get() => Value;
    }

    private sealed class Mixed(string secret)
    {
        public int Number { get; set; }

        public IDictionary<string, object>? Values { get; set; }

        public string Describe() => $"{secret} {Number} "
            + string.Join("; ", Values!.OrderBy(v => v.Key, StringComparer.Ordinal)
                .Select(v => $"{v.Key}={v.Value.GetType()}:{Text(v.Value)}{(v.Value is DateTime time ? time.Kind.ToString() : "")}"));
    }

    private sealed class AllSorts(int captured)
    {
        private readonly Nested _nested = new();
        private int _private;

        public int Init { get; init; }

        public required int Required { get; init; }

        public void SetPrivate(int value) => _private = value;

        public string Describe() => $"{captured} {Init} {Required} {_private} {_nested.Name}";

        private sealed class Nested
        {
            public string Name { get; private set; } = "nested";
        }
    }
}
