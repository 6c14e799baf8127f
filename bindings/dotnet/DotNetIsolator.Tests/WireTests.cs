using System.Diagnostics;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What the host makes of a guest's bytes: hostile ones among them.</summary>
public sealed unsafe class WireTests
{
    [Fact]
    public void A_type_that_is_named_is_not_made()
    {
        // Types whose making does harm, as in known attacks on deserializers, and one that would only be loaded.
        string[] gadgets =
        [
            "System.Diagnostics.Process, System.Diagnostics.Process",
            "System.IO.FileInfo, System.Private.CoreLib",
            "System.Diagnostics.ProcessStartInfo, System.Diagnostics.Process",
            $"{typeof(Gadget).FullName}, {typeof(Gadget).Assembly.GetName().Name}",
            typeof(Gadget).AssemblyQualifiedName!,
            "Evil.Type, Evil.Assembly",
            $"System.Collections.Generic.List`1[[{typeof(Gadget).FullName}, {typeof(Gadget).Assembly.GetName().Name}]], System.Private.CoreLib",
        ];
        int loaded = AppDomain.CurrentDomain.GetAssemblies().Length;
        foreach (string gadget in gadgets)
        {
            byte[] bytes = Typed(gadget, w => w.WriteMapHeader(0));
            foreach (Type declared in new[] { typeof(object), typeof(IDisposable), typeof(Base), typeof(Holder), typeof(Dictionary<string, object>), typeof(object[]) })
            {
                byte[] wrapped = declared == typeof(Dictionary<string, object>) ? Pack(w =>
                {
                    w.WriteMapHeader(1);
                    w.WriteString("key");
                    w.WriteRaw(bytes);
                })
                : declared == typeof(object[]) ? Pack(w =>
                {
                    w.WriteArrayHeader(1);
                    w.WriteRaw(bytes);
                })
                : declared == typeof(Holder) ? Pack(w =>
                {
                    w.WriteMapHeader(1);
                    w.WriteString("Anything");
                    w.WriteRaw(bytes);
                })
                : bytes;
                var e = Assert.Throws<FailureException>(() => Read(wrapped, declared, TypeScope.None));
                Assert.Contains("named the type", e.Message, StringComparison.Ordinal);
            }
        }

        Assert.Equal(0, Gadget.Made);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), a => a.GetName().Name == "Evil.Assembly");
        Assert.True(AppDomain.CurrentDomain.GetAssemblies().Length <= loaded + 2);
    }

    [Fact]
    public void A_type_that_the_declared_one_leads_to_is_made()
    {
        byte[] bytes = Pack(w =>
        {
            w.WriteMapHeader(1);
            w.WriteString("Anything");
            w.WriteRaw(Typed(TypeNames.Qualified(typeof(Part)), i =>
            {
                i.WriteMapHeader(1);
                i.WriteString("Name");
                i.WriteString("made");
            }));
        });
        var holder = Assert.IsType<Holder>(Read(bytes, typeof(Holder), TypeScope.None));
        Assert.Equal("made", Assert.IsType<Part>(holder.Anything).Name);
    }

    [Fact]
    public void A_type_that_was_registered_is_made_where_it_fits()
    {
        var scope = new TypeScope();
        scope.Register(typeof(Derived));
        byte[] bytes = Typed(TypeNames.Qualified(typeof(Derived)), w => w.WriteMapHeader(0));
        Assert.IsType<Derived>(Read(bytes, typeof(Base), scope));
        Assert.IsType<Derived>(Read(bytes, typeof(object), scope));
        Assert.Contains("is not a", Assert.Throws<FailureException>(() => Read(bytes, typeof(Part), scope)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_is_one_of_the_wire_types()
    {
        byte[] bytes = Pack(w =>
        {
            w.WriteMapHeader(1);
            w.WriteString("list");
            w.WriteArrayHeader(2);
            w.WriteInt64(1);
            w.WriteString("x");
        });
        var map = Assert.IsType<Dictionary<string, object>>(Read(bytes, typeof(object), TypeScope.None));
        Assert.Equal([1, "x"], Assert.IsType<object[]>(map["list"]));
    }

    [Fact]
    public void A_handle_is_no_value()
    {
        byte[] bytes = Pack(w => w.WriteHandle(0x100000001));
        foreach (Type declared in new[] { typeof(object), typeof(string), typeof(int), typeof(Part), typeof(int[]), typeof(IsolatedObject), typeof(List<Part>) })
        {
            Assert.Throws<FailureException>(() => Read(bytes, declared, TypeScope.None));
        }
    }

    [Fact]
    public void Depth_and_lengths_are_limited()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];
        Assert.Throws<FailureException>(() => Read(deep, typeof(object), TypeScope.None));
        Assert.Throws<FailureException>(() => Read([0xdd, 0x7f, 0xff, 0xff, 0xff], typeof(int[]), TypeScope.None));
        Assert.Throws<FailureException>(() => Read([0xdf, 0xff, 0xff, 0xff, 0xff], typeof(Dictionary<int, int>), TypeScope.None));
        Assert.Throws<FailureException>(() => Read([0xc6, 0x7f, 0xff, 0xff, 0xff], typeof(byte[]), TypeScope.None));
        Assert.Throws<FailureException>(() => Read([0xdb, 0xff, 0xff, 0xff, 0xff], typeof(string), TypeScope.None));
        byte[] nested = Typed(TypeNames.Qualified(typeof(Part)), w => w.WriteNil());
        for (int i = 0; i < 200; i++)
        {
            byte[] inner = nested;
            nested = Typed(TypeNames.Qualified(typeof(Part)), w => w.WriteRaw(inner));
        }

        var scope = new TypeScope();
        scope.Register(typeof(Part));
        Assert.Throws<FailureException>(() => Read(nested, typeof(object), scope));
    }

    [Fact]
    public void Bytes_that_are_cut_off_or_changed_are_errors_or_values_and_nothing_worse()
    {
        var sample = new Sample
        {
            Number = 5,
            Text = "text",
            Times = [DateTime.UnixEpoch, DateTime.Now],
            Map = new Dictionary<string, object> { ["a"] = 1, ["b"] = "x" },
            Part = new Part { Name = "p" },
            Pair = (1, 2.5m),
            Bytes = [1, 2, 3],
        };
        byte[] whole = Pack(w => Plans.For(typeof(Sample)).WriteBoxed(w, sample));
        var back = (Sample)Read(whole, typeof(Sample), TypeScope.None)!;
        Assert.Equal((5, "text", 2, (1, 2.5m)), (back.Number, back.Text, back.Times.Count, back.Pair));
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] part = whole[..length];
            Assert.Throws<FailureException>(() => Read(part, typeof(Sample), TypeScope.None));
        }

        for (int at = 0; at < whole.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] changed = (byte[])whole.Clone();
                changed[at] = (byte)value;
                try
                {
                    Read(changed, typeof(Sample), TypeScope.None);
                }
                catch (FailureException)
                {
                    continue;
                }
            }
        }
    }

    [Fact]
    public void Many_threads_may_meet_a_type_at_once()
    {
        Parallel.For(0, 64, i =>
        {
            byte[] bytes = Pack(w => Plans.For(typeof(ManyThreads<Sample>)).WriteBoxed(w, new ManyThreads<Sample> { Count = i, Inner = new Sample { Number = i } }));
            var back = (ManyThreads<Sample>)Read(bytes, typeof(ManyThreads<Sample>), TypeScope.None)!;
            Assert.Equal((i, i), (back.Count, back.Inner!.Number));
        });
    }

    [Theory]
    [InlineData(typeof(List<int>), "System.Collections.Generic.List`1[[System.Int32, System.Private.CoreLib]], System.Private.CoreLib")]
    [InlineData(typeof(int[]), "System.Int32[], System.Private.CoreLib")]
    [InlineData(typeof(int[,][]), "System.Int32[][,], System.Private.CoreLib")]
    [InlineData(typeof(Dictionary<string, int>.KeyCollection), "System.Collections.Generic.Dictionary`2+KeyCollection[[System.String, System.Private.CoreLib],[System.Int32, System.Private.CoreLib]], System.Private.CoreLib")]
    public void Names_say_assemblies_without_versions(Type type, string expected)
    {
        Assert.Equal(expected, TypeNames.Qualified(type));
        Assert.Equal(type, Type.GetType(expected));
    }

    internal static byte[] Typed(string name, Action<WireWriter> value) => Pack(w =>
    {
        int start = w.BeginTyped(name);
        value(w);
        w.EndTyped(start);
    });

    internal static byte[] Pack(Action<WireWriter> write)
    {
        WireWriter writer = new();
        try
        {
            write(writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Free();
        }
    }

    internal static object? Read(byte[] bytes, Type declared, TypeScope scope)
    {
        fixed (byte* p = bytes)
        {
            WireReader reader = new(p, bytes.Length) { Scope = scope, Root = declared };
            object? value = Plans.For(declared).ReadBoxed(reader);
            reader.ExpectEnd();
            return value;
        }
    }

    public sealed class Gadget : Base, IDisposable
    {
        public Gadget() => Made++;

        public static int Made { get; private set; }

        public void Dispose() => Made++;
    }

    public class Base
    {
    }

    public sealed class Derived : Base
    {
    }

    private sealed class Part
    {
        public string? Name { get; set; }
    }

    private sealed class Holder
    {
        public object? Anything { get; set; }

        public Part? Part { get; set; }
    }

    private sealed class Sample
    {
        public int Number { get; set; }

        public string? Text { get; set; }

        public List<DateTime> Times { get; set; } = [];

        public Dictionary<string, object>? Map { get; set; }

        public Part? Part { get; set; }

        public (int, decimal) Pair { get; set; }

        public byte[]? Bytes { get; set; }
    }

    private sealed class ManyThreads<T>
    {
        public int Count { get; set; }

        public T? Inner { get; set; }
    }
}
