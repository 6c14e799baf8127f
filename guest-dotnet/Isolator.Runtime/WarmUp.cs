using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime;

/// <summary>What is called before the snapshot, through the exports, so that no runtime does it for the first time.</summary>
internal sealed class WarmUp
{
    private static bool s_isDone;
    private int _count;

    /// <summary>A record with five members of the common kinds.</summary>
    public sealed record Sample(int Id, string Name, double Price, bool Flag, long Stamp);

    /// <summary>Scalars.</summary>
    public static int Add(int a, int b) => a + b;

    /// <summary>An overload.</summary>
    public static int Next(int value) => value + 1;

    /// <summary>Another overload.</summary>
    public static double Next(double value) => value + 1;

    /// <summary>A record each way.</summary>
    public static Sample Echo(Sample sample) => sample with { Id = sample.Id + 1 };

    /// <summary>Several records each way.</summary>
    public static Sample[] EchoAll(Sample[] samples) => samples;

    /// <summary>A string each way.</summary>
    public static string Greet(string name) => $"Hello, {name}!";

    /// <summary>Bytes each way, serialized or raw.</summary>
    public static byte[] EchoBytes(byte[] bytes) => bytes;

    /// <summary>An array of numbers each way.</summary>
    public static int[] EchoNumbers(int[] numbers) => numbers;

    /// <summary>An exception with a stack of its own.</summary>
    public static void Throw() => throw new InvalidOperationException("warm-up");

    /// <summary>A task that is finished later.</summary>
    public static async Task<int> LaterAsync(int value)
    {
        await Task.Yield();
        return value;
    }

    /// <summary>Counts on.</summary>
    public int Increment(int by) => _count += by;

    /// <summary>Runs through the parts of the base class library that nearly every program needs. Prints nothing.</summary>
    public static void Run()
    {
        if (!s_isDone)
        {
            s_isDone = true;
            WarmUpCalls.Run();
        }

        try
        {
            throw new FormatException();
        }
        catch (FormatException e) when (e.InnerException is null)
        {
            // What asks a filter is ready.
        }

        StringBuilder text = new();
        List<int> numbers = [3, 1, 2];
        Dictionary<string, int> byName = new(StringComparer.Ordinal) { ["one"] = 1, ["two"] = 2 };
        numbers.Sort();
        foreach (int number in numbers.Where(n => n > 1).OrderByDescending(n => n).Select(n => n * 2).ToList())
        {
            text.Append(CultureInfo.InvariantCulture, $"{number:D4} {number * 1.5:F2} {byName.Count}");
        }

        _ = string.Join(", ", byName.Keys) + string.Format(CultureInfo.InvariantCulture, "{0:N0} {1}", 1234567, 1.25m);
        _ = "a,b;c".Split(',', ';').Length + "Abc".ToUpperInvariant().IndexOf('C', StringComparison.Ordinal);

        // Text that is compared or sorted by culture; the class library itself compares an assembly's name so. The first time
        // with each of these options, ICU makes a collator, which takes 20 ms.
        _ = "Assembly".Equals("assembly", StringComparison.InvariantCultureIgnoreCase);
        _ = string.Compare("b", "ä", StringComparison.InvariantCulture);
        _ = int.Parse("42", CultureInfo.InvariantCulture) + double.Parse("4.25", CultureInfo.InvariantCulture);
        _ = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("grüezi, a text that is long enough for the vectorized path"));
        _ = Guid.NewGuid().ToString();
        _ = Random.Shared.Next(10) + new Random().Next(10);
        _ = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture) + DateTimeOffset.UtcNow.Offset + TimeSpan.FromSeconds(1);
        _ = DateTime.Now;
        _ = Environment.GetEnvironmentVariable("ISOLATOR") ?? Environment.NewLine;

        Console.Out.Write(string.Empty);
        Console.Error.Write(string.Empty);
        Console.Out.Flush();

        try
        {
            Throw();
        }
        catch (InvalidOperationException e)
        {
            _ = e.ToString();
        }

        using CancellationTokenSource source = new();
        Task delay = Task.Delay(1, source.Token);
        source.Cancel();
        _ = delay.IsCanceled;
        _ = Task.WhenAll(LaterAsync(1), Task.CompletedTask).IsCompleted;
        _ = Task.Run(() => 1).IsCompleted;
    }
}
