using System;
using System.Threading;

namespace DotNetIsolator;

/// <summary>What each call may use up, besides what its runtime may: see <see cref="IsolatedRuntime.LimitCalls"/>.</summary>
public sealed class IsolatedCallLimits : IDisposable
{
    private readonly IsolatedRuntime _runtime;
    private readonly IsolatedCallLimits? _before;
    private int _isOver;

    internal IsolatedCallLimits(IsolatedRuntime runtime, IsolatedCallLimits? before, ulong timeout, ulong fuel)
    {
        _runtime = runtime;
        _before = before;
        Timeout = timeout;
        Fuel = fuel;
    }

    /// <summary>Nanoseconds.</summary>
    internal ulong Timeout { get; }

    internal ulong Fuel { get; }

    /// <summary>Ends the limits: calls that begin from now on have those that were there before.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _runtime.EndCallLimits(_before);
        }
    }
}

/// <content>Limits of single calls.</content>
public sealed partial class IsolatedRuntime
{
    private IsolatedCallLimits? _callLimits;

    /// <summary>
    /// Limits each call of the runtime that begins until the result is disposed. A call that reaches a limit ends with an
    /// <see cref="IsolatedException"/> of kind <see cref="IsolatedErrorKind.Limit"/>, and the runtime with it, as with the limits of
    /// <see cref="IsolatedRuntimeOptions"/>, of which the smaller one counts.
    /// </summary>
    /// <param name="timeout">Wall time of each call; null: no other than the runtime's.</param>
    /// <param name="fuel">
    /// Fuel of each call, if the host counts it (<see cref="IsolatedRuntimeHostOptions.MeterFuel"/>); null: no other than the runtime's.
    /// Asynchronous calls have none of their own, since several share the guest's turns.
    /// </param>
    /// <returns>What ends the limits when it is disposed, as <c>using</c> does.</returns>
    /// <exception cref="InvalidOperationException">Fuel is limited, and the host does not count it.</exception>
    /// <example><code>
    /// using (runtime.LimitCalls(TimeSpan.FromMilliseconds(50)))
    /// {
    ///     price = rule.Invoke&lt;double, double&gt;(null, amount);
    /// }
    /// </code></example>
    public IsolatedCallLimits LimitCalls(TimeSpan? timeout = null, long? fuel = null)
    {
        ulong nanoseconds = IsolatedRuntimeOptions.NoLimit;
        if (timeout is { } time && time != System.Threading.Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(timeout));
            nanoseconds = (ulong)UInt128.Min((UInt128)time.Ticks * TimeSpan.NanosecondsPerTick, IsolatedRuntimeOptions.NoLimit);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(fuel ?? 0, nameof(fuel));
        if (fuel is not null)
        {
            _host.CheckCountsFuel();
        }

        IsolatedCallLimits limits = new(this, _callLimits, nanoseconds, fuel is { } units ? (ulong)units : IsolatedRuntimeOptions.NoLimit);
        _native.SetCallLimits(limits.Timeout, limits.Fuel);
        _callLimits = limits;
        return limits;
    }

    internal void EndCallLimits(IsolatedCallLimits? before)
    {
        _callLimits = before;
        if (!_native.IsClosed)
        {
            _native.SetCallLimits(before?.Timeout ?? IsolatedRuntimeOptions.NoLimit, before?.Fuel ?? IsolatedRuntimeOptions.NoLimit);
        }
    }
}
