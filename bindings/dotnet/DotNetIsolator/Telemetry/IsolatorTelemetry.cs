using System;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;

namespace DotNetIsolator;

/// <summary>Under which names the library tells what it does to OpenTelemetry, or to whatever else listens.</summary>
/// <remarks>
/// While nothing listens, nothing is measured. No name or text that a guest chooses becomes a tag of a metric, so that no guest can make their number grow.
/// </remarks>
public static class IsolatorTelemetry
{
    /// <summary>The <c>ActivitySource</c>: for <c>AddSource</c>.</summary>
    public const string ActivitySourceName = "Isolator";

    /// <summary>The <c>Meter</c>: for <c>AddMeter</c>.</summary>
    public const string MeterName = "Isolator";

    /// <summary>Who listens has loaded it.</summary>
    private const string Listeners = "System.Diagnostics.DiagnosticSource";

    // Counted always, since who begins to listen later asks how many there are.
    private static long s_live;

    /// <summary>
    /// Somebody may listen. Making a source takes as long as half of all else that a program's first call waits for, and most programs have no listener.
    /// </summary>
    private static volatile bool s_possible;

    static IsolatorTelemetry()
    {
        AppDomain.CurrentDomain.AssemblyLoad += Loaded;
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (IsListeners(assembly))
            {
                s_possible = true;
                AppDomain.CurrentDomain.AssemblyLoad -= Loaded;
            }
        }
    }

    /// <summary>Whether a call is worth measuring.</summary>
    internal static bool IsListened
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_possible && Instruments.IsListened;
    }

    /// <summary>How many runtimes live.</summary>
    internal static long Live => Volatile.Read(ref s_live);

    /// <summary>A runtime was made.</summary>
    internal static void RuntimeMade() => Interlocked.Increment(ref s_live);

    /// <summary>A runtime is gone.</summary>
    internal static void RuntimeGone() => Interlocked.Decrement(ref s_live);

    /// <summary>A runtime reached a limit.</summary>
    internal static void LimitHit(IsolatedLimit limit)
    {
        if (s_possible)
        {
            Instruments.LimitHit(limit);
        }
    }

    /// <summary>Begins to measure a call; null if nobody listens.</summary>
    /// <param name="runtime">The runtime that is called.</param>
    /// <param name="kind">How it is called.</param>
    /// <param name="method">What is called, if that is known.</param>
    internal static Measured? BeginCall(IsolatedRuntime runtime, string kind, string? method) =>
        IsListened ? Instruments.BeginCall(runtime, kind, method) : null;

    /// <summary>Begins to measure how a runtime is made; null if nobody listens.</summary>
    internal static Measured? BeginCreate() => s_possible ? Instruments.BeginCreate() : null;

    /// <summary>Begins to measure how a guest image is loaded; null if nobody listens.</summary>
    internal static Measured? BeginLoad() => s_possible ? Instruments.BeginLoad() : null;

    private static bool IsListeners(Assembly assembly) => assembly.GetName().Name == Listeners;

    private static void Loaded(object? sender, AssemblyLoadEventArgs args)
    {
        if (IsListeners(args.LoadedAssembly))
        {
            AppDomain.CurrentDomain.AssemblyLoad -= Loaded;

            // So that who begins to listen finds them without a call.
            Instruments.Make();
            s_possible = true;
        }
    }
}
