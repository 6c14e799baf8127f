using System.Globalization;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Values that have no parts: compared bit by bit.</summary>
internal static class Leaves
{
    public static bool Knows(Type type) =>
        type.IsPrimitive || type.IsEnum || type.IsPointer || type.IsFunctionPointer || type == typeof(string) || type == typeof(decimal) || type == typeof(DateTime)
        || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128) || type == typeof(Guid) || type == typeof(TimeSpan) || type == typeof(DateTimeOffset)
        || type == typeof(System.Reflection.Pointer);

    public static unsafe bool Same(object expected, object actual) => (expected, actual) switch
    {
        (string a, string b) => string.Equals(a, b, StringComparison.Ordinal),
        (double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b),
        (float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b),
        (Half a, Half b) => BitConverter.HalfToInt16Bits(a) == BitConverter.HalfToInt16Bits(b),
        (decimal a, decimal b) => decimal.GetBits(a).AsSpan().SequenceEqual(decimal.GetBits(b)),
        (DateTime a, DateTime b) => a.Ticks == b.Ticks && a.Kind == b.Kind,
        (DateTimeOffset a, DateTimeOffset b) => a.Ticks == b.Ticks && a.Offset == b.Offset,
        (System.Reflection.Pointer a, System.Reflection.Pointer b) => System.Reflection.Pointer.Unbox(a) == System.Reflection.Pointer.Unbox(b),
        _ => expected.Equals(actual),
    };

    /// <summary>A value in words, for errors.</summary>
    public static string Show(object? value) => value switch
    {
        null => "null",
        string { Length: > 60 } text => $"a string of {text.Length}",
        string text => "\"" + string.Concat(text.Select(c => c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString())) + "\"",
        double number => $"{number.ToString("R", CultureInfo.InvariantCulture)} ({BitConverter.DoubleToInt64Bits(number):x16})",
        float number => $"{number.ToString("R", CultureInfo.InvariantCulture)} ({BitConverter.SingleToInt32Bits(number):x8})",
        DateTime time => $"{time:O} ({time.Kind})",
        char unit => $"U+{(int)unit:x4}",
        _ when Knows(value.GetType()) => $"{value} ({value.GetType().Name})",
        _ => $"a {value.GetType()}",
    };
}
