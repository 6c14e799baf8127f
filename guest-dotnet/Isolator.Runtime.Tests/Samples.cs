using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Tests;

public interface IGreeter
{
    string Greet(string name);
}

public class BaseSample
{
    public static string Inherited() => "inherited";

    public virtual string Virtual() => "base";

    protected string Hidden() => "hidden";

    public string Both(int n) => $"base {n}";
}

public sealed class SampleException(string message, int code) : Exception(message)
{
    public int Code { get; } = code;

    public string Broken => throw new NotSupportedException();
}

public sealed class Sample : BaseSample, IGreeter
{
    private static int s_count = 3;
    private readonly string _name;
    private int _number = 1;
    public const int Limit = 9;

    public Sample()
        : this("nobody")
    {
    }

    public Sample(string name) => _name = name;

    public Sample(int number)
        : this("number") => _number = number;

    public Sample(string name, int number = 7)
        : this(name) => _number = number;

    public Sample(double a, double b, double c) => throw new SampleException($"no {a} {b} {c}", 5);

    public static string Values(decimal a = -1.50m, DateTime b = default, DayOfWeek c = DayOfWeek.Friday, int? d = 5, char e = 'x', double f = 0.25, DayOfWeek g = (DayOfWeek)77, object? h = null, long i = long.MinValue, params int[] j) => $"{a} {b} {c} {d} {e} {f} {g} {h} {i} {j.Length}";

    public int this[int index] => index * 10;

    public string Describe() => $"{_name} {_number} {s_count}";

    public string Greet(string name) => $"{_name} greets {name}";

    public override string Virtual() => "derived";

    public string Both(int n, int m) => $"derived {n} {m}";

    public static Sample operator +(Sample a, Sample b) => new(a._name + b._name);

    public static int Add(int a, int b) => a + b;

    public static string Over(int n) => $"int {n}";

    public static string Over(string s) => $"string {s}";

    public static string Over(long n) => $"long {n}";

    public static string Optional(int a, int b = 2, string c = "c", DayOfWeek d = DayOfWeek.Monday) => $"{a} {b} {c} {d}";

    public static string Params(string head, params int[] tail) => $"{head}:{string.Join(',', tail)}";

    public static T Same<T>(T value) => value;

    public static string TwoTypes<T1, T2>(T1 a)
        where T1 : class => $"{typeof(T1).Name} {typeof(T2).Name} {a}";

    public static string NameOf(Sample sample) => sample._name;

    public static object Any(object value) => value;

    public static string TypeName(object? value) => value?.GetType().Name ?? "null";

    public static Func<int, int> Adder(int by) => n => n + by;

    public static int Call(Func<int, int> function, int n) => function(n);

    public static byte[] Reverse(byte[] bytes)
    {
        Array.Reverse(bytes);
        return bytes;
    }

    public static byte[] FirstOf(ReadOnlySpan<byte> bytes) => [bytes[0]];

    public static void Out(int a, out int b) => b = a;

    public static void Throw() => throw new InvalidOperationException("outer", new SampleException("inner", 42));

    public static void ThrowMany() => throw new AggregateException("many", new ArgumentException("a"), new SampleException("b", 1));

    public static void ThrowRude() => throw new RudeException();

    public static async Task<int> LaterAsync(int n)
    {
        await Task.Yield();
        return n * 2;
    }

    public static ValueTask<string> AtOnceAsync() => new("now");

    public static async Task NeverAsync(CancellationToken cancellation) => await Task.Delay(Timeout.Infinite, cancellation);

    public static async Task<int> FailAsync()
    {
        await Task.Yield();
        throw new SampleException("later", 6);
    }

    public static async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (int i = 0; i < to; i++)
        {
            await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    public sealed class Inner<T>
    {
        public T? Value { get; set; }

        public string Name() => typeof(T).Name;
    }

    public struct Plain
    {
        public int X;

        public int Double() => X *= 2;
    }

    private static string Secret(int n) => $"secret {n}";
}

public sealed class RudeException : Exception
{
    public override string Message => throw new NotSupportedException("no message");

    public override string ToString() => throw new NotSupportedException("no text");
}
