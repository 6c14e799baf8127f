using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Many calls of a method of numbers at once.</summary>
public sealed class BatchTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void A_batch_gives_what_single_calls_give()
    {
        IsolatedMethod method = Method(nameof(Numbers.Double));
        int[] numbers = [.. Enumerable.Range(-5000, 10_000)];
        int[] results = new int[numbers.Length];
        method.InvokeBatch(numbers, results);
        Assert.Equal(numbers.Select(n => n * 2), results);
        Assert.Equal(-10_000, method.Invoke<int, int>(null, -5000));

        int[] counted = new int[3];
        Method(nameof(Numbers.Count)).InvokeBatch<int>(counted);
        Assert.Equal([1, 2, 3], counted);
        double[] sums = new double[2];
        Method(nameof(Numbers.Sum2)).InvokeBatch<float, double, double>([1.5f, -1], [0.25, 1], sums);
        Assert.Equal([1.75, 0], sums);
        long[] longs = new long[2];
        Method(nameof(Numbers.Sum3)).InvokeBatch<long, byte, sbyte, long>([1L << 40, 2], [255, 0], [-1, sbyte.MinValue], longs);
        Assert.Equal([(1L << 40) + 254, -126], longs);
        Method(nameof(Numbers.Sum4)).InvokeBatch<ulong, ushort, short, uint, long>([1, 2], [ushort.MaxValue, 0], [-1, 1], [0, uint.MaxValue], longs);
        Assert.Equal([1 + 65535 - 1, 2 + 1 + (long)uint.MaxValue], longs);
    }

    [Fact]
    public void Bools_and_chars_cross_as_they_are()
    {
        char[] next = new char[4];
        Method(nameof(Numbers.Next)).InvokeBatch(['a', '\ud800', '\0', '\ufffe'], next);
        Assert.Equal(['b', '\ud801', '\u0001', '\uffff'], next);
        bool[] not = new bool[2];
        Method(nameof(Numbers.Not)).InvokeBatch([true, false], not);
        Assert.Equal([false, true], not);

        // A bool that is neither of the two bytes is one of them inside, and again here.
        bool[] strange = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, bool>(new byte[] { 2, 255 }.AsSpan()).ToArray();
        Method(nameof(Numbers.Not)).InvokeBatch(strange, not);
        Assert.Equal([0, 0], System.Runtime.InteropServices.MemoryMarshal.AsBytes(not.AsSpan()).ToArray());
        double[] nan = [double.NaN, double.NegativeInfinity, -0.0];
        Method(nameof(Numbers.Same)).InvokeBatch(nan, nan);
        Assert.Equal([BitConverter.DoubleToInt64Bits(double.NaN), BitConverter.DoubleToInt64Bits(double.NegativeInfinity), long.MinValue], Array.ConvertAll(nan, BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void Results_may_go_where_the_arguments_are()
    {
        int[] numbers = [.. Enumerable.Range(0, 9000)];
        Method(nameof(Numbers.Double)).InvokeBatch(numbers, numbers);
        Assert.Equal(Enumerable.Range(0, 9000).Select(n => n * 2), numbers);
        int[] shifted = [.. Enumerable.Range(0, 9000)];
        Method(nameof(Numbers.Double)).InvokeBatch<int, int>(shifted.AsSpan(0, 8999), shifted.AsSpan(1));
        Assert.Equal([0, .. Enumerable.Range(0, 8999).Select(n => n * 2)], shifted);
    }

    [Fact]
    public void Objects_are_called_one_call_after_the_other()
    {
        using IsolatedObject counter = _runtime.CreateObject<Counter>();
        int[] results = new int[3];
        counter.InvokeBatch<int, int>("Add", [1, 2, 3], results);
        Assert.Equal([1, 3, 6], results);
        counter.FindMethod("Add", 1).InvokeBatch<int, int>(counter, [4, 5], results.AsSpan(1));
        Assert.Equal([1, 10, 15], results);
        counter.InvokeBatchVoid("Forget", [5, 6]);
        Assert.Equal(4, counter.GetField<int>("_sum"));
        using IsolatedObject derived = _runtime.CreateObject<Derived>();
        derived.InvokeBatch<int, int>("Virtual", [1, 2, 3], results);
        Assert.Equal([-1, -2, -3], results);
        _runtime.GetMethod(typeof(Counter), "Virtual").InvokeBatch<int, int>(derived, [4, 5, 6], results);
        Assert.Equal([-4, -5, -6], results);
    }

    [Fact]
    public void An_exception_says_at_which_element_it_came()
    {
        int[] results = [.. Enumerable.Repeat(-1, 6000)];
        int[] divisors = [.. Enumerable.Repeat(2, 6000)];
        divisors[5000] = 0;
        IsolatedMethod divide = Method(nameof(Numbers.Divide));
        IsolatedException e = Assert.Throws<IsolatedException>(() => divide.InvokeBatch(divisors, results));
        Assert.Equal((IsolatedErrorKind.GuestException, (int?)5000, "System.DivideByZeroException", false), (e.Kind, e.BatchElement, e.GuestException!.TypeName, e.IsFatal));
        Assert.StartsWith("Element 5000 of the batch: System.DivideByZeroException: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("Divide", e.ToString(), StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Repeat(50, 5000), .. Enumerable.Repeat(-1, 1000)], results);
        e = Assert.Throws<IsolatedException>(() => Method(nameof(Numbers.CheckVoid)).InvokeBatchVoid([1, -1]));
        Assert.Equal(1, e.BatchElement);
        e = Assert.Throws<IsolatedException>(() => divide.Invoke<int, int>(null, 0));
        Assert.Null(e.BatchElement);
    }

    [Fact]
    public void What_does_not_fit_is_told_and_nothing_is_called()
    {
        int[] two = new int[2];
        IsolatedMethod count = Method(nameof(Numbers.Count));
        ArgumentException length = Assert.Throws<ArgumentException>(() => Method(nameof(Numbers.Double)).InvokeBatch<int, int>([1], two));
        Assert.Equal("args0", length.ParamName);
        Assert.Throws<ArgumentException>(() => Method(nameof(Numbers.Sum2)).InvokeBatch<float, double, double>([1, 2], [1], new double[2]));
        ArgumentException type = Assert.Throws<ArgumentException>(() => Method(nameof(Numbers.Double)).InvokeBatch<DayOfWeek, int>([DayOfWeek.Monday, DayOfWeek.Friday], two));
        Assert.Contains("pass an enum as its number", type.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Method(nameof(Numbers.Double)).InvokeBatch<int, Guid>([1], new Guid[1]));
        IsolatedException e = Assert.Throws<IsolatedException>(() => Method(nameof(Numbers.Double)).InvokeBatch<long, int>([1, 2], two));
        Assert.Equal(IsolatedErrorKind.Argument, e.Kind);
        Assert.Contains("argument 1 of the batch is of type long, and the method has int there", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<IsolatedException>(() => Method(nameof(Numbers.Text)).InvokeBatch<int, int>([1, 2], two));
        Assert.Contains("int Text(string text) cannot be called in batches", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<IsolatedException>(() => count.InvokeBatch<long>(new long[2]));
        Assert.Contains("the result of the batch is of type long", e.Message, StringComparison.Ordinal);
        using IsolatedObject counter = _runtime.CreateObject<Counter>();
        e = Assert.Throws<IsolatedException>(() => counter.FindMethod("Add", 1).InvokeBatch<int, int>([1, 2], two));
        Assert.Contains("needs an object", e.Message, StringComparison.Ordinal);
        Method(nameof(Numbers.Double)).InvokeBatch<int, int>([], []);
        Assert.Equal(1, count.Invoke<int>(null));
    }

    [Fact]
    public void A_deadline_ends_a_batch()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        IsolatedMethod spin = runtime.GetMethod(typeof(Numbers), nameof(Numbers.Spin));
        IsolatedException e = Assert.Throws<IsolatedException>(() => spin.InvokeBatch<int, int>([1, 2, 3], new int[3]));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout, true), (e.Kind, e.Limit, e.IsFatal));
    }

    [Fact]
    public void Up_to_eight_numbers_are_passed_without_serialization()
    {
        Assert.Equal(15.5, Method(nameof(Numbers.Five)).Invoke<int, long, byte, float, double, double>(null, 1, 2, 3, 4, 5.5));
        Assert.Equal(21, Method(nameof(Numbers.Six)).Invoke<int, int, int, int, int, int, int>(null, 1, 2, 3, 4, 5, 6));
        Assert.Equal(28, Method(nameof(Numbers.Seven)).Invoke<int, int, int, int, int, int, int, int>(null, 1, 2, 3, 4, 5, 6, 7));
        Assert.Equal(-36, Method(nameof(Numbers.Eight)).Invoke<sbyte, short, int, long, float, double, int, int, int>(null, -1, -2, -3, -4, -5, -6, -7, -8));

        // Nothing that is serialized crosses: no bytes are counted.
        IsolatedMethod eight = Method(nameof(Numbers.Eight));
        eight.Invoke<sbyte, short, int, long, float, double, int, int, int>(null, 1, 2, 3, 4, 5, 6, 7, 8);
        eight.InvokeVoid<sbyte, short, int, long, float, double, int, int>(null, 1, 2, 3, 4, 5, 6, 7, 8);
        Method(nameof(Numbers.Count)).InvokeVoid(null);
        long before = _runtime.GetUsage().BytesIn;
        eight.Invoke<sbyte, short, int, long, float, double, int, int, int>(null, 1, 2, 3, 4, 5, 6, 7, 8);
        eight.InvokeVoid<sbyte, short, int, long, float, double, int, int>(null, 1, 2, 3, 4, 5, 6, 7, 8);
        Assert.Equal(before, _runtime.GetUsage().BytesIn);
        IsolatedException e = Assert.Throws<IsolatedException>(() => Method(nameof(Numbers.CheckVoid)).InvokeVoid(null, -1));
        Assert.Equal("System.ArgumentOutOfRangeException", e.GuestException!.TypeName);
        using IsolatedObject counter = _runtime.CreateObject<Counter>();
        e = Assert.Throws<IsolatedException>(() => counter.FindMethod("Add", 1).Invoke<int, int>(null, 1));
        Assert.Equal(IsolatedErrorKind.Argument, e.Kind);
        Assert.Contains("needs an object", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(Counter), "Forget").InvokeVoid(null, 1));
        Assert.Contains("needs an object", e.Message, StringComparison.Ordinal);
    }

    private IsolatedMethod Method(string name) => _runtime.GetMethod(typeof(Numbers), name);

    internal static class Numbers
    {
        private static int s_count;

        public static int Double(int value) => value * 2;

        public static int Count() => ++s_count;

        public static double Sum2(float a, double b) => a + b;

        public static long Sum3(long a, byte b, sbyte c) => a + b + c;

        public static long Sum4(ulong a, ushort b, short c, uint d) => (long)a + b + c + d;

        public static char Next(char value) => (char)(value + 1);

        public static bool Not(bool value) => !value;

        public static double Same(double value) => value;

        public static int Divide(int value) => 100 / value;

        public static void CheckVoid(int value) => ArgumentOutOfRangeException.ThrowIfNegative(value);

        public static int Text(string text) => text.Length;

        public static int Spin(int value)
        {
            while (value == 2)
            {
            }

            return value;
        }

        public static double Five(int a, long b, byte c, float d, double e) => a + b + c + d + e;

        public static int Six(int a, int b, int c, int d, int e, int f) => a + b + c + d + e + f;

        public static int Seven(int a, int b, int c, int d, int e, int f, int g) => a + b + c + d + e + f + g;

        public static int Eight(sbyte a, short b, int c, long d, float e, double f, int g, int h) => (int)(a + b + c + d + e + f + g + h);
    }

    internal class Counter
    {
        private int _sum;

        public int Add(int value) => _sum += value;

        public void Forget(int value) => _sum -= value;

        public virtual int Virtual(int value) => value;
    }

    internal sealed class Derived : Counter
    {
        public override int Virtual(int value) => -value;
    }
}
