using System;
using System.Collections.Generic;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>A runtime that was prepared once, as others start from it: see <see cref="IsolatedRuntimeHost.Snapshot"/>.</summary>
/// <remarks>
/// Assemblies are loaded there, statics have their values, methods are translated, so that the first call of a fresh runtime takes what the repeated call of a
/// live one does. Any number of threads may use it. What one runtime changes in its copy, nobody else sees.
/// </remarks>
public sealed class AppSnapshot : IDisposable
{
    private readonly IReadOnlyList<string> _keptNames;

    internal AppSnapshot(NativeSnapshot native, SnapshotCache? found)
    {
        Native = native;
        Found = found;
        _keptNames = native.KeptNames().FindAll(name => !SnapshotCache.Has(name)).AsReadOnly();
        MemorySize = (long)Math.Min(native.MemorySize, long.MaxValue);
    }

    /// <summary>Names under which <see cref="IsolatedRuntime.Keep"/> kept something, in their order.</summary>
    public IReadOnlyList<string> KeptNames => _keptNames;

    /// <summary>Size of the memory that runtimes start with, in bytes. They share what they do not write, and none of it counts against their limits.</summary>
    public long MemorySize { get; }

    internal NativeSnapshot Native { get; }

    /// <summary>What was looked up in the prepared runtime; null: this process does not know.</summary>
    internal SnapshotCache? Found { get; }

    /// <summary>Writes it to a file, which <see cref="IsolatedRuntimeHost.LoadSnapshot"/> reads.</summary>
    /// <param name="path">The file. One that is there is replaced, and nothing is left half-written.</param>
    /// <remarks>It holds all of the runtime's memory: whatever guest code read and kept, too.</remarks>
    /// <exception cref="IsolatedException">It cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Native.Save(path);
    }

    /// <summary>Lets go of it. Runtimes that started from it live on.</summary>
    public void Dispose() => Native.Dispose();
}
