using System;

namespace Isolator.Runtime.Hosting;

/// <summary>What is asked of the collector, as far as managed code answers it: see <c>collector.c</c>.</summary>
internal static class Collector
{
    /// <summary>Regions that no memory of 32 bits has, of which .NET, too, takes some more than is asked for.</summary>
    private const long LargestRegion = uint.MaxValue / 21L * 20;

    /// <summary>What <c>GC.TryStartNoGCRegion</c> throws. As in .NET, who asks for a region within one has none any more.</summary>
    public static void CheckRegion(long totalSize, bool hasLohSize, long lohSize, ref long region)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSize);
        if (hasLohSize)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lohSize);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(lohSize, totalSize);
        }

        if (region > 0)
        {
            region = 0;
            throw new InvalidOperationException("The NoGCRegion mode was already in progress.");
        }

        if (totalSize > LargestRegion)
        {
            throw new ArgumentOutOfRangeException(nameof(totalSize), "totalSize is too large. For more information about setting the maximum size, see \"Latency Modes\" in http://go.microsoft.com/fwlink/?LinkId=522706.");
        }
    }

    /// <summary>What <c>GC.RegisterNoGCRegionCallback</c> throws, in a region of so many bytes; 0: there is none.</summary>
    public static void CheckCallback(long totalSize, object? callback, long region, bool isRegistered)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSize);
        ArgumentNullException.ThrowIfNull(callback);
        if (region == 0)
        {
            throw new InvalidOperationException("NoGCRegion mode must be set.");
        }

        if (isRegistered)
        {
            throw new InvalidOperationException("A NoGCRegion callback is already registered.");
        }

        if (totalSize > region)
        {
            throw new InvalidOperationException("Allocated memory exceeds specified memory for NoGCRegion mode.");
        }
    }

    /// <summary>What <c>GC.GetGCMemoryInfo(kind)</c> gives.</summary>
    public static object MemoryInfo(int kind) => kind is >= (int)GCKind.Any and <= (int)GCKind.Background
        ? GC.GetGCMemoryInfo()
        : throw new ArgumentOutOfRangeException(nameof(kind), $"Argument must be between {GCKind.Any} and {GCKind.Background}.");
}
