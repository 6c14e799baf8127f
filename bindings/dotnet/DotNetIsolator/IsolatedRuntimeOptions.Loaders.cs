using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace DotNetIsolator;

/// <content>Assemblies of one runtime.</content>
public sealed partial class IsolatedRuntimeOptions
{
    private readonly List<Func<string, string, LoadedImage?>> _loaders = [];

    /// <summary>
    /// Lets this runtime's guest load the assemblies that a function gives. A runtime's own functions are asked before the host's, in the order in
    /// which they were added.
    /// </summary>
    /// <param name="callback">The function. It is called on any thread, and must not call the runtime.</param>
    /// <returns>This.</returns>
    [OverloadResolutionPriority(1)]
    public IsolatedRuntimeOptions WithAssemblyLoader(AssemblyLoadCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _loaders.Add(AssemblySource.From(callback));
        return this;
    }

    /// <summary>
    /// Lets this runtime's guest load the assemblies, satellites of cultures included, that a function gives with their symbols. A runtime's own functions are
    /// asked before the host's, in the order in which they were added.
    /// </summary>
    /// <param name="callback">The function. It is called on any thread, and must not call the runtime.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeOptions WithAssemblyLoader(AssemblyRequestCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _loaders.Add(AssemblySource.From(callback));
        return this;
    }

    /// <summary>The loaders for a runtime that is made now; null if there are none.</summary>
    internal AssemblySource? AssemblySourceFor(IsolatedRuntimeHost host) =>
        _loaders.Count == 0 ? null : AssemblySource.Of(_loaders, host.Assemblies);
}
