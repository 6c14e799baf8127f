using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Bytes that a guest chose to harm the process that reads them.</summary>
public sealed class HostileWireTests
{
    /// <summary>Anything but an error here would be a stack overflow, which no process survives.</summary>
    [Fact]
    public void An_extension_value_is_no_struct()
    {
        byte[] timestamp = [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] unknown = [0xd7, 0x00];
        foreach (Type type in new[] { typeof(Checked), typeof(Checked?), typeof(System.Drawing.Point), typeof(System.Drawing.Rectangle?) })
        {
            Assert.Throws<FailureException>(() => Read(timestamp, type));
            Assert.Throws<FailureException>(() => Read(unknown, type));
        }

        Assert.Throws<FailureException>(() => Read([0x91, .. timestamp], typeof(Checked[])));
        Assert.Throws<FailureException>(() => Read([0x81, .. timestamp, 0x01], typeof(Dictionary<Checked, int>)));
        Assert.Throws<FailureException>(() => Read([0x92, 0x01, .. timestamp], typeof((int, Checked))));
    }

    [Fact]
    public void The_insides_of_the_frameworks_types_are_not_a_guests_to_fill()
    {
        byte[] array = Map("_values", w => w.WriteBinary([1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.Throws<FailureException>(() => Read(array, typeof(StringValues)));
        Assert.Throws<FailureException>(() => Read(Map("a", w => w.WriteRaw(array)), typeof(Dictionary<string, StringValues>)));
        foreach (Type type in new[] { typeof(WeakReference), typeof(WeakReference<object>) })
        {
            Assert.Throws<FailureException>(() => Read(Map("_taggedHandle", w => w.WriteInt64(4096)), type));
        }

        Assert.Throws<FailureException>(() => Read(Map("_handle", w => w.WriteInt64(4096)), typeof(System.Runtime.InteropServices.GCHandle)));
        Assert.Throws<FailureException>(() => Read(Map("_obj", w => w.WriteString("text")), typeof(ValueTask<int>)));

        // What an exception says crosses, and where the runtime says it was thrown does not.
        byte[] thrown = WireTests.Pack(w =>
        {
            w.WriteMapHeader(4);
            w.WriteString("_stackTrace");
            w.WriteBinary(new byte[64]);
            w.WriteString("_message");
            w.WriteString("the message");
            w.WriteString("_dynamicMethods");
            w.WriteArrayHeader(1);
            w.WriteInt64(7);
            w.WriteString("_xptrs");
            w.WriteInt64(4096);
        });
        var exception = Assert.IsType<InvalidOperationException>(Read(thrown, typeof(InvalidOperationException)));
        Assert.Equal(("the message", null), (exception.Message, exception.StackTrace));
        Assert.Contains("the message", exception.ToString(), StringComparison.Ordinal);
        Assert.Equal("the message", Assert.IsType<Own>(Read(thrown, typeof(Own))).Message);
    }

    [Fact]
    public void The_frameworks_types_that_are_numbers_texts_and_settable_properties_cross_as_before()
    {
        Assert.Equal(new System.Drawing.Point(3, 4), Round(new System.Drawing.Point(3, 4)));
        Assert.Equal(new Vector3(1, 2, 3), Round(new Vector3(1, 2, 3)));
        Assert.Equal(1..^2, Round(1..^2));
        Assert.Equal(System.Drawing.Color.Tomato, Round(System.Drawing.Color.Tomato));
        Assert.Equal(new Own("outer", new Own("inner", null)).InnerException!.Message, Round(new Own("outer", new Own("inner", null))).InnerException!.Message);
        Assert.Equal(new Checked(5), Round(new Checked(5)));
        Assert.Equal([3, 1, 2], Round(new Queue<int>([3, 1, 2])));
    }

    [Fact]
    public void Nested_headers_together_announce_no_more_than_there_is()
    {
        const int Values = 1 << 20;
        byte[] bytes = new byte[(5 * 100) + Values];
        for (int i = 0; i < 100; i++)
        {
            int left = bytes.Length - (5 * (i + 1));
            new byte[] { 0xdd, (byte)(left >> 24), (byte)(left >> 16), (byte)(left >> 8), (byte)left }.CopyTo(bytes, 5 * i);
        }

        bytes.AsSpan(500).Fill(0xc0);
        foreach (Type type in new[] { typeof(object), typeof(object[]), typeof(object[][][][]), typeof(List<List<List<object>>>) })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<FailureException>(() => Read(bytes, type));
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 20L * bytes.Length, $"{type}: {taken} bytes for {bytes.Length}");
        }

        // The same within values that name their types, each of which is read by a reader of its own.
        byte[] typed = WireTests.Pack(w => w.WriteRaw(bytes.AsSpan(495).ToArray()));
        for (int i = 0; i < 50; i++)
        {
            byte[] inner = typed;
            typed = WireTests.Typed(TypeNames.Qualified(typeof(object[])), w =>
            {
                int left = inner.Length;
                w.WriteRaw([0xdd, (byte)(left >> 24), (byte)(left >> 16), (byte)(left >> 8), (byte)left]);
                w.WriteRaw(inner);
            });
        }

        var scope = new TypeScope();
        scope.Register(typeof(object[]));
        long start = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FailureException>(() => WireTests.Read(typed, typeof(object), scope));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - start < 40L * typed.Length);

        // And what is honest is read.
        object?[] nested = [];
        for (int i = 0; i < 100; i++)
        {
            nested = [nested, i, new Dictionary<string, object?> { ["a"] = i }];
        }

        Assert.Equal(3, Assert.IsType<object[]>(Read(WireTests.Pack(w => Plans.For(typeof(object)).WriteBoxed(w, nested)), typeof(object))).Length);
    }

    /// <summary>Compared with each other these keys would take a minute and more.</summary>
    [Fact]
    public void Keys_that_collide_are_read_in_no_time()
    {
        const int Keys = 100_000;
        byte[] map = WireTests.Pack(w =>
        {
            w.WriteMapHeader(Keys);
            for (long i = 0; i < Keys; i++)
            {
                w.WriteInt64((i << 32) | i);
                w.WriteNil();
            }
        });
        byte[] list = WireTests.Pack(w =>
        {
            w.WriteArrayHeader(Keys);
            for (long i = 0; i < Keys; i++)
            {
                w.WriteInt64((i << 32) | i);
            }
        });
        var watch = Stopwatch.StartNew();
        Assert.Equal(Keys, Assert.IsType<Dictionary<long, string>>(Read(map, typeof(Dictionary<long, string>))).Count);
        Assert.Equal(Keys, Assert.IsType<Dictionary<object, object>>(Read(map, typeof(object))).Count);
        Assert.Equal(Keys, Assert.IsType<HashSet<long>>(Read(list, typeof(HashSet<long>))).Count);
        Assert.Equal(Keys, ((ISet<long>)Read(list, typeof(ISet<long>))!).Count);
        Assert.Equal(Keys, ((IDictionary<double, object>)Read(map, typeof(IDictionary<double, object>))!).Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");

        // Whose hash codes are their own affair may not come in such numbers.
        byte[] odd = WireTests.Pack(w =>
        {
            w.WriteMapHeader(Keys);
            for (int i = 0; i < Keys; i++)
            {
                w.WriteMapHeader(0);
                w.WriteNil();
            }
        });
        Assert.Contains("collide", Assert.Throws<FailureException>(() => Read(odd, typeof(Dictionary<Key, string>))).Message, StringComparison.Ordinal);
        byte[] oddList = WireTests.Pack(w =>
        {
            w.WriteArrayHeader(Keys);
            for (int i = 0; i < Keys; i++)
            {
                w.WriteMapHeader(0);
            }
        });
        Assert.Contains("collide", Assert.Throws<FailureException>(() => Read(oddList, typeof(HashSet<Key>))).Message, StringComparison.Ordinal);
        Assert.Equal(Keys, Assert.IsType<Queue<Key>>(Read(oddList, typeof(Queue<Key>))).Count);
    }

    [Fact]
    public void Keys_are_equal_as_ever()
    {
        Check(0.0, -0.0, 1.5, double.NaN);
        Check(1.0m, 1.00m, 0m, -0.0m, 7.90m, 123456789.123456789m);
        Check(new DateTime(5, DateTimeKind.Utc), new DateTime(5, DateTimeKind.Local), new DateTime(6));
        Check(Guid.Empty, new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        Check(new DateTimeOffset(TimeSpan.TicksPerHour, TimeSpan.Zero), new DateTimeOffset(2 * TimeSpan.TicksPerHour, TimeSpan.FromHours(1)));
        Check((Int128)1 << 100, (Int128)1);
        Check(UInt128.MaxValue, UInt128.One);
        Check(1UL << 63, 0UL);

        static void Check<T>(params T[] keys)
            where T : notnull
        {
            var comparer = Assert.IsAssignableFrom<IEqualityComparer<T>>(SeededComparers.Of(typeof(T)));
            var objects = (IEqualityComparer<object>)SeededComparers.Of(typeof(object))!;
            foreach (T x in keys)
            {
                foreach (T y in keys)
                {
                    bool equal = EqualityComparer<T>.Default.Equals(x, y);
                    Assert.Equal(equal, comparer.Equals(x, y));
                    Assert.True(!equal || comparer.GetHashCode(x) == comparer.GetHashCode(y), $"{x} {y}");
                    Assert.True(!equal || objects.GetHashCode(x) == objects.GetHashCode(y), $"{x} {y}");
                }
            }
        }
    }

    [Fact]
    public void A_culture_that_is_not_there_is_an_error()
    {
        byte[] invented = WireTests.Pack(w => w.WriteString("xx-invented"));
        Assert.Throws<FailureException>(() => Read(invented, typeof(CultureInfo)));
        Assert.Throws<FailureException>(() => Read(WireTests.Pack(w => w.WriteString("!")), typeof(CultureInfo)));
        Assert.Equal(CultureInfo.InvariantCulture, Round(CultureInfo.InvariantCulture));
    }

    /// <summary>Random bytes, rich in headers and extension values, as values of many types.</summary>
    [Fact]
    public void Random_bytes_are_values_or_errors()
    {
        Type[] types =
        [
            typeof(object), typeof(Checked), typeof(Checked?), typeof(Checked[]), typeof(Own), typeof(Dictionary<object, object>), typeof((int, Checked, string)),
            typeof(System.Drawing.Point), typeof(System.Drawing.Color), typeof(Dictionary<string, StringValues>), typeof(HashSet<decimal>), typeof(int[,]),
            typeof(ArraySegment<string>), typeof(DateTimeOffset?), typeof(BigInteger), typeof(List<Key>), typeof(ReadOnlyMemory<byte>), typeof(Uri), typeof(Version),
            typeof(IReadOnlyDictionary<Guid, TimeSpan>), typeof(KeyValuePair<char, Half>), typeof(Tuple<object, Rare>), typeof(Rare), typeof(CultureInfo),
        ];
        byte[] special = [0xc0, 0xc4, 0xc7, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xdc, 0xde, 0x80, 0x81, 0x82, 0x90, 0x91, 0x92, 0x93, 0xa1, 0xff, 0x01];
        var random = new Random(20_261_123);
        for (int i = 0; i < 60_000; i++)
        {
            byte[] bytes = new byte[random.Next(1, 40)];
            random.NextBytes(bytes);
            for (int at = 0; at < bytes.Length; at++)
            {
                if (random.Next(3) > 0)
                {
                    bytes[at] = special[random.Next(special.Length)];
                }
            }

            Type type = types[i % types.Length];
            try
            {
                Read(bytes, type);
            }
            catch (Exception e) when (e is FailureException or ArgumentException)
            {
                // A constructor or setter of the application may throw what it likes.
            }
        }
    }

    private static byte[] Map(string name, Action<WireWriter> value) => WireTests.Pack(w =>
    {
        w.WriteMapHeader(1);
        w.WriteString(name);
        value(w);
    });

    private static object? Read(byte[] bytes, Type type) => WireTests.Read(bytes, type, TypeScope.None);

    private static T Round<T>(T value) => (T)Read(WireTests.Pack(w => Plans.For(typeof(T)).WriteBoxed(w, value)), typeof(T))!;

    private readonly record struct Checked
    {
        public Checked(int value)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Value = value;
        }

        public int Value { get; }
    }

    private readonly record struct Key(int Value);

    private sealed class Rare
    {
        private string _text = string.Empty;

        public string Text
        {
            get => _text;
            set => _text = value ?? throw new ArgumentNullException(nameof(value));
        }

        public System.Drawing.Size Size { get; set; }

        public object? Other { get; set; }

        public Rare? Next { get; set; }
    }

    private sealed class Own(string message, Exception? inner) : Exception(message, inner)
    {
        public int Code { get; set; }
    }
}
