using System;
using System.Threading;

namespace DotNetIsolator;

/// <summary>Limits as the native library takes them.</summary>
internal static class LimitValue
{
    public static ulong OfNumber(long value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, name);
        return (ulong)value;
    }

    /// <summary>A time in nanoseconds; none for an infinite one.</summary>
    public static ulong OfTime(TimeSpan value, string name)
    {
        if (value == Timeout.InfiniteTimeSpan)
        {
            return IsolatedRuntimeOptions.NoLimit;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, name);
        // Nanoseconds reach 584 years, and a TimeSpan 29,000.
        UInt128 nanoseconds = (UInt128)value.Ticks * TimeSpan.NanosecondsPerTick;
        return (ulong)UInt128.Min(nanoseconds, IsolatedRuntimeOptions.NoLimit);
    }
}
