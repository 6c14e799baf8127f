// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.
namespace DotNetIsolator;

/// <summary>A limit of a runtime that was reached: see <see cref="IsolatedException.Limit"/>.</summary>
public enum IsolatedLimit
{
    /// <summary>One that this library does not know.</summary>
    Other = 0,

    /// <summary><see cref="IsolatedRuntimeOptions.MemoryLimit"/>.</summary>
    Memory = 1,

    /// <summary><see cref="IsolatedRuntimeOptions.CallTimeout"/>.</summary>
    CallTimeout = 2,

    /// <summary><see cref="IsolatedRuntimeOptions.Lifetime"/>.</summary>
    Lifetime = 3,

    /// <summary><see cref="IsolatedRuntimeOptions.CallCpuTime"/>.</summary>
    CallCpuTime = 4,

    /// <summary><see cref="IsolatedRuntimeOptions.TotalCpuTime"/>.</summary>
    TotalCpuTime = 5,

    /// <summary><see cref="IsolatedRuntimeOptions.Fuel"/>.</summary>
    Fuel = 6,

    /// <summary>Bytes that are written to the standard streams.</summary>
    Output = 7,

    /// <summary>Calls of callbacks.</summary>
    Callbacks = 8,

    /// <summary>Calls of callbacks in a second.</summary>
    CallbackRate = 9,

    /// <summary>Objects, methods and types that this side holds.</summary>
    Handles = 10,

    /// <summary>Bytes of one value, either way.</summary>
    Value = 11,

    /// <summary>Bytes that this side keeps for the runtime: asynchronous callbacks and their results.</summary>
    Buffers = 12,

    /// <summary>Disk space taken in directories: what files take, in lengths and in blocks, and not what is written.</summary>
    DirectoryBytes = 13,

    /// <summary>Files and directories that are made.</summary>
    Files = 14,

    /// <summary>Files that are open at once.</summary>
    OpenFiles = 15,

    /// <summary>How deep calls may nest from guest to host.</summary>
    CallbackDepth = 16,

    /// <summary>Not a limit: the steps, in nanoseconds, in which the guest sees clocks move on.</summary>
    CoarseClock = 17,

    /// <summary>Only in errors: memory of all runtimes of the host together.</summary>
    HostMemory = 18,

    /// <summary>Only in errors: calls of the host's runtimes that run at once.</summary>
    RunningCalls = 19,

    /// <summary>Not a limit: 1 to drop what is written beyond <see cref="Output"/>, 0 (the default) to end the call.</summary>
    OutputTruncates = 20,

    /// <summary>Not a limit: 1 to measure CPU time exactly for the statistics, 0 (the default) to sample it.</summary>
    MeasuresCpuTime = 21,
}
