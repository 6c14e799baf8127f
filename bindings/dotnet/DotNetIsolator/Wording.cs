using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>The native library's texts in the words of this one: settings have the names that C# code uses.</summary>
internal static class Wording
{
    /// <summary>Settings by the name that the native library's texts have for them, between backticks.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ISOLATOR_LIMIT_MEMORY"] = Option(nameof(IsolatedRuntimeOptions.MemoryLimit)),
        ["ISOLATOR_LIMIT_CALL_TIMEOUT"] = Option(nameof(IsolatedRuntimeOptions.CallTimeout)),
        ["ISOLATOR_LIMIT_LIFETIME"] = Option(nameof(IsolatedRuntimeOptions.Lifetime)),
        ["ISOLATOR_LIMIT_CALL_CPU"] = Option(nameof(IsolatedRuntimeOptions.CallCpuTime)),
        ["ISOLATOR_LIMIT_TOTAL_CPU"] = Option(nameof(IsolatedRuntimeOptions.TotalCpuTime)),
        ["ISOLATOR_LIMIT_MEASURES_CPU"] = Limit(IsolatedLimit.MeasuresCpuTime),
        ["ISOLATOR_LIMIT_FUEL"] = Limit(IsolatedLimit.Fuel),
        ["ISOLATOR_LIMIT_OUTPUT"] = Limit(IsolatedLimit.Output),
        ["ISOLATOR_LIMIT_CALLBACKS"] = Limit(IsolatedLimit.Callbacks),
        ["ISOLATOR_LIMIT_CALLBACK_RATE"] = Limit(IsolatedLimit.CallbackRate),
        ["ISOLATOR_LIMIT_HANDLES"] = Limit(IsolatedLimit.Handles),
        ["ISOLATOR_LIMIT_VALUE"] = Limit(IsolatedLimit.Value),
        ["ISOLATOR_LIMIT_BUFFERS"] = Limit(IsolatedLimit.Buffers),
        ["ISOLATOR_LIMIT_DIRECTORY_BYTES"] = Limit(IsolatedLimit.DirectoryBytes),
        ["ISOLATOR_LIMIT_FILES"] = Limit(IsolatedLimit.Files),
        ["ISOLATOR_LIMIT_OPEN_FILES"] = Limit(IsolatedLimit.OpenFiles),
        ["ISOLATOR_HOST_MEMORY"] = HostOption("MaxMemory"),
        ["ISOLATOR_HOST_RUNNING_CALLS"] = HostOption("MaxRunningCalls"),
        ["ISOLATOR_HOST_METER_FUEL"] = HostOption("MeterFuel"),
        ["ISOLATOR_HOST_STACK_SIZE"] = HostOption("StackSize"),
        ["ISOLATOR_HOST_MAX_RUNTIMES"] = HostOption(nameof(IsolatedRuntimeHostOptions.MaxRuntimes)),
        ["ISOLATOR_HOST_GUEST"] = HostOption(nameof(IsolatedRuntimeHostOptions.GuestDirectory)),
    };

    /// <summary>A text with its settings called what they are here.</summary>
    public static string Of(string text)
    {
        if (!text.Contains("`ISOLATOR_", StringComparison.Ordinal))
        {
            return text;
        }

        foreach ((string name, string here) in Settings)
        {
            text = text.Replace($"`{name}`", here, StringComparison.Ordinal);
        }

        return text;
    }

    private static string Option(string name) => $"{nameof(IsolatedRuntimeOptions)}.{name}";

    private static string HostOption(string name) => $"{nameof(IsolatedRuntimeHostOptions)}.{name}";

    private static string Limit(IsolatedLimit limit) =>
        $"{nameof(IsolatedRuntimeOptions)}.{nameof(IsolatedRuntimeOptions.Limits)}[{nameof(IsolatedLimit)}.{limit}]";
}
