using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>C# source in, result out: the compiler runs in a sandbox, and what it compiles in another, fresh one.</summary>
/// <remarks>
/// Making one loads the prepared compiler from the user's cache, or prepares it, which takes some seconds, once. It may be used by any number of threads.
/// Each compilation and each run has a sandbox of its own, under limits: no source, however it is written, meets anything but that.
/// </remarks>
public sealed partial class IsolatedScriptHost : IDisposable
{
    private readonly NativeScriptHost _native;
    private readonly IsolatedRuntimeOptions _runOptions;
    private readonly bool _ownsHost;

    /// <summary>Makes one with default settings.</summary>
    /// <exception cref="IsolatedException">There is no compiler, or no guest image: the message says what to do.</exception>
    public IsolatedScriptHost()
        : this(new IsolatedScriptHostOptions())
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="options">How sources are compiled and run. Changes after this have no effect.</param>
    /// <exception cref="IsolatedException">There is no compiler, or no guest image: the message says what to do.</exception>
    /// <exception cref="ArgumentException">A library is no assembly, or an option cannot be used.</exception>
    public IsolatedScriptHost(IsolatedScriptHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.RunOptions);
        _runOptions = options.RunOptions;
        _ownsHost = options.Host is null;
        Host = options.Host ?? new IsolatedRuntimeHost();
        try
        {
            using (NativeLog.For(Host.Logger))
            {
                _native = NativeScriptHost.Create(Host, options);
            }
        }
        catch when (_ownsHost)
        {
            Host.Dispose();
            throw;
        }
    }

    /// <summary>Where all runs.</summary>
    public IsolatedRuntimeHost Host { get; }

    /// <summary>Says what is wrong with a source. Nothing of it runs.</summary>
    /// <param name="source">The source.</param>
    /// <returns>Errors, warnings and hints; none for a source that is as it should be.</returns>
    /// <exception cref="IsolatedException">The compiler reached a limit.</exception>
    /// <exception cref="ScriptCompilationException">The compiler cannot bear the source: it nests too deep.</exception>
    /// <exception cref="ArgumentException">A text has half of a surrogate pair, which cannot be passed on.</exception>
    public ScriptDiagnostics Check(ScriptSource source) => Check([source]);

    /// <summary>Says what is wrong with sources that belong together. Nothing of them runs.</summary>
    /// <inheritdoc cref="Check(ScriptSource)"/>
    /// <param name="sources">The sources.</param>
    public ScriptDiagnostics Check(IReadOnlyList<ScriptSource> sources) => _native.Check(Some(sources), null);

    /// <summary>As <see cref="Check(ScriptSource)"/>, on a thread of its own.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <returns>Errors, warnings and hints.</returns>
    public Task<ScriptDiagnostics> CheckAsync(ScriptSource source, CancellationToken cancellation = default) => CheckAsync([source], cancellation);

    /// <summary>As <see cref="Check(IReadOnlyList{ScriptSource})"/>, on a thread of its own.</summary>
    /// <param name="sources">The sources.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <returns>Errors, warnings and hints.</returns>
    public Task<ScriptDiagnostics> CheckAsync(IReadOnlyList<ScriptSource> sources, CancellationToken cancellation = default)
    {
        sources = Some(sources);
        return Start(stop => _native.Check(sources, stop), cancellation);
    }

    /// <summary>Compiles a source. What was compiled lately is remembered.</summary>
    /// <param name="source">The source.</param>
    /// <returns>The assembly.</returns>
    /// <exception cref="ScriptCompilationException">It does not compile.</exception>
    /// <exception cref="IsolatedException">The compiler reached a limit.</exception>
    /// <exception cref="ArgumentException">A text has half of a surrogate pair, which cannot be passed on.</exception>
    public CompiledScript Compile(ScriptSource source) => Compile([source]);

    /// <summary>Compiles sources that belong together. What was compiled lately is remembered.</summary>
    /// <inheritdoc cref="Compile(ScriptSource)"/>
    /// <param name="sources">The sources.</param>
    public CompiledScript Compile(IReadOnlyList<ScriptSource> sources) => _native.Compile(Some(sources), null);

    /// <summary>As <see cref="Compile(ScriptSource)"/>, on a thread of its own.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <returns>The assembly.</returns>
    public Task<CompiledScript> CompileAsync(ScriptSource source, CancellationToken cancellation = default) => CompileAsync([source], cancellation);

    /// <summary>As <see cref="Compile(IReadOnlyList{ScriptSource})"/>, on a thread of its own.</summary>
    /// <param name="sources">The sources.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <returns>The assembly.</returns>
    public Task<CompiledScript> CompileAsync(IReadOnlyList<ScriptSource> sources, CancellationToken cancellation = default)
    {
        sources = Some(sources);
        return Start(stop => _native.Compile(sources, stop), cancellation);
    }

    /// <summary>Lets go of the compiler. What is under way goes on to its end; what begins later is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _native.Dispose();
        if (_ownsHost)
        {
            Host.Dispose();
        }
    }

    private static ScriptSource[] Some(IReadOnlyList<ScriptSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentOutOfRangeException.ThrowIfZero(sources.Count, nameof(sources));
        ScriptSource[] copies = [.. sources];
        foreach (ScriptSource source in copies)
        {
            ArgumentNullException.ThrowIfNull(source, nameof(sources));
            ArgumentNullException.ThrowIfNull(source.Name, nameof(sources));
            ArgumentNullException.ThrowIfNull(source.Text, nameof(sources));
            WholeText.Check(source.Name, "The name of a source", nameof(sources));
            WholeText.Check(source.Text, $"The source '{source.Name}'", nameof(sources));
        }

        return copies;
    }

    /// <summary>Does work on a thread of its own: guest code that computes or waits holds its thread, and none of the pool's is to be held.</summary>
    internal static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Does work on a thread of its own, which the token stops.</summary>
    private static async Task<T> Start<T>(Func<NativeScriptCancellation?, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using NativeScriptCancellation stop = new();
        using CancellationTokenRegistration registration =
            cancellation.UnsafeRegister(static stop => ((NativeScriptCancellation)stop!).Cancel(), stop);
        try
        {
            return await OnOwnThread(() => work(stop)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("The work with a script was stopped, as its token was cancelled.", cancellation);
        }
    }
}
