using System;

namespace DotNetIsolator;

/// <content>What calls leave behind.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>
    /// Runs what earlier calls left behind in the guest and is ready now: work items, continuations, timers that are due. Every call does so before it begins, for
    /// about 10 ms at most; this is for a runtime that gets no calls.
    /// </summary>
    /// <returns>When the guest wants to run again: <see cref="TimeSpan.Zero"/> at once; null: not before it is called.</returns>
    /// <exception cref="IsolatedException">The runtime is dead, or died of what it ran.</exception>
    public TimeSpan? RunPending() => _native.RunPending();
}
