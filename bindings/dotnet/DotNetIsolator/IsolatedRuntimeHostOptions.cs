using System;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator;

/// <summary>How an <see cref="IsolatedRuntimeHost"/> is set up.</summary>
public sealed partial class IsolatedRuntimeHostOptions
{
    /// <summary>
    /// The folder of the guest image; null: the one that the environment variable <c>ISOLATOR_GUEST</c> names, or else the one
    /// that came with the package.
    /// </summary>
    public string? GuestDirectory { get; set; }

    /// <summary>Runtimes that may live at once; 0: as many as the engine allows by default.</summary>
    public int MaxRuntimes { get; set; }

    /// <summary>What becomes of programs that were compiled ahead (<c>isolator compile</c>), in runtimes that are not told otherwise.</summary>
    public CompiledCode Compiled { get; set; } = CompiledCode.Auto;

    /// <summary>
    /// Whether guest code sees the message of an exception that a callback threw. By default it sees a fixed sentence, since the
    /// message may tell what guests should not know.
    /// </summary>
    public bool CallbackErrorDetails { get; set; }

    /// <summary>Where failures of callbacks and loaders, and what guests log, go; null: failures go to <see cref="Console.Error"/>.</summary>
    public ILogger? Logger { get; set; }
}
