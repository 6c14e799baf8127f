using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;
using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>The bytes of copies: whole, cut off, and changed by somebody who means harm.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsBytes
{
    private static readonly Dictionary<string, Shape[]> All = Catalog.Groups(shape => shape.InwardsOnly is null && !shape.IsOneOfMany);

    public static TheoryData<string> Groups => [.. All.Keys];

    /// <summary>As between host and guest, but without one.</summary>
    [Theory]
    [MemberData(nameof(Groups))]
    public void Whole_bytes_are_the_value(string group)
    {
        List<string> differences = [];
        foreach (Shape shape in All[group])
        {
            try
            {
                object? made = shape.Make();
                foreach (byte[] message in Messages(made))
                {
                    Effects.Seal();
                    object? back = Read(message, shape.Type, Scope(made));
                    string? ran = Effects.Since();
                    if ((GraphComparer.FirstDifference(made, back) ?? ran) is { } difference)
                    {
                        differences.Add($"[{shape.Name}] {difference}");
                    }
                }
            }
            catch (FailureException e)
            {
                differences.Add($"[{shape.Name}] {e.Message}");
            }
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Bytes_that_end_too_early_are_an_error(string group)
    {
        foreach ((Shape shape, byte[] bytes, TypeScope scope) in Good(group, 200_000))
        {
            // Where the message is of a graph, its end says where its start is.
            for (int length = 0; length < bytes.Length; length += 1 + (bytes.Length / 700))
            {
                byte[] cut = bytes[..length];
                Exception? e = Record.Exception(() => Read(cut, shape.Type, scope));
                Assert.True(e is FailureException, $"{shape.Name}, {length} of {bytes.Length} bytes: {e?.ToString() ?? "no error"}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Bytes_that_were_changed_are_an_error_or_a_value_of_the_same_types(string group)
    {
        var random = new Random(group.Length + 20_260_101);
        foreach ((Shape shape, byte[] bytes, TypeScope scope) in Good(group, 200_000))
        {
            HashSet<Type> allowed = GraphComparer.TypesIn(shape.Make());
            for (int round = 0; round < Math.Min(300, 2 * bytes.Length); round++)
            {
                byte[] bad = [.. bytes];
                int at = round < bytes.Length ? round : random.Next(bytes.Length);
                bad[at] = random.Next(4) switch { 0 => 0, 1 => 0xff, 2 => (byte)(bad[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
                if (round % 5 == 4)
                {
                    bad[random.Next(bad.Length)] = (byte)random.Next(256);
                }

                Try(shape, bad, scope, allowed);
            }
        }

        GC.Collect();
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Parts_that_were_moved_repeated_or_left_out_are_an_error_or_a_value(string group)
    {
        var random = new Random(group.Length + 20_260_202);
        foreach ((Shape shape, byte[] bytes, TypeScope scope) in Good(group, 20_000))
        {
            HashSet<Type> allowed = GraphComparer.TypesIn(shape.Make());
            for (int round = 0; round < 60; round++)
            {
                int from = random.Next(bytes.Length);
                int length = random.Next(1, Math.Min(40, bytes.Length - from) + 1);
                byte[] part = bytes[from..(from + length)];
                int to = random.Next(bytes.Length);
                byte[] bad = (round % 3) switch
                {
                    0 => [.. bytes[..from], .. bytes[(from + length)..]],
                    1 => [.. bytes[..to], .. part, .. bytes[to..]],
                    _ => [.. bytes[..to], .. part, .. bytes[Math.Min(bytes.Length, to + length)..]],
                };
                Try(shape, Mend(bad), scope, allowed);
            }
        }

        GC.Collect();
    }

    [Fact]
    public void Elements_that_take_no_bytes_are_not_made_by_the_billion()
    {
        foreach (object value in new object[]
        {
            new StructShapes.Nothing[3], new List<StructShapes.Nothing> { default, default, default }, new object?[3], new ClassShapes.Empty[3], new bool[3], new string[3],
            new int?[3], new List<object?> { null, null, null }, new ValueTuple[3], new int[3, 1], new StructShapes.Nothing[3, 1], new Queue<StructShapes.Nothing>(new StructShapes.Nothing[3]),
        })
        {
            byte[] bytes = Write(value);
            TypeScope scope = Scope(value);
            Assert.NotNull(Read(bytes, value.GetType(), scope));
            for (int at = 0; at < bytes.Length; at++)
            {
                if (bytes[at] != 3)
                {
                    continue;
                }

                // The count as a number of five bytes, in place of the one.
                byte[] bad = Mend([.. bytes[..at], 0xff, 0xff, 0xff, 0xff, 0x07, .. bytes[(at + 1)..]]);
                long before = GC.GetAllocatedBytesForCurrentThread();
                Exception? e = Record.Exception(() => Read(bad, value.GetType(), scope));
                Assert.True(e is FailureException, $"{value.GetType()} at {at}: {e?.ToString() ?? "no error"}");
                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20, $"{value.GetType()} at {at}");
            }
        }
    }

    [Fact]
    public void Memory_is_in_proportion()
    {
        foreach (object value in new object[]
        {
            Enumerable.Range(0, 50_000).Select(_ => new ClassShapes.Empty()).ToArray(), Enumerable.Range(0, 50_000).Select(_ => new object()).ToArray(),
            Enumerable.Range(0, 50_000).Select(i => (object)(byte)i).ToArray(), Enumerable.Range(0, 50_000).Select(_ => new List<int>()).ToArray(),
            Enumerable.Range(0, 50_000).Select(_ => new ClassShapes.Wide { B1 = null!, B2 = null!, B3 = null!, B4 = null!, B5 = null!, B6 = null!, B7 = null!, B8 = null!, B9 = null!, B10 = null! }).ToArray(),
            Enumerable.Range(0, 50_000).Select(_ => new int[1]).ToArray(), Enumerable.Range(0, 50_000).Select(_ => new GraphShapes.Node()).ToArray(),
            Enumerable.Range(0, 50_000).Select(_ => string.Empty).ToArray(), Enumerable.Range(0, 50_000).Select(i => $"{i % 10}").ToArray(), new string('a', 1_000_000),
        })
        {
            byte[] bytes = Write(value);
            TypeScope scope = Scope(value);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.NotNull(Read(bytes, value.GetType(), scope));
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 100L * bytes.Length, $"{value.GetType()}: {taken} bytes for {bytes.Length}");
        }
    }

    [Fact]
    public void Small_collections_in_great_numbers_cost_no_more_than_they_pay_for()
    {
        foreach (object value in new object[]
        {
            Many(() => new Dictionary<string, string>()), Many(() => new HashSet<int>()), Many(() => new Queue<int>()), Many(() => new SortedDictionary<int, int>()),
            Many(() => new LinkedList<int>()), Many(() => new PriorityQueue<int, int>()), Many(() => new System.Text.StringBuilder()), Many(() => new Version(1, 2)),
            Many(() => new System.Collections.Hashtable()), Many(() => new System.Collections.Concurrent.ConcurrentDictionary<int, int>()), Many(() => new Lazy<int>(1)),
            Many(() => new System.Collections.Concurrent.ConcurrentQueue<int>()), Many(() => new System.Collections.Concurrent.ConcurrentBag<int>()), Many(() => new Lock()),
            Many(() => System.Collections.Immutable.ImmutableDictionary.Create<string, int>(StringComparer.OrdinalIgnoreCase)), Many(() => TimeZoneInfo.Utc), Many(() => new Uri("http://a")),
        })
        {
            byte[] bytes = Write(value);
            TypeScope scope = Scope(value);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? e = Record.Exception(() => Read(bytes, value.GetType(), scope));
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(e is null or FailureException, e?.ToString());
            Assert.True(taken < 400L * bytes.Length, $"{value.GetType()}: {taken} bytes for {bytes.Length}");
        }

        static T[] Many<T>(Func<T> make) => [.. Enumerable.Range(0, 20_000).Select(_ => make())];
    }

    /// <summary>Reads what a guest may have made of a value's bytes, and walks through all of it.</summary>
    private static void Try(Shape shape, byte[] bad, TypeScope scope, HashSet<Type> allowed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        object? value = null;
        try
        {
            value = Read(bad, shape.Type, scope);
        }
        catch (Exception e) when (e is FailureException or ArgumentException or InvalidOperationException or FormatException or OverflowException or NotSupportedException)
        {
            // The last ones are of comparers and keys that are the application's own. Whoever reads for a call makes an IsolatedException of them.
        }

        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < (200L * bad.Length) + (4 << 20), $"{shape.Name}: {taken} bytes for {bad.Length}");
        foreach (Type type in GraphComparer.TypesIn(value))
        {
            Assert.True(allowed.Contains(type) || GraphComparer.IsFramework(type) || IsOfAllowed(type, allowed), $"{shape.Name}: a {type} came");
        }
    }

    /// <summary>Whether a type is made of types that may come, or is one that the shape declares without having one.</summary>
    private static bool IsOfAllowed(Type type, HashSet<Type> allowed) =>
        type.IsArray ? allowed.Contains(type.GetElementType()!) || GraphComparer.IsFramework(type.GetElementType()!) || IsOfAllowed(type.GetElementType()!, allowed)
        : allowed.Any(each => each.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
            .Any(field => field.FieldType == type || Nullable.GetUnderlyingType(field.FieldType) == type || field.FieldType.GetGenericArguments().Contains(type)));

    private static IEnumerable<(Shape Shape, byte[] Bytes, TypeScope Scope)> Good(string group, int most)
    {
        foreach (Shape shape in All[group])
        {
            object? made = shape.Make();
            foreach (byte[] bytes in Messages(made))
            {
                if (bytes.Length <= most)
                {
                    yield return (shape, bytes, Scope(made));
                }
            }
        }
    }

    /// <summary>The ways to write a value: in a graph, and alone, if it can be.</summary>
    private static IEnumerable<byte[]> Messages(object? value)
    {
        yield return Write(value);
        if (value is not null && WireTests.Pack(w => GraphWriter.TryWritePlain(w, value)) is { Length: > 0 } plain)
        {
            yield return plain;
        }
    }

    private static TypeScope Scope(object? value)
    {
        TypeScope scope = new();
        foreach (Type type in GraphComparer.TypesIn(value))
        {
            if (!type.IsPrimitive && (type.IsVisible || !GraphComparer.IsFramework(type)))
            {
                scope.Register(type);
            }
        }

        return scope;
    }

    private static byte[] Write(object? value) => WireTests.Pack(w =>
    {
        if (value is null)
        {
            w.WriteNil();
            return;
        }

        Values.WriteRoot(w, value, "value");
        w.FinishGraph();
    });

    /// <summary>Bytes whose frame says once more how long the graph or the object in it is, so that it is that which is read.</summary>
    private static byte[] Mend(byte[] bytes)
    {
        if (bytes.Length >= 6 && bytes[0] == Codes.Ext32 && bytes[5] == Codes.Plain)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 6);
            return bytes;
        }

        const int Root = 6;
        const int Header = 6;
        const int Trailer = 8;
        if (bytes.Length < Root + Header + Trailer)
        {
            return bytes;
        }

        int length = bytes.Length - Root - Header - Trailer;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Root + 1), length + Trailer);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), length);
        return bytes;
    }

    private static unsafe object? Read(byte[] bytes, Type type, TypeScope scope)
    {
        fixed (byte* p = bytes.Length == 0 ? new byte[1] : bytes)
        {
            WireReader reader = new(p, bytes.Length) { Scope = scope, Root = type };
            object? value = Values.ReadBoxed(reader, Plans.For(type));
            reader.ExpectEnd();
            return value;
        }
    }
}
