using System.Diagnostics;

namespace Bench.Library;

/// <summary>Small programs that each do one thing that everybody uses of the base library: the rows `bcl_*`.</summary>
public static class Pieces
{
    /// <summary>How often a native run is timed.</summary>
    private const int Timed = 15;

    /// <summary>What the tiered compiler needs to have looked at a piece: it waits 100 ms before it begins.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

    private static readonly Dictionary<string, Func<double>> All = new()
    {
        ["matrix4x4"] = Geometry.Matrices,
        ["vector3"] = Geometry.Points,
        ["quaternion"] = Geometry.Rotations,
        ["simd"] = Geometry.Wide,
        ["span-slices"] = Memory.Slices,
        ["span-search"] = Memory.Searching,
        ["array-sort"] = Memory.Sorting,
        ["array-copy"] = Memory.Copying,
        ["bits"] = Memory.Bits,
        ["encoding"] = Memory.Encodings,
        ["base64-hex"] = Memory.Encoded,
        ["int-text"] = Numbers.Integers,
        ["double-text"] = Numbers.Doubles,
        ["decimal-text"] = Numbers.Decimals,
        ["decimal-math"] = Numbers.Money,
        ["math"] = Numbers.Functions,
        ["random"] = Numbers.Randoms,
        ["bigint-math"] = Numbers.Big,
        ["guid"] = Numbers.Guids,
        ["generic-math"] = Numbers.Generic,
        ["datetime-text"] = Times.Texts,
        ["datetime-math"] = Times.Arithmetic,
        ["timespan"] = Times.Spans,
        ["dateonly"] = Times.Days,
        ["format"] = Texts.Formats,
        ["interpolation"] = Texts.Interpolation,
        ["stringbuilder"] = Texts.Building,
        ["compare-culture"] = Texts.Comparing,
        ["case"] = Texts.Casing,
        ["split-join"] = Texts.SplitJoin,
        ["trim-pad"] = Texts.Trimming,
        ["substring-search"] = Texts.Finding,
        ["chars"] = Texts.Characters,
        ["regex-match"] = Texts.Matching,
        ["regex-replace"] = Texts.Replacing,
        ["dictionary"] = Collections.Dictionaries,
        ["hashset"] = Collections.Sets,
        ["list"] = Collections.Lists,
        ["queue-stack"] = Collections.Queues,
        ["priority-queue"] = Collections.Priorities,
        ["sorted"] = Collections.Sorted,
        ["linked-list"] = Collections.Linked,
        ["concurrent"] = Collections.Concurrent,
        ["immutable"] = Collections.Immutable,
        ["linq-numbers"] = Queries.Numbers,
        ["linq-objects"] = Queries.Objects,
        ["linq-joins"] = Queries.Joins,
        ["linq-sets"] = Queries.Sets,
        ["tuples"] = Shapes.Tuples,
        ["records"] = Shapes.Records,
        ["structs"] = Shapes.Structs,
        ["enums"] = Shapes.Enums,
        ["delegates"] = Shapes.Delegates,
        ["exceptions"] = Shapes.Exceptions,
        ["reflection"] = Shapes.Reflection,
        ["attributes"] = Shapes.Attributes,
        ["activator"] = Shapes.Activation,
        ["json-document"] = Data.Documents,
        ["json-small"] = Data.Objects,
        ["xml-linq"] = Data.Xml,
        ["streams"] = Data.Streams,
        ["pbkdf2"] = Secrets.Passwords,
        ["aes-gcm"] = Secrets.Sealed,
        ["rsa-sign"] = Secrets.Signatures,
        ["sha256-small"] = Secrets.Digests,
        ["await"] = Flows.Await,
        ["channels"] = Flows.Channels,
        ["task-whenall"] = Flows.All,
        ["async-streams"] = Flows.AsyncStreams,
        ["locks"] = Flows.Locks,
        ["interlocked"] = Flows.Atomics,
    };

    /// <summary>All names, in their order.</summary>
    public static string[] Names() => [.. All.Keys];

    /// <summary>Runs one.</summary>
    public static double Run(string name) => All[name]();

    /// <summary>Times all, natively: a line each with name, milliseconds, result.</summary>
    public static void Time()
    {
        foreach ((string name, Func<double> run) in All)
        {
            double result = run();
            long began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began) < WarmUp)
            {
                run();
            }

            double[] times = new double[Timed];
            for (int i = 0; i < Timed; i++)
            {
                long start = Stopwatch.GetTimestamp();
                run();
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            Array.Sort(times);
            Console.WriteLine(FormattableString.Invariant($"{name} {times[Timed / 2]:R} {result:R}"));
        }
    }
}
