using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>What sources were compiled to: see <see cref="IsolatedScriptHost.Compile(ScriptSource)"/>. Any number of threads may use it.</summary>
public sealed class CompiledScript
{
    private readonly byte[] _assembly;
    private readonly byte[]? _symbols;

    internal CompiledScript(NativeCompiledScript native)
    {
        Native = native;
        _assembly = native.Assembly();
        _symbols = native.Symbols();
        IsProgram = native.IsProgram;
        Diagnostics = native.Diagnostics();
    }

    /// <summary>Whether it has an entry point, so that it can be run.</summary>
    public bool IsProgram { get; }

    /// <summary>Whether runs of it begin in a runtime in which it is loaded, since there were some: <see cref="IsolatedScriptHostOptions.HotScripts"/>.</summary>
    public bool IsHot => Native.IsHot;

    /// <summary>Warnings.</summary>
    public ScriptDiagnostics Diagnostics { get; }

    internal NativeCompiledScript Native { get; }

    /// <summary>The assembly, with its symbols: a copy, which any <see cref="IsolatedRuntime"/> can load, for calls of its methods.</summary>
    /// <returns>The bytes.</returns>
    public AssemblyImage GetAssembly() => new((byte[])_assembly.Clone(), (byte[]?)_symbols?.Clone());
}
