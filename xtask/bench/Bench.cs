using System.Diagnostics;
using DotNetIsolator;

namespace Bench;

public record Sample(int Id, string Name, double Price, bool Flag, long Stamp);

public static class Calls
{
    public static int Add(int a, int b) => a + b;

    public static Sample Echo(Sample sample) => sample with { Id = sample.Id + 1 };

    /// <summary>Calls the host so often, and itself does nothing else.</summary>
    public static int CallHost(int times)
    {
        int value = 0;
        for (int i = 0; i < times; i++)
        {
            value = DotNetIsolatorHost.Invoke<int>("next", value);
        }

        return value;
    }

    /// <summary>Awaits so many host calls, all begun before the first is done.</summary>
    public static async Task<int> AwaitHost(int calls)
    {
        Task<int>[] begun = new Task<int>[calls];
        for (int i = 0; i < calls; i++)
        {
            begun[i] = DotNetIsolatorHost.InvokeAsync<int>("later", i);
        }

        return (await Task.WhenAll(begun)).Sum();
    }

    /// <summary>Computes for ever.</summary>
    public static void Spin()
    {
        int turns = 0;
        while (turns >= 0)
        {
            turns = (turns + 1) & 0xffff;
        }
    }

    public static byte[] EchoBytes(byte[] bytes) => bytes;

    public static void Main(string[] args)
    {
        if (args.Length == 0)
        {
            // A job of its own process: what a `dotnet` per job costs.
            Console.WriteLine(Add(1, 2));
            return;
        }

        if (args[0] == "--library")
        {
            Library.Pieces.Time();
            return;
        }

        // Once to let the tiered compiler do its work, then the run that counts.
        for (int i = 0; i < 30; i++)
        {
            Compute.Run(args[0]);
        }

        var watch = Stopwatch.StartNew();
        double result = Compute.Run(args[0]);
        Console.WriteLine($"{watch.Elapsed.TotalMilliseconds:R} {result:R}");
    }
}

/// <summary>An object that stays inside.</summary>
public class Counter
{
    private int _value;

    public int Increment(int by) => _value += by;
}

/// <summary>Small CPU-bound programs, each with a result that tells a wrong run from a right one.</summary>
public static class Compute
{
    public static double Run(string name) => name switch
    {
        "sieve" => Sieve(400_000),
        "matrix" => Matrix(96),
        "words" => Words(20_000),
        "json" => Kinds.Json(),
        "linq" => Kinds.Linq(),
        "strings" => Kinds.Strings(),
        "regex" => Kinds.Expressions(),
        "bigint" => Kinds.Big(),
        "utf8" => Kinds.Utf8(),
        "split" => Kinds.Splitting(),
        "sort" => Kinds.Sorting(),
        "formatting" => Kinds.Formatting(),
        "sha256" => Kinds.Sha256(),
        "pbkdf2_600k" => Kinds.Password(),
        "loop" => Kinds.Loop(),
        "bodies" => Kinds.Bodies(),
        _ => throw new ArgumentException($"There is no program '{name}'.", nameof(name)),
    };

    private static int Sieve(int limit)
    {
        var composite = new bool[limit + 1];
        int primes = 0;
        for (int i = 2; i <= limit; i++)
        {
            if (composite[i])
            {
                continue;
            }

            primes++;
            for (long j = (long)i * i; j <= limit; j += i)
            {
                composite[j] = true;
            }
        }

        return primes;
    }

    private static double Matrix(int size)
    {
        var a = new double[size, size];
        var b = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                a[i, j] = i + j;
                b[i, j] = i - j;
            }
        }

        double trace = 0;
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                double sum = 0;
                for (int k = 0; k < size; k++)
                {
                    sum += a[i, k] * b[k, j];
                }

                if (i == j)
                {
                    trace += sum;
                }
            }
        }

        return trace;
    }

    private static int Words(int count)
    {
        var counts = new Dictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            string word = "w" + (i * 7919 % 997);
            counts[word] = counts.TryGetValue(word, out int n) ? n + 1 : 1;
        }

        return counts.Values.Max() * 1000 + counts.Count;
    }
}

/// <summary>What a hostile neighbour does.</summary>
public static class Attacks
{
    private static readonly List<byte[]> s_kept = new();

    public static void Loop()
    {
        while (true)
        {
        }
    }

    public static void Allocate()
    {
        while (true)
        {
            s_kept.Add(new byte[100_000]);
        }
    }

    public static int Recurse() => Recurse() + 1;

    public static void Throw()
    {
        while (true)
        {
            try
            {
                throw new InvalidOperationException();
            }
            catch (InvalidOperationException)
            {
            }
        }
    }
}
