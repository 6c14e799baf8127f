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
            .Replace("`isolator_runtime_builder_cold`", Option(nameof(IsolatedRuntimeOptions.Cold)), StringComparison.Ordinal)
            .Replace("`isolator_runtime_builder_from`", Option(nameof(IsolatedRuntimeOptions.Snapshot)), StringComparison.Ordinal)

            // Of scripts.
            .Replace("`isolator_script_host_builder_set_compile_limit`", ScriptOption(nameof(IsolatedScriptHostOptions.CompileLimits)), StringComparison.Ordinal)
            .Replace("`isolator_script_host_builder_library`", ScriptOption(nameof(IsolatedScriptHostOptions.WithLibrary)), StringComparison.Ordinal)
            .Replace("`ISOLATOR_SCRIPT_MAX_SUBMISSIONS`", ScriptOption(nameof(IsolatedScriptHostOptions.MaxSubmissions)), StringComparison.Ordinal)
            .Replace("`ISOLATOR_SCRIPT_PACKAGE_FOLDER`", ScriptOption(nameof(IsolatedScriptHostOptions.PackageFolders)), StringComparison.Ordinal)
            .Replace("`ISOLATOR_SCRIPT_ALLOW_PACKAGE`", ScriptOption(nameof(IsolatedScriptHostOptions.AllowedPackages)), StringComparison.Ordinal)
            .Replace("`ISOLATOR_SCRIPT_LOAD_FOLDER`", ScriptOption(nameof(IsolatedScriptHostOptions.LoadFolder)), StringComparison.Ordinal)
            .Replace("`isolator_script_session_reset`", $"{nameof(ScriptSession)}.{nameof(ScriptSession.Reset)}", StringComparison.Ordinal)
            .Replace("`ISOLATOR_SCRIPT_COMPILER`", ScriptOption(nameof(IsolatedScriptHostOptions.CompilerDirectory)), StringComparison.Ordinal);
    }

    /// <summary>What to do where there is no compiler of scripts, for who has packages.</summary>
    /// <param name="text">What the native library says.</param>
    /// <param name="looked">Where this side has looked, one place a line.</param>
    public static string OfMissingCompiler(string text, string looked) =>
        text.Replace("\nBuild it with `cargo xtask build-guest`", $"{looked}\nAdd the package Isolator.DotNet.Scripting", StringComparison.Ordinal);

    private static string Option(string name) => $"{nameof(IsolatedRuntimeOptions)}.{name}";

    private static string ScriptOption(string name) => $"{nameof(IsolatedScriptHostOptions)}.{name}";

    private static string HostOption(string name) => $"{nameof(IsolatedRuntimeHostOptions)}.{name}";

    private static string Limit(IsolatedLimit limit) =>
        $"{nameof(IsolatedRuntimeOptions)}.{nameof(IsolatedRuntimeOptions.Limits)}[{nameof(IsolatedLimit)}.{limit}]";
}
