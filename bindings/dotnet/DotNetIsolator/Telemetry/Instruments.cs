using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace DotNetIsolator;

/// <summary>What tells listeners. It is made when there may be one: see <see cref="IsolatorTelemetry"/>.</summary>
internal static class Instruments
{
    private const string RuntimeTag = "isolator.runtime.id";
    private const string LimitTag = "isolator.limit";

    private static readonly string? s_version = typeof(Instruments).Assembly.GetName().Version?.ToString(3);

    private static readonly ActivitySource s_source = new(IsolatorTelemetry.ActivitySourceName, s_version);
    private static readonly Meter s_meter = new(IsolatorTelemetry.MeterName, s_version);

    private static readonly Counter<long> s_calls = s_meter.CreateCounter<long>("isolator.calls", "{call}", "Calls into isolated runtimes that have ended.");

    private static readonly Histogram<double> s_callDuration =
        s_meter.CreateHistogram<double>("isolator.call.duration", "s", "How long calls into isolated runtimes took, in the queue included.");

    private static readonly Counter<long> s_limits = s_meter.CreateCounter<long>("isolator.limits.hit", "{hit}", "Limits that isolated runtimes have reached.");

    private static readonly Histogram<double> s_createDuration =
        s_meter.CreateHistogram<double>("isolator.runtime.create.duration", "s", "How long it took to make isolated runtimes.");

    private static readonly Histogram<double> s_loadDuration =
        s_meter.CreateHistogram<double>("isolator.host.load.duration", "s", "How long it took to load guest images.");

    static Instruments() =>
        s_meter.CreateObservableUpDownCounter("isolator.runtimes", static () => IsolatorTelemetry.Live, "{runtime}", "Isolated runtimes that live.");

    /// <summary>Has them made.</summary>
    internal static void Make() => RuntimeHelpers.RunClassConstructor(typeof(Instruments).TypeHandle);

    /// <summary>Whether a call is worth measuring.</summary>
    internal static bool IsListened
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_calls.Enabled || s_callDuration.Enabled || s_source.HasListeners();
    }

    /// <summary>A runtime reached a limit.</summary>
    internal static void LimitHit(IsolatedLimit limit)
    {
        if (s_limits.Enabled)
        {
            s_limits.Add(1, new KeyValuePair<string, object?>(LimitTag, limit.ToString()));
        }

        Activity.Current?.SetTagIf(LimitTag, limit);
    }

    /// <summary>Begins to measure a call.</summary>
    /// <param name="runtime">The runtime that is called.</param>
    /// <param name="kind">How it is called.</param>
    /// <param name="method">What is called, if that is known.</param>
    internal static Measured BeginCall(IsolatedRuntime runtime, string kind, string? method)
    {
        Measured measured = new(s_source.StartActivity("isolator.call"), s_callDuration, s_calls, kind);
        measured.Activity?.SetTag(RuntimeTag, (long)runtime.Native.Id);
        measured.Activity?.SetTag(Measured.KindTag, kind);
        measured.Name(method);
        return measured;
    }

    /// <summary>Begins to measure how a runtime is made; null if nobody listens.</summary>
    internal static Measured? BeginCreate() =>
        s_createDuration.Enabled || s_source.HasListeners()
            ? new Measured(s_source.StartActivity("isolator.runtime.create"), s_createDuration, null, null)
            : null;

    /// <summary>Begins to measure how a guest image is loaded; null if nobody listens.</summary>
    internal static Measured? BeginLoad() =>
        s_loadDuration.Enabled || s_source.HasListeners()
            ? new Measured(s_source.StartActivity("isolator.host.load"), s_loadDuration, null, null)
            : null;

    /// <summary>Sets a tag of an activity of this library, and of no other.</summary>
    private static void SetTagIf(this Activity activity, string name, IsolatedLimit limit)
    {
        if (ReferenceEquals(activity.Source, s_source))
        {
            activity.SetTag(name, limit.ToString());
        }
    }
}
