// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.
using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>The names.</content>
internal static partial class Wording
{
    /// <summary>Settings by the name that the native library's texts have for them, between backticks.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ISOLATOR_LIMIT_MEMORY"] = Option(nameof(IsolatedRuntimeOptions.MemoryLimit)),
        ["ISOLATOR_LIMIT_CALL_TIMEOUT"] = Option(nameof(IsolatedRuntimeOptions.CallTimeout)),
        ["ISOLATOR_LIMIT_LIFETIME"] = Option(nameof(IsolatedRuntimeOptions.Lifetime)),
        ["ISOLATOR_LIMIT_CALL_CPU"] = Option(nameof(IsolatedRuntimeOptions.CallCpuTime)),
        ["ISOLATOR_LIMIT_TOTAL_CPU"] = Option(nameof(IsolatedRuntimeOptions.TotalCpuTime)),
        ["ISOLATOR_LIMIT_FUEL"] = Limit(IsolatedLimit.Fuel),
        ["ISOLATOR_LIMIT_OUTPUT"] = Limit(IsolatedLimit.Output),
        ["ISOLATOR_LIMIT_CALLBACKS"] = Limit(IsolatedLimit.Callbacks),
        ["ISOLATOR_LIMIT_CALLBACK_RATE"] = Limit(IsolatedLimit.CallbackRate),
        ["ISOLATOR_LIMIT_CALLBACK_DEPTH"] = Limit(IsolatedLimit.CallbackDepth),
        ["ISOLATOR_LIMIT_HANDLES"] = Limit(IsolatedLimit.Handles),
        ["ISOLATOR_LIMIT_VALUE"] = Limit(IsolatedLimit.Value),
        ["ISOLATOR_LIMIT_BUFFERS"] = Limit(IsolatedLimit.Buffers),
        ["ISOLATOR_LIMIT_DIRECTORY_BYTES"] = Limit(IsolatedLimit.DirectoryBytes),
        ["ISOLATOR_LIMIT_FILES"] = Limit(IsolatedLimit.Files),
        ["ISOLATOR_LIMIT_OPEN_FILES"] = Limit(IsolatedLimit.OpenFiles),
        ["ISOLATOR_LIMIT_COARSE_CLOCK"] = Limit(IsolatedLimit.CoarseClock),
        ["ISOLATOR_HOST_MEMORY"] = HostOption(nameof(IsolatedRuntimeHostOptions.MaxMemory)),
        ["ISOLATOR_HOST_RUNNING_CALLS"] = HostOption(nameof(IsolatedRuntimeHostOptions.MaxRunningCalls)),
        ["ISOLATOR_LIMIT_OUTPUT_TRUNCATES"] = Limit(IsolatedLimit.OutputTruncates),
        ["ISOLATOR_LIMIT_MEASURES_CPU"] = Limit(IsolatedLimit.MeasuresCpuTime),
        ["ISOLATOR_HOST_METER_FUEL"] = HostOption(nameof(IsolatedRuntimeHostOptions.MeterFuel)),
        ["ISOLATOR_HOST_MAX_RUNTIMES"] = HostOption(nameof(IsolatedRuntimeHostOptions.MaxRuntimes)),
        ["ISOLATOR_HOST_STACK_SIZE"] = HostOption(nameof(IsolatedRuntimeHostOptions.StackSize)),
        ["ISOLATOR_HOST_GUEST"] = HostOption(nameof(IsolatedRuntimeHostOptions.GuestDirectory)),
    };
}
