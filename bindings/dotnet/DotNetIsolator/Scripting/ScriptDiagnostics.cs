using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace DotNetIsolator;

/// <summary>What the compiler has to say, in the order of files and places; of too many the first errors, then the first warnings.</summary>
public sealed class ScriptDiagnostics : IReadOnlyList<ScriptDiagnostic>
{
    private readonly ScriptDiagnostic[] _list;

    internal ScriptDiagnostics(ScriptDiagnostic[] list, long more) => (_list, More) = (list, more);

    /// <summary>None.</summary>
    internal static ScriptDiagnostics None { get; } = new([], 0);

    /// <summary>How many are told.</summary>
    public int Count => _list.Length;

    /// <summary>How many there were beyond those: see <see cref="IsolatedScriptHostOptions.MaxDiagnostics"/>.</summary>
    public long More { get; }

    /// <summary>Whether there is an error among them.</summary>
    public bool HasErrors => Array.Exists(_list, diagnostic => diagnostic.Severity == ScriptSeverity.Error);

    /// <inheritdoc/>
    public ScriptDiagnostic this[int index] => _list[index];

    /// <inheritdoc/>
    public IEnumerator<ScriptDiagnostic> GetEnumerator() => _list.AsEnumerable().GetEnumerator();

    /// <summary>All of them as <c>dotnet build</c> prints them, one a line.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string text = string.Join('\n', _list.AsEnumerable());
        return More == 0 ? text : $"{text}\n… and {More} more";
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
