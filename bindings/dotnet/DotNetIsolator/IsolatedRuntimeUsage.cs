using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>What a runtime has used so far, or had used when it died: see <see cref="IsolatedRuntime.GetUsage"/>.</summary>
public sealed record IsolatedRuntimeUsage
{
    /// <summary>The most bytes of memory that it had beyond what it started with.</summary>
    public required long PeakMemory { get; init; }

    /// <summary>CPU time of all its calls: exact with a limit of it or <see cref="IsolatedLimit.MeasuresCpuTime"/>, otherwise sampled each millisecond.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>Wall time from its creation until now, or until it died.</summary>
    public required TimeSpan WallTime { get; init; }

    /// <summary>Fuel, in units of the engine; 0 where the host does not meter it.</summary>
    public required ulong Fuel { get; init; }

    /// <summary>Calls into the runtime. Finding a method and making an object are calls, too.</summary>
    public required long Calls { get; init; }

    /// <summary>Calls of callbacks.</summary>
    public required long HostCalls { get; init; }

    /// <summary>Bytes of arguments and other values that went in.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Bytes of results and other values that came out.</summary>
    public required long BytesOut { get; init; }

    /// <summary>Bytes that it wrote to the standard streams.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Bytes that it wrote to files.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Requests that it made by HTTP, with those that were refused.</summary>
    public long HttpRequests { get; init; }

    /// <summary>Bytes of these requests' bodies.</summary>
    public long HttpBytesSent { get; init; }

    /// <summary>Bytes of the bodies of responses that it read.</summary>
    public long HttpBytesReceived { get; init; }

    /// <summary>How many assemblies run compiled: those that <c>isolator compile</c> made code of that fits.</summary>
    public required long CompiledAssemblies { get; init; }

    /// <summary>The names of these assemblies, in the order in which they were loaded, as their compiled code says them.</summary>
    public IReadOnlyList<string> CompiledNames { get; init; } = [];
}
