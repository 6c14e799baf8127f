using System;

namespace DotNetIsolator;

/// <summary>A C# source: what diagnostics and stack traces call it, and its text. A string is one by itself, called <c>script.cs</c>.</summary>
/// <param name="Name">Its name, such as <c>hello.cs</c>. Nothing is looked for there.</param>
/// <param name="Text">Its text.</param>
public sealed record ScriptSource(string Name, string Text)
{
    private const string DefaultName = "script.cs";

    /// <summary>A text as a source.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator ScriptSource(string text) => FromString(text);

    /// <summary>A text as a source called <c>script.cs</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The source.</returns>
    public static ScriptSource FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ScriptSource(DefaultName, text);
    }
}
