using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using Xunit;

namespace Isolator.Runtime.Tests;

public enum Color : byte
{
    Red = 1,
    Blue = 200,
}

[Flags]
public enum Wide : long
{
    None = 0,
    Far = 1L << 40,
}

public class RoundTripTests
{
    public static TheoryData<object> Values()
    {
        TheoryData<object> data = [];
        object[] values =
        [
            true, false,
            (sbyte)-128, (sbyte)127, (byte)0, (byte)255, short.MinValue, short.MaxValue, ushort.MaxValue,
            0, 1, -1, -32, -33, 127, 128, 255, 256, 65535, 65536, int.MinValue, int.MaxValue, uint.MaxValue,
            long.MinValue, long.MaxValue, 1L << 33, -(1L << 33), ulong.MaxValue, 1UL << 63,
            0f, -1.5f, float.NaN, float.PositiveInfinity, float.Epsilon, 0d, double.NaN, double.NegativeInfinity, double.MaxValue, -0.0,
            'a', 'é', '\uffff', '\0', '\ud800',
            string.Empty, "a", new string('x', 31), new string('x', 32), new string('é', 200), new string('x', 70_000),
            "grüezi 漢字 🎉", "a\0b",
            Color.Blue, Wide.Far,
            Array.Empty<byte>(), new byte[] { 1, 2, 255 }, new byte[300], new byte[70_000],
            Array.Empty<int>(), new[] { 1, -2, int.MaxValue }, new[] { "a", null, "b" }, new long[20], new[] { 1.5, 2.5 }, new[] { true, false },
            new[] { 'a', 'b' }, new[] { Color.Red, Color.Blue }, new decimal[] { 1, 2.50m },
            new int[][] { [1], [], [2, 3] }, new int[,] { { 1, 2, 3 }, { 4, 5, 6 } }, new string[0, 5], new byte[2, 2, 1],
            new int?[] { 1, null, 3 },
            new List<int> { 1, 2, 3 }, new List<string>(), new List<List<double>> { new() { 1 }, new() },
            new HashSet<int> { 1, 2 }, new SortedSet<string> { "b", "a" }, new Queue<int>([1, 2]), new Stack<int>([1, 2, 3]),
            new LinkedList<string>(["x", "y"]), new Collection<int> { 1, 2 }, new ObservableCollection<string> { "a" },
            new ReadOnlyCollection<int>([1, 2]), new ConcurrentQueue<int>([1, 2]), new ConcurrentStack<int>([1, 2, 3]), new ArrayList { "a", true },
            ImmutableArray.Create(1, 2), ImmutableList.Create("a", "b"), ImmutableHashSet.Create(1, 2), ImmutableQueue.Create(1, 2),
            new ArraySegment<int>([1, 2, 3]),
            new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }, new Dictionary<int, string?> { [1] = "a", [2] = null },
            new SortedDictionary<string, double> { ["z"] = 1 }, new ConcurrentDictionary<int, int>([new(1, 2)]),
            new Dictionary<Guid, List<int>> { [Guid.Empty] = [1] }, ImmutableDictionary.CreateRange([new KeyValuePair<string, int>("a", 1)]),
            new SortedList<int, string> { [1] = "a" }, new ReadOnlyDictionary<string, int>(new Dictionary<string, int> { ["a"] = 1 }),
            (1, "a"), (1, 2, 3, 4, 5, 6, 7, 8, 9), Tuple.Create(1, "a"), new KeyValuePair<string, int>("k", 1),
            new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc).AddTicks(1234567), DateTime.UnixEpoch, DateTime.MinValue.ToUniversalTime(),
            new DateTime(1969, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc), new DateTime(9999, 12, 31, 23, 59, 59, DateTimeKind.Utc),
            new DateTime(2600, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2024, 1, 1, 1, 2, 3, DateTimeKind.Unspecified), DateTime.MaxValue,
            new DateTime(2024, 1, 1, 1, 2, 3, DateTimeKind.Local),
            new DateTimeOffset(2024, 1, 1, 1, 2, 3, TimeSpan.FromHours(5.5)), DateTimeOffset.MinValue,
            TimeSpan.FromDays(-3.25), new DateOnly(2024, 2, 29), new TimeOnly(23, 59, 59), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            0m, 1.10m, decimal.MaxValue, decimal.MinValue, (Half)1.5, Int128.MinValue, UInt128.MaxValue,
            BigInteger.Parse("-123456789012345678901234567890", CultureInfo.InvariantCulture), BigInteger.Zero, new Complex(1, -2), new Rune('x'),
            new Version(1, 2, 3, 4), new Uri("https://example.org/a?b=c"), new Uri("relative", UriKind.Relative), (nint)(-5), (nuint)5,
            new StringBuilder("text"),
        ];
        foreach (object value in values)
        {
            data.Add(value);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void AValueComesBackEqual(object value)
    {
        object? back = Wire.Read(Wire.Write(value), value.GetType());
        Assert.NotNull(back);
        Assert.Equal(value.GetType(), back.GetType());
        if (value is StringBuilder)
        {
            Assert.Equal(value.ToString(), back.ToString());
        }
        else if (value is DateTime time)
        {
            Assert.Equal(time, (DateTime)back);
            Assert.Equal(time.Kind, ((DateTime)back).Kind);
        }
        else
        {
            Assert.Equal(value, back);
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void ATruncatedValueIsAFailure(object value)
    {
        byte[] bytes = Wire.Write(value);
        foreach (int length in Enumerable.Range(0, Math.Min(bytes.Length, 300)))
        {
            FailureException e = Assert.Throws<FailureException>(() => Wire.Read(bytes[..length], value.GetType()));
            Assert.Equal(FailureKind.Value, e.Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void NoBytesCrashTheReader(object value)
    {
        // Each byte replaced by each of the interesting ones: a value or a failure, nothing else.
        byte[] bytes = Wire.Write(value);
        byte[] replacements = [0x00, 0x7f, 0x80, 0x8f, 0x9f, 0xa1, 0xc0, 0xc1, 0xc3, 0xc6, 0xc9, 0xcb, 0xcf, 0xd3, 0xd7, 0xd8, 0xdb, 0xdd, 0xdf, 0xff];
        for (int i = 0; i < Math.Min(bytes.Length, 60); i++)
        {
            foreach (byte replacement in replacements)
            {
                byte[] broken = (byte[])bytes.Clone();
                broken[i] = replacement;
                try
                {
                    Wire.Read(broken, value.GetType());
                }
                catch (FailureException)
                {
                    // As it should be.
                }
            }
        }
    }

    [Fact]
    public void AStackYieldsInItsOrder()
    {
        Assert.Equal([3, 2, 1], Wire.Round(new Stack<int>([1, 2, 3])).ToArray());
        Assert.Equal(Wire.Hex("93 03 02 01"), Wire.Write(new Stack<int>([1, 2, 3])));
    }

    [Fact]
    public void InterfacesAreMadeOfWhatFits()
    {
        byte[] bytes = Wire.Hex("93 01 02 03");
        Assert.Equal([1, 2, 3], Wire.Read<IEnumerable<int>>(bytes));
        Assert.Equal([1, 2, 3], Wire.Read<IReadOnlyList<int>>(bytes));
        Wire.Read<IList<int>>(bytes).Add(4);
        Wire.Read<ICollection<int>>(bytes).Add(4);
        Assert.True(Wire.Read<ISet<int>>(bytes).Add(4));
        Assert.Equal(3, Wire.Read<IReadOnlySet<int>>(bytes).Count);
        Assert.Equal(3, Wire.Read<IList>(bytes).Count);
        Assert.Equal(1, Wire.Read<IDictionary<string, int>>(Wire.Hex("81 a1 61 01"))["a"]);
        Assert.Equal(1, Wire.Read<IReadOnlyDictionary<string, int>>(Wire.Hex("81 a1 61 01"))["a"]);
        Assert.Equal([1, 2, 3], Wire.Read<IImmutableList<int>>(bytes));
        Assert.Equal(1, Wire.Round(new Dictionary<string, int> { ["a"] = 1 }.ToFrozenDictionary())["a"]);
        Assert.Equal(3, Wire.Read<FrozenSet<int>>(bytes).Count);
    }

    [Fact]
    public void ALazySequenceIsWrittenAsAnArray()
    {
        Assert.Equal(Wire.Hex("92 02 04"), Wire.Write(Enumerable.Range(1, 2).Select(n => n * 2)));
        Assert.Equal(Wire.Hex("92 02 04"), Wire.Write(Enumerable.Range(1, 2).Select(n => n * 2), typeof(IEnumerable<int>)));
    }

    [Fact]
    public void LoneSurrogatesBecomeReplacementCharacters()
    {
        Assert.Equal("a\ufffdb", Wire.Round("a\ud800b"));
        Assert.Equal("\ufffd", Wire.Round("\udc00"));
        Assert.Equal(new string('x', 60) + "\ufffd", Wire.Round(new string('x', 60) + "\ud800"));
    }

    [Theory]
    [InlineData("a1 ff")]
    [InlineData("a2 c3 28")]
    [InlineData("a3 ed a0 80")]
    public void TextThatIsNotUtf8IsAFailure(string hex) =>
        Assert.Equal(FailureKind.Value, Assert.Throws<FailureException>(() => Wire.Read<string>(Wire.Hex(hex))).Kind);
}
