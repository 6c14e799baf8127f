using System;

namespace DotNetIsolator.Interop;

/// <summary>What the runtime of one script is given, while it runs.</summary>
internal readonly ref struct ScriptGrants
{
    private readonly Utf8Texts _texts;
    private readonly RuntimeLinks _links;

    /// <summary>Says what it is given.</summary>
    /// <param name="scripts">The native host of scripts.</param>
    /// <param name="host">The host.</param>
    /// <param name="options">What it is given.</param>
    /// <param name="otherwise">Where output goes that the options send nowhere.</param>
    public ScriptGrants(nint scripts, IsolatedRuntimeHost host, IsolatedRuntimeOptions options, IsolatedOutput otherwise)
    {
        host.CheckCountsFuel(options);
        _texts = new Utf8Texts();
        Builder = NativeMethods.isolator_script_host_runtime_builder(scripts);
        try
        {
            NativeRuntime.From(Builder, options.Snapshot?.Native);
            NativeRuntime.Configure(Builder, options, _texts, graphs: false, otherwise);
            _links = RuntimeLinks.Attach(Builder, options, options.AssemblySourceFor(host), host.Failures);
        }
        catch
        {
            NativeMethods.isolator_runtime_builder_free(Builder);
            _texts.Dispose();
            throw;
        }
    }

    /// <summary>What is to live as long as the runtime.</summary>
    public RuntimeLinks Links => _links;

    /// <summary>The native builder.</summary>
    public nint Builder { get; }

    public void Dispose()
    {
        NativeMethods.isolator_runtime_builder_free(Builder);
        _texts.Dispose();

        // The native library's links to them are weak.
        GC.KeepAlive(_links);
    }
}
