using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>What an <see cref="IsolatedRuntime"/> is given. By default it is nothing.</summary>
public sealed partial class IsolatedRuntimeOptions
{
    /// <summary>Directories that guest code can see.</summary>
    public IList<IsolatedDirectory> Directories { get; } = [];

    /// <summary>
    /// Whether assemblies are loaded also from folders that this runtime, or another one of this process, may write. By default such a folder
    /// is no source of assemblies, nor is one in it: who writes there would choose what runs here.
    /// </summary>
    public bool LoadFromWritableDirectories { get; set; }

    /// <summary>Environment variables. None are inherited.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Command-line arguments, without the program's name.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Working directory inside the guest; null: <c>/</c>.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Culture, such as <c>de-CH</c>; null: invariant.</summary>
    public string? Culture { get; set; }

    /// <summary>IANA name of the time zone, such as <c>Europe/Zurich</c>; null: UTC.</summary>
    public string? TimeZone { get; set; }

    /// <summary>What <see cref="Console.In"/> gives; null: the end at once.</summary>
    public byte[]? StandardInput { get; set; }

    /// <summary>
    /// Where <see cref="Console.Out"/> leads. By default nowhere: what guest code prints is seen once this is
    /// <see cref="IsolatedOutput.Inherit"/> (this process's own output) or <see cref="IsolatedOutput.Capture"/>.
    /// </summary>
    public IsolatedOutput StandardOutput { get; set; }

    /// <summary>Where <see cref="Console.Error"/> leads. By default nowhere, as <see cref="StandardOutput"/>.</summary>
    public IsolatedOutput StandardError { get; set; }

    /// <summary>Bytes that the guest's managed heap may take; 0: no limit but the sandbox's own.</summary>
    public long HeapLimit { get; set; }

    /// <summary>Bytes of memory that the runtime may take beyond what it starts with; null: the engine's default.</summary>
    public long? MemoryLimit { get; set; }

    /// <summary>Wall time that one call may take; null: the engine's default; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: no limit. So for the times below.</summary>
    public TimeSpan? CallTimeout { get; set; }

    /// <summary>Wall time that the runtime may live; null: the engine's default.</summary>
    public TimeSpan? Lifetime { get; set; }

    /// <summary>
    /// CPU time that one call may take; null: the engine's default. Who waits uses none: with a limit of CPU time or fuel, and none of wall
    /// time, a call may wait for 60 seconds in all, and ends with <see cref="IsolatedLimit.CallTimeout"/> then.
    /// </summary>
    public TimeSpan? CallCpuTime { get; set; }

    /// <summary>CPU time that all calls together may take; null: the engine's default.</summary>
    public TimeSpan? TotalCpuTime { get; set; }

    /// <summary>
    /// Fuel for all calls together, about one for each instruction inside, so that the same work always takes the same; null: no limit. The
    /// host must count it (<see cref="IsolatedRuntimeHostOptions.MeterFuel"/>); <see cref="IsolatedRuntimeUsage.Fuel"/> tells what was used.
    /// </summary>
    public long? Fuel { get; set; }

    /// <summary>
    /// Other limits, each in its own unit (times in nanoseconds); <see cref="NoLimit"/> removes one. Those that are not here are the engine's
    /// defaults.
    /// </summary>
    public IDictionary<IsolatedLimit, ulong> Limits { get; } = new Dictionary<IsolatedLimit, ulong>();

    /// <summary>In <see cref="Limits"/>: there is none.</summary>
    public const ulong NoLimit = ulong.MaxValue;
}

/// <summary>A limit of a runtime that was reached: see <see cref="IsolatedException.Limit"/>.</summary>
public enum IsolatedLimit
{
    /// <summary>One that this library does not know.</summary>
    Other,

    /// <summary><see cref="IsolatedRuntimeOptions.MemoryLimit"/>.</summary>
    Memory,

    /// <summary><see cref="IsolatedRuntimeOptions.CallTimeout"/>.</summary>
    CallTimeout,

    /// <summary><see cref="IsolatedRuntimeOptions.Lifetime"/>.</summary>
    Lifetime,

    /// <summary><see cref="IsolatedRuntimeOptions.CallCpuTime"/>.</summary>
    CallCpuTime,

    /// <summary><see cref="IsolatedRuntimeOptions.TotalCpuTime"/>.</summary>
    TotalCpuTime,

    /// <summary><see cref="IsolatedRuntimeOptions.Fuel"/>.</summary>
    Fuel,

    /// <summary>Bytes that are written to the standard streams.</summary>
    Output,

    /// <summary>Calls of callbacks.</summary>
    Callbacks,

    /// <summary>Calls of callbacks in a second.</summary>
    CallbackRate,

    /// <summary>Objects, methods and types that this side holds.</summary>
    Handles,

    /// <summary>Bytes of one value, either way.</summary>
    Value,

    /// <summary>Bytes that this side keeps for the runtime: asynchronous callbacks and their results.</summary>
    Buffers,

    /// <summary>Disk space taken in directories: what files take, in lengths and in blocks, and not what is written.</summary>
    DirectoryBytes,

    /// <summary>Files and directories that are made.</summary>
    Files,

    /// <summary>Files that are open at once.</summary>
    OpenFiles,

    /// <summary>How deep calls may nest from guest to host.</summary>
    CallbackDepth,

    /// <summary>Not a limit: the steps, in nanoseconds, in which the guest sees clocks move on.</summary>
    CoarseClock,

    /// <summary>Only in errors: memory of all runtimes of the host together.</summary>
    HostMemory,

    /// <summary>Only in errors: calls of the host's runtimes that run at once.</summary>
    RunningCalls,

    /// <summary>Not a limit: 1 to drop what is written beyond <see cref="Output"/>, 0 (the default) to end the call.</summary>
    OutputTruncates,

    /// <summary>Not a limit: 1 to measure CPU time exactly for the statistics, 0 (the default) to sample it.</summary>
    MeasuresCpuTime,
}

/// <summary>A directory that is granted to guest code.</summary>
/// <param name="HostPath">The directory here.</param>
/// <param name="GuestPath">Its path inside, such as <c>/data</c>.</param>
/// <param name="Writable">Whether files may be changed.</param>
public sealed record IsolatedDirectory(string HostPath, string GuestPath, bool Writable = false);

/// <summary>Where a guest's output goes.</summary>
public enum IsolatedOutput
{
    /// <summary>Nowhere.</summary>
    Discard,

    /// <summary>To this process's stream of the same kind, byte for byte: a terminal obeys what guest code writes.</summary>
    Inherit,

    /// <summary>Into memory: see <see cref="IsolatedRuntime.GetStandardOutput"/>.</summary>
    Capture,
}
