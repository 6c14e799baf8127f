using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Objects in calls, captures and callbacks: what only shows with a guest.</summary>
public sealed class GraphCallTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task A_derived_argument_arrives_as_what_it_is()
    {
        var derived = new Derived { Name = "d", More = 5 };
        IsolatedMethod nameOf = _runtime.GetMethod(typeof(GraphCallTests), nameof(NameOf));
        Assert.Equal("Derived d 5", nameOf.Invoke<Derived, string>(null, derived));
        Assert.Equal("Derived d 5", nameOf.Invoke<Base, string>(null, derived));
        Assert.Equal("Derived d 5", nameOf.Invoke<object, string>(null, derived));
        using IsolatedObject holder = _runtime.CreateObject<Holder>(derived);
        Assert.Equal("Derived d 5", holder.Invoke<string>("Tell"));
        Assert.Equal("Derived d 5", await holder.InvokeAsync<string>("TellOther", derived));
        Base back = _runtime.Invoke<Derived>(() => derived);
        Assert.Equal(5, Assert.IsType<Derived>(back).More);
    }

    [Fact]
    public void Arguments_of_a_call_and_captures_share_their_objects()
    {
        int[] array = [1, 2];
        var list = new List<int[]> { array };
        Assert.True(_runtime.GetMethod(typeof(GraphCallTests), nameof(AreSame)).Invoke<int[], List<int[]>, bool>(null, array, list));
        Base first = new Derived { Name = "x" };
        Base second = first;
        Assert.True(_runtime.Invoke(() => ReferenceEquals(first, second)));
        Assert.True(_runtime.Invoke(() => ReferenceEquals(array, list[0])));
        List<int[]> back = _runtime.Invoke(() => new List<int[]> { array, array });
        Assert.Same(back[0], back[1]);
    }

    [Fact]
    public void A_registered_type_comes_out_where_its_base_was_asked_for()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke<Base>(() => new Derived { Name = "d" }));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.Contains("WithWireType", e.ToString(), StringComparison.Ordinal);
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader().WithWireType<Derived>();
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal(7, Assert.IsType<Derived>(runtime.Invoke<Base>(() => new Derived { Name = "d", More = 7 })).More);
        Assert.Equal(8, Assert.IsType<Derived>(runtime.Invoke<object>(() => new Derived { More = 8 })).More);
    }

    [Fact]
    public void Callbacks_get_and_give_objects_as_they_are()
    {
        _runtime.RegisterCallback("derived", (Derived value, object other) =>
        {
            value.More++;
            return new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase) { ["same"] = ReferenceEquals(value, other), ["value"] = value, ["guid"] = Guid.Empty };
        });
        Assert.Equal("True 6 System.Guid", _runtime.Invoke(() =>
        {
            var sent = new Derived { More = 5 };
            var got = DotNetIsolatorHost.Invoke<Dictionary<string, object>>("derived", sent, sent);
            return $"{got["SAME"]} {((Derived)got["value"]).More} {got["guid"].GetType()}";
        }));
    }

    [Fact]
    public void Raw_bytes_are_never_taken_for_values()
    {
        _runtime.RegisterCallback("reverse", (byte[] bytes) => bytes.Reverse().ToArray());
        foreach (byte[] bytes in new byte[][] { [0x91, 0xc4, 2, 7, 8], [0x91, 0xc0], [], [0xc1], [0xc1, 0x91], [0x91, 0xc5, 0, 1, 9], [1, 2, 3] })
        {
            Assert.Equal(bytes.Reverse(), _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("reverse", bytes)));
            Assert.Equal(bytes.Reverse(), _runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]>("reverse", bytes)));
        }
    }

    [Fact]
    public void Numbers_cross_as_blocks_and_stay_exact()
    {
        double[] numbers = [1.5, -0.0, BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_1234), double.PositiveInfinity];
        double[] back = _runtime.GetMethod(typeof(GraphCallTests), nameof(Echo)).Invoke<double[], double[]>(null, numbers);
        Assert.Equal(numbers.Select(BitConverter.DoubleToInt64Bits), back.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal([1, 2], _runtime.GetMethod(typeof(GraphCallTests), nameof(EchoList)).Invoke<int[], int[]>(null, [1, 2]));
        Vector[] vectors = [.. Enumerable.Range(0, 1000).Select(i => new Vector(i, -i, i / 3f))];
        Assert.Equal(vectors, _runtime.GetMethod(typeof(GraphCallTests), nameof(EchoVectors)).Invoke<Vector[], Vector[]>(null, vectors));
    }

    [Fact]
    public void What_cannot_cross_is_refused_before_the_call()
    {
        var derived = new Derived { Next = new Derived() };
        derived.Next.Changed += (_, _) => { };
        var e = Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(GraphCallTests), nameof(NameOf)).Invoke<Derived, string>(null, derived));
        Assert.StartsWith("Argument 1.Next.Changed is a System.EventHandler", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => derived.More));
        Assert.Contains("derived.Next.Changed", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, _runtime.Invoke(() => 1));
    }

    private static string NameOf(Base value) => value.ToString()!;

    private static bool AreSame(int[] array, List<int[]> list) => ReferenceEquals(array, list[0]);

    private static double[] Echo(double[] numbers) => numbers;

    private static List<int> EchoList(List<int> numbers) => numbers;

    private static Vector[] EchoVectors(Vector[] vectors) => vectors;

    private readonly record struct Vector(float X, float Y, float Z);

    private abstract class Base
    {
        public string? Name { get; set; }
    }

    private sealed class Derived : Base
    {
        public event EventHandler? Changed;

        public int More { get; set; }

        public Derived? Next { get; set; }

        public void Raise() => Changed?.Invoke(this, EventArgs.Empty);

        public override string ToString() => $"{GetType().Name} {Name} {More}";
    }

    private sealed class Holder(Base value)
    {
        public string Tell() => value.ToString()!;

        public string TellOther(object other) => other.ToString()!;
    }
}
