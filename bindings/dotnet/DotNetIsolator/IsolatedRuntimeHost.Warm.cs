using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;

namespace DotNetIsolator;

/// <content>Hosts whose runtimes start prepared.</content>
public sealed partial class IsolatedRuntimeHost
{
    private readonly Lock _warming = new();
    private Action<IsolatedRuntime>? _prepare;
    private AppSnapshot? _warm;

    /// <summary>
    /// Lets guests load the assemblies of the application's own folder, and starts every runtime with those of the program and of whoever calls this loaded, and their
    /// lambdas found, so that one runs in a fresh runtime soon. What <see cref="WithWarmRuntimes"/> has run before takes a third of that.
    /// </summary>
    /// <param name="warm">Whether runtimes start so. They are prepared once, when the first one is made: see <see cref="WithWarmRuntimes"/>.</param>
    /// <returns>This.</returns>
    /// <remarks>Guests get the bytes, to run them inside. It gives them nothing else of this process.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public IsolatedRuntimeHost WithBinDirectoryAssemblyLoader(bool warm)
    {
        WithBinDirectoryAssemblyLoader();
        if (!warm)
        {
            return this;
        }

        Assembly caller = Assembly.GetCallingAssembly();
        Assembly? program = Assembly.GetEntryAssembly();
        return WithWarmRuntimes(runtime =>
        {
            foreach (Assembly? assembly in program == caller ? [caller] : new[] { program, caller })
            {
                if (assembly is not null && IsInFolder(assembly))
                {
                    runtime.Warm(assembly);
                }
            }
        });
    }

    /// <summary>
    /// Starts every runtime of this host that is not told otherwise (<see cref="IsolatedRuntimeOptions.Cold"/>, <see cref="IsolatedRuntimeOptions.Snapshot"/>) from one
    /// that was prepared: see <see cref="Snapshot"/>.
    /// </summary>
    /// <param name="prepare">
    /// Prepares it, once, when the first runtime is made, with the loaders that the host has then. Several functions are called in the order in which they were
    /// added. What it throws, whoever makes that runtime gets, and the next one tries again.
    /// </param>
    /// <returns>This.</returns>
    /// <remarks>An assembly that was loaded so is not asked of a runtime's own loaders any more.</remarks>
    /// <exception cref="InvalidOperationException">Runtimes of this host start prepared already.</exception>
    public IsolatedRuntimeHost WithWarmRuntimes(Action<IsolatedRuntime> prepare)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        lock (_warming)
        {
            if (_warm is not null)
            {
                throw new InvalidOperationException(
                    "A runtime of this host was made, and others start from what was prepared then: say what is to be prepared before the first one.");
            }

            _prepare += prepare;
        }

        return this;
    }

    /// <summary>What a runtime starts from; null: the guest image.</summary>
    internal AppSnapshot? SnapshotFor(IsolatedRuntimeOptions options)
    {
        if (options.Snapshot is { } snapshot)
        {
            return options.Cold
                ? throw new ArgumentException($"{nameof(IsolatedRuntimeOptions.Cold)} and {nameof(IsolatedRuntimeOptions.Snapshot)} were both set: a runtime starts from one of them.", nameof(options))
                : snapshot;
        }

        // What prepares may make runtimes of its own.
        bool isCold = options.Cold || Volatile.Read(ref _prepare) is null || _warming.IsHeldByCurrentThread;
        return isCold ? null : Volatile.Read(ref _warm) ?? Warm();
    }

    private AppSnapshot Warm()
    {
        lock (_warming)
        {
            if (_warm is null)
            {
                Volatile.Write(ref _warm, Snapshot(_prepare!, new IsolatedRuntimeOptions { Cold = true }));
            }

            return _warm;
        }
    }

    /// <summary>Whether guests find an assembly in the application's folder.</summary>
    private static bool IsInFolder(Assembly assembly) => File.Exists(Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".dll"));
}
