using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>What all runtimes of a host together may use up, and how they are made.</content>
public sealed partial class IsolatedRuntimeHostOptions
{
    /// <summary>
    /// Whether fuel is counted, so that runtimes and calls can have a limit of it and <see cref="IsolatedRuntimeUsage.Fuel"/> is known.
    /// Guest code runs slower then.
    /// </summary>
    public bool MeterFuel { get; set; }

    /// <summary>Bytes of memory that all runtimes together may take beyond what they start with; null: no limit.</summary>
    public long? MaxMemory { get; set; }

    /// <summary>Calls that may run at once, in all runtimes together; null: no limit.</summary>
    public int? MaxRunningCalls { get; set; }

    /// <summary>
    /// How long a thread waits for another runtime to be disposed or another call to end where <see cref="MaxRuntimes"/> or
    /// <see cref="MaxRunningCalls"/> is reached; by default not at all.
    /// </summary>
    public TimeSpan QueueTimeout { get; set; }

    /// <summary>How deep calls may nest from guest to host; null: the engine's default, which is 32.</summary>
    public int? MaxCallbackDepth { get; set; }

    /// <summary>Bytes of native stack that guest code may use within one call; null: the engine's default, which is 256 MiB. Memory is only what a call touched.</summary>
    public long? StackSize { get; set; }

    /// <summary>
    /// Bytes of a disposed runtime's memory that stay mapped for the next one: more makes the next one faster and this process larger.
    /// Null: the engine's default.
    /// </summary>
    public long? KeepResident { get; set; }

    /// <summary>
    /// Whether address space is taken for each runtime when it is made, rather than for all at the start. Slower, and
    /// <see cref="MaxRuntimes"/> does not apply.
    /// </summary>
    public bool AllocateOnDemand { get; set; }

    /// <summary>Folder for machine code that is made from guest images; null: the user's cache folder.</summary>
    public string? CacheDirectory { get; set; }

    /// <summary>
    /// Limits of every runtime, each in its own unit (times in nanoseconds), unless the runtime is given another;
    /// <see cref="IsolatedRuntimeOptions.NoLimit"/> removes one. Those that are not here are the engine's defaults.
    /// </summary>
    public IDictionary<IsolatedLimit, ulong> Limits { get; } = new Dictionary<IsolatedLimit, ulong>();
}
