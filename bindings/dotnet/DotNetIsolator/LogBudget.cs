using System;
using System.Threading;

namespace DotNetIsolator;

/// <summary>What becomes of a line of the log.</summary>
internal enum LogLine
{
    /// <summary>It is logged.</summary>
    Logged,

    /// <summary>It is dropped, the first of its second.</summary>
    FirstDropped,

    /// <summary>It is dropped.</summary>
    Dropped,
}

/// <summary>How many lines are logged in a second, for what guest code can make happen as often as it likes.</summary>
/// <param name="most">The number.</param>
/// <param name="clock">Gives milliseconds; null: those of the system.</param>
internal sealed class LogBudget(int most, Func<long>? clock = null)
{
    private readonly Lock _lock = new();
    private long _end = long.MinValue;
    private long _used;

    /// <summary>Takes a line.</summary>
    /// <param name="missed">How many lines were dropped since the last one that was logged; 0 unless this one is logged.</param>
    /// <returns>What becomes of it.</returns>
    public LogLine Take(out long missed)
    {
        missed = 0;
        lock (_lock)
        {
            long now = clock?.Invoke() ?? Environment.TickCount64;
            if (now >= _end)
            {
                missed = Math.Max(0, _used - most);
                _used = 0;
                _end = now + 1000;
            }

            _used++;
            return _used <= most ? LogLine.Logged : _used == most + 1 ? LogLine.FirstDropped : LogLine.Dropped;
        }
    }
}
