using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
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
        Form = native.Form;
        CopiedBytes = (long)Math.Min(native.Copied, long.MaxValue);
        Notes = new ReadOnlyDictionary<string, string>(native.Notes());
    }

    /// <summary>Names under which <see cref="IsolatedRuntime.Keep"/> kept something, in their order.</summary>
    public IReadOnlyList<string> KeptNames => _keptNames;

    /// <summary>
    /// Size of the memory that runtimes start with, in bytes. They share what they do not write, and none of it counts against their limits, but for what
    /// <see cref="SnapshotForm.Delta"/> adds.
    /// </summary>
    public long MemorySize { get; }

    /// <summary>How it holds the memory.</summary>
    public SnapshotForm Form { get; }

    /// <summary>Bytes that are copied into each runtime: none if all of the memory is mapped.</summary>
    public long CopiedBytes { get; }

    /// <summary>What <see cref="WithNote"/> added, by name.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; }

    internal NativeSnapshot Native { get; }

    /// <summary>What was looked up in the prepared runtime; null: this process does not know.</summary>
    internal SnapshotCache? Found { get; }

    /// <summary>
    /// The same snapshot with a text of yours beside it, such as a version, which its file has, too: <see cref="SnapshotInfo.Read"/>. Runtimes know nothing of it.
    /// </summary>
    /// <param name="name">The text's name. One that is taken is taken over.</param>
    /// <param name="text">The text.</param>
    /// <returns>Another object for the same snapshot: each is disposed of for itself.</returns>
    public AppSnapshot WithNote(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(text);
        return new AppSnapshot(Native.WithNote(name, text), Found);
    }

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
