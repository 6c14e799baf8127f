using System;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>A runtime that sleeps, as bytes: see <see cref="IsolatedRuntime.Suspend"/>. <see cref="IsolatedRuntimeHost.Resume"/> wakes it, here or in another process.</summary>
/// <remarks>The bytes hold all that guest code knows, environment and arguments included: keep them as you would keep the runtime.</remarks>
public sealed class SuspendedRuntime : IDisposable
{
    internal SuspendedRuntime(NativeSuspended native) => Native = native;

    internal NativeSuspended Native { get; }

    /// <summary>Takes bytes for a suspended runtime. Whether it fits a host is looked at when it is resumed; what is in it runs in a sandbox, whoever made it.</summary>
    /// <param name="bytes">What <see cref="ToArray"/> gave.</param>
    /// <returns>The suspended runtime.</returns>
    /// <exception cref="IsolatedException">They are something else (<see cref="IsolatedErrorKind.BadSnapshot"/>).</exception>
    public static SuspendedRuntime FromBytes(ReadOnlySpan<byte> bytes) => new(NativeSuspended.FromBytes(bytes));

    /// <summary>Reads a file that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The suspended runtime.</returns>
    /// <exception cref="IsolatedException">There is no such file, or it is something else (<see cref="IsolatedErrorKind.BadSnapshot"/>).</exception>
    public static SuspendedRuntime Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(NativeSuspended.Load(path));
    }

    /// <summary>A copy of the bytes.</summary>
    /// <returns>All that there is.</returns>
    public byte[] ToArray() => Native.ToArray();

    /// <summary>Writes it to a file, which nobody but this user may read.</summary>
    /// <param name="path">The file. One that is there is replaced, and nothing is left half-written.</param>
    /// <exception cref="IsolatedException">It cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Native.Save(path);
    }

    /// <summary>Lets go of the bytes. Runtimes that were resumed from them live on.</summary>
    public void Dispose() => Native.Dispose();
}
