using System;
using System.Collections.Generic;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>What the file of a snapshot says of itself. None of it was tried: whoever wrote the file chose it.</summary>
public sealed class SnapshotInfo
{
    internal SnapshotInfo()
    {
    }

    /// <summary>Version of .NET in the guest image that it belongs to.</summary>
    public required string DotNetVersion { get; init; }

    /// <summary>Digest of the code of that guest image, in hexadecimal digits.</summary>
    public required string CodeDigest { get; init; }

    /// <summary>Size of the file, in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>Size of the memory that runtimes start with, in bytes.</summary>
    public required long MemorySize { get; init; }

    /// <summary>Names under which <see cref="IsolatedRuntime.Keep"/> kept something, in their order.</summary>
    public required IReadOnlyList<string> KeptNames { get; init; }

    /// <summary>Names of the assemblies that run compiled.</summary>
    public required IReadOnlyList<string> CompiledNames { get; init; }

    /// <summary>What <see cref="AppSnapshot.WithNote"/> added, by name.</summary>
    public required IReadOnlyDictionary<string, string> Notes { get; init; }

    /// <summary>Reads it from a file that <see cref="AppSnapshot.Save"/> wrote, for whichever guest image.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="IsolatedException">There is no such file, or it is no snapshot (<see cref="IsolatedErrorKind.BadSnapshot"/>).</exception>
    public static SnapshotInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return NativeSnapshotInfo.Read(path);
    }
}
