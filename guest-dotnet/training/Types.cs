using System;
using System.Collections.Generic;

namespace Training;

/// <summary>Something that is done for each of the usual types.</summary>
internal interface IForEachType
{
    void Run<T>(Checksum sum, Func<int, T> make)
        where T : notnull;
}

/// <summary>The types that programs put into generic ones: values 0 to 100 of each are different, and in no order.</summary>
internal static class Types
{
    public delegate void Body(Checksum sum);

    /// <summary>Those that can be sorted and compared: base types, and pairs of them.</summary>
    public static IEnumerable<(string Name, Body Run)> Each(IForEachType what)
    {
        yield return ("int", sum => what.Run(sum, Int));
        yield return ("long", sum => what.Run(sum, Long));
        yield return ("double", sum => what.Run(sum, Double));
        yield return ("float", sum => what.Run(sum, i => (float)Double(i)));
        yield return ("byte", sum => what.Run(sum, i => (byte)(Int(i) + 50)));
        yield return ("short", sum => what.Run(sum, i => (short)(Int(i) * 3)));
        yield return ("uint", sum => what.Run(sum, i => (uint)(Int(i) + 50) * 40_000_000));
        yield return ("ulong", sum => what.Run(sum, i => (ulong)(Int(i) + 50) << 55));
        yield return ("char", sum => what.Run(sum, i => (char)('0' + Int(i) + 50)));
        yield return ("string", sum => what.Run(sum, Text));
        yield return ("object", sum => what.Run(sum, i => (object)Int(i)));
        yield return ("Guid", sum => what.Run(sum, Id));
        yield return ("DateTime", sum => what.Run(sum, Time));
        yield return ("DateTimeOffset", sum => what.Run(sum, i => new DateTimeOffset(Time(i).Ticks, TimeSpan.FromHours(i % 3))));
        yield return ("DateOnly", sum => what.Run(sum, i => DateOnly.FromDayNumber(738_000 + Int(i))));
        yield return ("TimeSpan", sum => what.Run(sum, i => TimeSpan.FromMinutes(Int(i))));
        yield return ("decimal", sum => what.Run(sum, i => Int(i) / 8m));
        yield return ("enum", sum => what.Run(sum, i => (DayOfWeek)(Int(i) + 50)));
        yield return ("int-int", sum => what.Run(sum, i => (Int(i), i)));
        yield return ("int-string", sum => what.Run(sum, i => (Int(i), Text(i))));
        yield return ("string-int", sum => what.Run(sum, i => (Text(i), i)));
        yield return ("string-string", sum => what.Run(sum, i => (Text(i), "b")));
        yield return ("long-double", sum => what.Run(sum, i => (Long(i), Double(i))));
        yield return ("int-int-int", sum => what.Run(sum, i => (Int(i), i, 3)));
        yield return ("own-struct", sum => what.Run(sum, i => new Optional(Int(i))));
    }

    public static int Int(int i) => (((i * 37) + 11) % 101) - 50;

    public static long Long(int i) => Int(i) * 10_000_000_019;

    public static double Double(int i) => Int(i) / 4.0;

    public static string Text(int i) => $"text {Int(i) + 50}";

    public static Guid Id(int i) => new(Int(i), 2, 3, 4, 5, 6, 7, 8, 9, 10, (byte)i);

    public static DateTime Time(int i) => new DateTime(2024, 2, 28, 1, 2, 3, DateTimeKind.Utc).AddHours(Int(i));
}

/// <summary>A program's own value, with what the base library asks of one.</summary>
internal readonly record struct Optional(int? Value) : IComparable<Optional>
{
    public int CompareTo(Optional other) => Nullable.Compare(Value, other.Value);
}
