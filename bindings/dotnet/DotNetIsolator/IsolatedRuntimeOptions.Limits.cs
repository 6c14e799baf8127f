// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.
using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>Limits that are properties.</content>
public sealed partial class IsolatedRuntimeOptions
{
    /// <summary>Bytes of memory that the runtime may take beyond what it starts with; null: the engine's default.</summary>
    public long? MemoryLimit { get; set; }

    /// <summary>
    /// Wall time that one call may take; null: the engine's default; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: no
    /// limit. So for the times below.
    /// </summary>
    public TimeSpan? CallTimeout { get; set; }

    /// <summary>Wall time that the runtime may live; null: the engine's default.</summary>
    public TimeSpan? Lifetime { get; set; }

    /// <summary>
    /// CPU time that one call may take; null: the engine's default. Who waits uses none: with a limit of CPU time or fuel, and
    /// none of wall time, a call may wait for 60 seconds in all, and ends with <see cref="IsolatedLimit.CallTimeout"/> then.
    /// </summary>
    public TimeSpan? CallCpuTime { get; set; }

    /// <summary>CPU time that all calls together may take; null: the engine's default.</summary>
    public TimeSpan? TotalCpuTime { get; set; }

    /// <summary>
    /// Fuel for all calls together, about one for each instruction inside, so that the same work always takes the same; null: no
    /// limit. The host must count it (<see cref="IsolatedRuntimeHostOptions.MeterFuel"/>); <see
    /// cref="IsolatedRuntimeUsage.Fuel"/> tells what was used.
    /// </summary>
    public long? Fuel { get; set; }

    /// <summary>The limits that are set: those above, then <see cref="Limits"/>.</summary>
    internal IEnumerable<(IsolatedLimit Limit, ulong Value)> GivenLimits()
    {
        if (MemoryLimit is { } ofMemoryLimit)
        {
            yield return (IsolatedLimit.Memory, LimitValue.OfNumber(ofMemoryLimit, nameof(MemoryLimit)));
        }

        if (CallTimeout is { } ofCallTimeout)
        {
            yield return (IsolatedLimit.CallTimeout, LimitValue.OfTime(ofCallTimeout, nameof(CallTimeout)));
        }

        if (Lifetime is { } ofLifetime)
        {
            yield return (IsolatedLimit.Lifetime, LimitValue.OfTime(ofLifetime, nameof(Lifetime)));
        }

        if (CallCpuTime is { } ofCallCpuTime)
        {
            yield return (IsolatedLimit.CallCpuTime, LimitValue.OfTime(ofCallCpuTime, nameof(CallCpuTime)));
        }

        if (TotalCpuTime is { } ofTotalCpuTime)
        {
            yield return (IsolatedLimit.TotalCpuTime, LimitValue.OfTime(ofTotalCpuTime, nameof(TotalCpuTime)));
        }

        if (Fuel is { } ofFuel)
        {
            yield return (IsolatedLimit.Fuel, LimitValue.OfNumber(ofFuel, nameof(Fuel)));
        }

        foreach ((IsolatedLimit limit, ulong value) in Limits)
        {
            yield return (limit, value);
        }
    }
}
