using System;

namespace DotNetIsolator;

/// <summary>The native library's texts in the words of this one: settings have the names that C# code uses.</summary>
internal static partial class Wording
{
    /// <summary>A text with its settings called what they are here.</summary>
    public static string Of(string text)
    {
        if (!text.Contains("`ISOLATOR_", StringComparison.OrdinalIgnoreCase))
        {
            return text;
        }

        foreach ((string name, string here) in Settings)
        {
            text = text.Replace($"`{name}`", here, StringComparison.Ordinal);
        }

        // Where a runtime begins.
        return text
            .Replace("no `isolator_runtime_builder_from`", Option(nameof(IsolatedRuntimeOptions.Cold)), StringComparison.Ordinal)
            .Replace("`isolator_runtime_builder_from`", Option(nameof(IsolatedRuntimeOptions.Snapshot)), StringComparison.Ordinal);
    }

    private static string Option(string name) => $"{nameof(IsolatedRuntimeOptions)}.{name}";

    private static string HostOption(string name) => $"{nameof(IsolatedRuntimeHostOptions)}.{name}";

    private static string Limit(IsolatedLimit limit) =>
        $"{nameof(IsolatedRuntimeOptions)}.{nameof(IsolatedRuntimeOptions.Limits)}[{nameof(IsolatedLimit)}.{limit}]";
}
