using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading;
using DotNetIsolator.Interop;
using Isolator.Runtime.Wire;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator;

/// <summary>What all runtimes share: the guest image, loaded once, and where assemblies come from.</summary>
/// <remarks>
/// Making one takes a fraction of a second the first time, making a runtime with it far less than a millisecond. It may be used by
/// any number of threads.
/// </remarks>
public sealed partial class IsolatedRuntimeHost : IDisposable
{
    private readonly AssemblySource _assemblies;
    private readonly NativeHost _native;
    private readonly bool _countsFuel;

    /// <summary>Loads the guest image that came with the package, or that the environment variable <c>ISOLATOR_GUEST</c> names.</summary>
    /// <exception cref="IsolatedException">There is no guest image, or it is for another version.</exception>
    /// <exception cref="DllNotFoundException">There is no native library for this platform.</exception>
    public IsolatedRuntimeHost()
        : this(new IsolatedRuntimeHostOptions())
    {
    }

    /// <summary>Loads a guest image.</summary>
    /// <param name="options">Which one, and how runtimes are made of it.</param>
    /// <exception cref="IsolatedException">There is no guest image, or it is for another version.</exception>
    /// <exception cref="DllNotFoundException">There is no native library for this platform.</exception>
    public IsolatedRuntimeHost(IsolatedRuntimeHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Failures = new FailureLog(options.Logger);

        // The native host keeps the source alive: it must not lead here, or a host that is forgotten would never be collected.
        _assemblies = new AssemblySource(Failures);
        Logger = options.Logger;
        if (options.Logger is not null)
        {
            NativeLog.Install(options.Logger);
        }

        Measured? measured = IsolatorTelemetry.BeginLoad();
        try
        {
            using (NativeLog.For(options.Logger))
            {
                _native = NativeHost.Create(options, _assemblies);
            }
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            measured?.End();
        }

        _countsFuel = options.MeterFuel || options.Limits.ContainsKey(IsolatedLimit.Fuel);
        DefaultBuffers = options.Limits.TryGetValue(IsolatedLimit.Buffers, out ulong buffers) ? buffers : null;
        if (int.TryParse(_native.DotNetVersion.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major))
        {
            _assemblies.GuestMajor = major;
        }
    }

    /// <summary>The guest's .NET version, such as <c>10.0.15</c>.</summary>
    public string DotNetVersion => _native.DotNetVersion;

    /// <summary>How many runtimes live now.</summary>
    public int LiveRuntimes => (int)_native.LiveRuntimes;

    internal NativeHost Native => _native;

    internal TypeScope Scope { get; } = new();

    internal AssemblySource Assemblies => _assemblies;

    /// <summary>The runtimes that live, to tell which one calls.</summary>
    internal RuntimeRegistry Runtimes { get; } = new();

    internal FailureLog Failures { get; }

    internal ILogger? Logger { get; }

    /// <summary>Bytes that may be under way in a runtime that says nothing else; null: the engine's default.</summary>
    internal ulong? DefaultBuffers { get; }

    /// <exception cref="InvalidOperationException">Fuel is limited, and the host counts none.</exception>
    internal void CheckCountsFuel(IsolatedRuntimeOptions options)
    {
        if (options.Fuel is not null || (options.Limits.TryGetValue(IsolatedLimit.Fuel, out ulong fuel) && fuel != IsolatedRuntimeOptions.NoLimit))
        {
            CheckCountsFuel();
        }
    }

    /// <exception cref="InvalidOperationException">The host counts no fuel.</exception>
    internal void CheckCountsFuel()
    {
        if (!_countsFuel)
        {
            throw new InvalidOperationException(
                $"A limit of fuel was set, but the host counts none: set {nameof(IsolatedRuntimeHostOptions)}.{nameof(IsolatedRuntimeHostOptions.MeterFuel)} when making it.");
        }
    }

    /// <summary>Lets guests load the assemblies of the application's own folder: needed to invoke lambdas.</summary>
    /// <returns>This.</returns>
    /// <remarks>Guests get the bytes, to run them inside. It gives them nothing else of this process.</remarks>
    public IsolatedRuntimeHost WithBinDirectoryAssemblyLoader() => WithDirectoryAssemblyLoader(AppContext.BaseDirectory);

    /// <summary>Lets guests load the assemblies of a folder, with their symbols.</summary>
    /// <param name="directoryPath">The folder.</param>
    /// <returns>This.</returns>
    /// <remarks>
    /// It is opened now, and files are read below it: satellites in folders of cultures, no links, nothing but files, none above 128 MiB, and
    /// nothing that runtimes may write (see <see cref="IsolatedRuntimeOptions.LoadFromWritableDirectories"/>). The log says what is refused.
    /// The folder itself may be a link.
    /// </remarks>
    /// <exception cref="System.IO.DirectoryNotFoundException">There is no such folder.</exception>
    public IsolatedRuntimeHost WithDirectoryAssemblyLoader(string directoryPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(directoryPath);
        _assemblies.Add(AssemblySource.FromDirectory(directoryPath));
        _assemblies.Name(directoryPath);
        return this;
    }

    /// <summary>Lets guests load the assemblies that a function gives. Functions are asked in the order in which they were added.</summary>
    /// <param name="callback">The function. It is called on any thread, also on several at once.</param>
    /// <returns>This.</returns>
    [OverloadResolutionPriority(1)]
    public IsolatedRuntimeHost WithAssemblyLoader(AssemblyLoadCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _assemblies.Add(AssemblySource.From(callback));
        return this;
    }

    /// <summary>Lets guests load the assemblies, satellites of cultures included, that a function gives with their symbols.</summary>
    /// <param name="callback">The function. It is called on any thread, also on several at once.</param>
    /// <returns>This.</returns>
    public IsolatedRuntimeHost WithAssemblyLoader(AssemblyRequestCallback callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _assemblies.Add(AssemblySource.From(callback));
        return this;
    }

    /// <summary>
    /// Lets guests name a type in what they send, where an <c>object</c>, an interface or a base class was asked for. Without this, only types
    /// that the declared one leads to are made here, whatever a guest sends.
    /// </summary>
    /// <typeparam name="T">The type. Its fields are whatever a guest chose: no constructor of it has run.</typeparam>
    /// <returns>This.</returns>
    public IsolatedRuntimeHost WithWireType<T>()
    {
        Scope.Register(typeof(T));
        return this;
    }

    /// <summary>Gives the host back. Runtimes that were made with it live on.</summary>
    public void Dispose()
    {
        _native.Dispose();
        Volatile.Read(ref _warm)?.Dispose();
    }
}
