using System;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Runtimes that are prepared once.</content>
public sealed partial class IsolatedRuntimeHost
{
    /// <summary>
    /// Prepares a runtime, and makes a snapshot of it, from which others start (<see cref="IsolatedRuntimeOptions.Snapshot"/>): as it was, as fast as from the guest
    /// image.
    /// </summary>
    /// <param name="prepare">
    /// Does what takes time once: loads assemblies, makes the calls that fill caches, creates objects and <see cref="IsolatedRuntime.Keep">keeps</see> them by name.
    /// Nothing may be under way when it returns: no asynchronous call, no open file. Timers and tasks of the guest come along. For one that awaits there is
    /// <see cref="SnapshotAsync"/>.
    /// </param>
    /// <param name="options">
    /// What the prepared runtime is given; null: nothing. It is no part of the snapshot, unless guest code read and kept it; neither are its callbacks and offers:
    /// each runtime is given its own.
    /// </param>
    /// <param name="form">How the snapshot holds its memory.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="IsolatedException">
    /// What <paramref name="prepare"/> threw; something cannot come along (<see cref="IsolatedErrorKind.NotFrozen"/>); the runtime cannot be made.
    /// </exception>
    public AppSnapshot Snapshot(Action<IsolatedRuntime> prepare, IsolatedRuntimeOptions? options = null, SnapshotForm form = SnapshotForm.Mapped)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        Check(form);
        using IsolatedRuntime runtime = new(this, options ?? new IsolatedRuntimeOptions());
        prepare(runtime);
        return Freeze(runtime, form);
    }

    /// <summary>As <see cref="Snapshot"/>, for a preparation that awaits.</summary>
    /// <param name="prepare">As there.</param>
    /// <param name="options">As there.</param>
    /// <param name="form">As there.</param>
    /// <returns>A task for the snapshot.</returns>
    public async Task<AppSnapshot> SnapshotAsync(
        Func<IsolatedRuntime, Task> prepare, IsolatedRuntimeOptions? options = null, SnapshotForm form = SnapshotForm.Mapped)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        Check(form);
        using IsolatedRuntime runtime = new(this, options ?? new IsolatedRuntimeOptions());
        await prepare(runtime).ConfigureAwait(false);
        return Freeze(runtime, form);
    }

    /// <summary>Loads a snapshot that <see cref="AppSnapshot.Save"/> wrote, with this guest image.</summary>
    /// <param name="path">The file. It is checked, and what is in it runs in a sandbox, whoever wrote it.</param>
    /// <returns>The snapshot.</returns>
    /// <remarks>The first time its memory is put into the engine's form, which <see cref="IsolatedRuntimeHostOptions.CacheDirectory"/> keeps.</remarks>
    /// <exception cref="IsolatedException">There is no such file, or it is no snapshot, or one of another guest image (<see cref="IsolatedErrorKind.BadSnapshot"/>).</exception>
    public AppSnapshot LoadSnapshot(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using (NativeLog.For(Logger))
        {
            return new AppSnapshot(_native.LoadSnapshot(path), null);
        }
    }

    /// <summary>Makes a runtime that goes on from where a suspended one was (<see cref="IsolatedRuntime.Suspend"/>). It may be done any number of times.</summary>
    /// <param name="suspended">The suspended runtime.</param>
    /// <param name="options">
    /// What it is given; null: nothing. Directories are granted again under the same paths of the guest, and in the same order. One that began with a snapshot goes on from
    /// that one: <see cref="IsolatedRuntimeOptions.Snapshot"/>, which was saved and loaded for another process.
    /// </param>
    /// <returns>The runtime. Its callbacks and offers are registered again.</returns>
    /// <exception cref="IsolatedException">It does not fit this host (<see cref="IsolatedErrorKind.BadSnapshot"/>), or there are as many runtimes already as the host allows.</exception>
    public IsolatedRuntime Resume(SuspendedRuntime suspended, IsolatedRuntimeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(suspended);
        return new IsolatedRuntime(this, options ?? new IsolatedRuntimeOptions(), suspended);
    }

    private static void Check(SnapshotForm form)
    {
        if (form is not (SnapshotForm.Mapped or SnapshotForm.Delta))
        {
            throw new ArgumentOutOfRangeException(nameof(form), form, "There is no such form of a snapshot.");
        }
    }

    private AppSnapshot Freeze(IsolatedRuntime runtime, SnapshotForm form)
    {
        using (NativeLog.For(Logger))
        {
            return runtime.Freeze(form);
        }
    }
}
