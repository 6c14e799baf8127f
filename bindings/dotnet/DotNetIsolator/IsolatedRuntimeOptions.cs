using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>What an <see cref="IsolatedRuntime"/> is given. By default it is nothing.</summary>
public sealed partial class IsolatedRuntimeOptions
{
    /// <summary>
    /// Starts as the runtime was that was prepared for a snapshot of the same host; null: what the host starts its runtimes from, which is the guest image unless it was
    /// told otherwise (<see cref="IsolatedRuntimeHost.WithWarmRuntimes"/>). A culture or time zone that is not set here is the prepared runtime's.
    /// </summary>
    public AppSnapshot? Snapshot { get; set; }

    /// <summary>Whether the runtime starts from the guest image alone, also where its host starts others from a prepared one.</summary>
    public bool Cold { get; set; }

    /// <summary>Directories that guest code can see.</summary>
    public IList<IsolatedDirectory> Directories { get; } = [];

    /// <summary>
    /// Whether assemblies are loaded also from folders that this runtime, or another one of this process, may write. By default such a folder
    /// is no source of assemblies, nor is one in it: who writes there would choose what runs here.
    /// </summary>
    public bool LoadFromWritableDirectories { get; set; }

    /// <summary>What guest code may ask of the network by <c>HttpClient</c>. By default there is no network.</summary>
    public IsolatedHttp Http { get; } = new();

    /// <summary>Environment variables. None are inherited.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Command-line arguments, without the program's name.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Working directory inside the guest; null: <c>/</c>.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Culture, such as <c>de-CH</c>; null: invariant.</summary>
    public string? Culture { get; set; }

    /// <summary>IANA name of the time zone, such as <c>Europe/Zurich</c>; null: UTC.</summary>
    public string? TimeZone { get; set; }

    /// <summary>What <see cref="Console.In"/> gives; null: the end at once.</summary>
    public byte[]? StandardInput { get; set; }

    /// <summary>
    /// Where <see cref="Console.Out"/> leads. By default nowhere: what guest code prints is seen once this is
    /// <see cref="IsolatedOutput.Inherit"/> (this process's own output) or <see cref="IsolatedOutput.Capture"/>.
    /// </summary>
    public IsolatedOutput StandardOutput { get; set; }

    /// <summary>Where <see cref="Console.Error"/> leads. By default nowhere, as <see cref="StandardOutput"/>.</summary>
    public IsolatedOutput StandardError { get; set; }

    /// <summary>Bytes that the guest's managed heap may take; 0: no limit but the sandbox's own.</summary>
    public long HeapLimit { get; set; }

    /// <summary>What becomes of programs that were compiled ahead; null: what the host says.</summary>
    public CompiledCode? Compiled { get; set; }

    /// <summary>
    /// Other limits, each in its own unit (times in nanoseconds); <see cref="NoLimit"/> removes one. Those that are not here are the engine's
    /// defaults.
    /// </summary>
    public IDictionary<IsolatedLimit, ulong> Limits { get; } = new Dictionary<IsolatedLimit, ulong>();

    /// <summary>In <see cref="Limits"/>: there is none.</summary>
    public const ulong NoLimit = ulong.MaxValue;
}

/// <summary>A directory that is granted to guest code.</summary>
/// <param name="HostPath">The directory here.</param>
/// <param name="GuestPath">Its path inside, such as <c>/data</c>.</param>
/// <param name="Writable">Whether files may be changed.</param>
public sealed record IsolatedDirectory(string HostPath, string GuestPath, bool Writable = false);

/// <summary>Where a guest's output goes.</summary>
public enum IsolatedOutput
{
    /// <summary>Nowhere.</summary>
    Discard,

    /// <summary>To this process's stream of the same kind, byte for byte: a terminal obeys what guest code writes.</summary>
    Inherit,

    /// <summary>Into memory: see <see cref="IsolatedRuntime.GetStandardOutput"/>.</summary>
    Capture,
}
