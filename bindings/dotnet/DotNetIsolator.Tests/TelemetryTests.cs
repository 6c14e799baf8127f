using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What the library tells whoever listens.</summary>
public sealed class TelemetryTests
{
    /// <summary>Set where a test measures, and in what it awaits: other tests run at the same time.</summary>
    private static readonly AsyncLocal<object?> Mine = new();

    [Fact]
    public async Task Calls_are_activities_and_parents_of_what_callbacks_do()
    {
        _ = SharedHost.Instance;
        using var spans = new Spans();
        using var outer = new Activity("outer").Start();
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using var own = new ActivitySource("TelemetryTests");
        runtime.RegisterCallback("next", (int n) =>
        {
            using Activity? inside = own.StartActivity("callback");
            return n + 1;
        });
        IsolatedMethod add = runtime.GetMethod(typeof(Work), nameof(Work.Add));
        Assert.Equal(5, add.Invoke<int, int, int>(null, 2, 3));
        Assert.Equal("3", runtime.GetMethod(typeof(Work), nameof(Work.Ask)).Invoke<int, string>(null, 2));
        IsolatedException e = Assert.Throws<IsolatedException>(() => runtime.GetMethod(typeof(Work), nameof(Work.Fail)).InvokeVoid(null));
        Assert.Equal("secret", e.GuestException?.Message);
        Assert.Same(outer, Activity.Current);
        Task<int> later = runtime.GetMethod(typeof(Work), nameof(Work.LaterAsync)).InvokeAsync<int>(null, 7);
        Assert.Same(outer, Activity.Current);
        Assert.Equal(7, await later);
        Assert.Same(outer, Activity.Current);

        Activity[] seen = spans.Of(outer.TraceId);
        Assert.Equal(
            [
                "isolator.runtime.create", "isolator.call Add numbers", "callback", "isolator.call Ask values", "isolator.call Fail numbers",
                "isolator.call LaterAsync task",
            ],
            seen.Select(Describe));
        Assert.All(seen.Where(s => s.OperationName != "callback"), s => Assert.Equal(outer.SpanId, s.ParentSpanId));
        Assert.Equal(seen[3].SpanId, seen[2].ParentSpanId);
        Assert.All(seen.Where(s => s.OperationName == "isolator.call"), s => Assert.Equal(seen[1].GetTagItem("isolator.runtime.id"), s.GetTagItem("isolator.runtime.id")));
        Assert.Equal((ActivityStatusCode.Error, "GuestException"), (seen[4].Status, seen[4].GetTagItem("error.type")));
        Assert.DoesNotContain(seen[4].TagObjects, tag => tag.Value?.ToString()?.Contains("secret", StringComparison.Ordinal) == true);
        Assert.Equal(ActivityStatusCode.Unset, seen[5].Status);

        static string Describe(Activity a) =>
            string.Join(' ', new[] { a.OperationName, a.GetTagItem("code.function.name"), a.GetTagItem("isolator.call.kind") }.Where(part => part is not null));
    }

    [Fact]
    public void Calls_durations_and_limits_are_counted()
    {
        _ = SharedHost.Instance;
        using var metrics = new Metrics();
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(200) });
        IsolatedMethod add = runtime.GetMethod(typeof(Work), nameof(Work.Add));
        add.Invoke<int, int, int>(null, 2, 3);
        add.Invoke<int, int, int>(null, 2, 3);
        int[] numbers = [1, 2, 3];
        add.InvokeBatch<int, int, int>(numbers, numbers, numbers);
        runtime.GetMethod(typeof(Work), nameof(Work.Bytes)).InvokeRaw(null, [1, 2]);
        Assert.Throws<IsolatedException>(() => runtime.GetMethod(typeof(Work), nameof(Work.Fail)).InvokeVoid(null));
        IsolatedException e = Assert.Throws<IsolatedException>(() => runtime.GetMethod(typeof(Work), nameof(Work.Spin)).InvokeVoid(null));
        Assert.Equal(IsolatedLimit.CallTimeout, e.Limit);

        string[] calls =
        [
            "isolator.call.kind=numbers", "isolator.call.kind=numbers", "isolator.call.kind=batch", "isolator.call.kind=bytes",
            "isolator.call.kind=numbers,error.type=GuestException", "isolator.call.kind=numbers,error.type=Limit",
        ];
        Assert.Equal(calls, metrics.Of("isolator.calls").Select(m => m.Tags));
        Assert.All(metrics.Of("isolator.calls"), m => Assert.Equal(1, m.Value));
        Assert.Equal(calls, metrics.Of("isolator.call.duration").Select(m => m.Tags));
        Assert.InRange(metrics.Of("isolator.call.duration")[^1].Value, 0.2, 60);
        Assert.Equal(["isolator.limit=CallTimeout"], metrics.Of("isolator.limits.hit").Select(m => m.Tags));
        Assert.Single(metrics.Of("isolator.runtime.create.duration"));
        Assert.Equal(
            ["isolator.call.duration s", "isolator.calls {call}", "isolator.limits.hit {hit}", "isolator.runtime.create.duration s"],
            metrics.Units);
    }

    [Fact]
    public void Runtimes_that_live_are_known_to_whoever_asks_later()
    {
        var before = new List<IsolatedRuntime>();
        for (int i = 0; i < 40; i++)
        {
            before.Add(new IsolatedRuntime(SharedHost.Instance));
        }

        using var metrics = new Metrics();
        metrics.Observe();
        double live = metrics.Of("isolator.runtimes").Single().Value;
        Assert.True(live >= 40, $"{live}");
        before.ForEach(runtime => runtime.Dispose());
        using var after = new Metrics();
        after.Observe();

        // Other tests have some as well, though not so many that come and go.
        Assert.InRange(after.Of("isolator.runtimes").Single().Value, 0, live - 20);
    }

    [Fact]
    public void OpenTelemetry_exports_both()
    {
        _ = SharedHost.Instance;
        List<Activity> activities = [];
        List<Metric> exported = [];
        using TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource(IsolatorTelemetry.ActivitySourceName).AddInMemoryExporter(activities).Build();
        using MeterProvider meters = Sdk.CreateMeterProviderBuilder().AddMeter(IsolatorTelemetry.MeterName).AddInMemoryExporter(exported).Build();
        using var outer = new Activity("outer").SetIdFormat(ActivityIdFormat.W3C);
        outer.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        outer.Start();
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        Assert.Equal(5, runtime.GetMethod(typeof(Work), nameof(Work.Add)).Invoke<int, int, int>(null, 2, 3));
        Assert.True(traces.ForceFlush() && meters.ForceFlush());
        Activity[] mine;
        lock (activities)
        {
            mine = [.. activities.Where(a => a.TraceId == outer.TraceId)];
        }

        Assert.Equal(["isolator.runtime.create", "isolator.call"], mine.Select(a => a.OperationName));
        Assert.Equal(
            ["isolator.call.duration", "isolator.calls", "isolator.runtime.create.duration", "isolator.runtimes"],
            exported.Select(m => m.Name).Where(n => n is not "isolator.limits.hit" and not "isolator.host.load.duration").Distinct().Order());
        Assert.Equal(MetricType.Histogram, exported.First(m => m.Name == "isolator.call.duration").MetricType);
    }

    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _all = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is IsolatorTelemetry.ActivitySourceName or "TelemetryTests",
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _all.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity[] Of(ActivityTraceId trace) => [.. _all.Where(a => a.TraceId == trace)];

        public void Dispose() => _listener.Dispose();
    }

    private sealed record Measurement(string Name, double Value, string Tags);

    private sealed class Metrics : IDisposable
    {
        private readonly ConcurrentQueue<Measurement> _all = new();
        private readonly ConcurrentDictionary<string, string?> _units = new();
        private readonly MeterListener _listener = new();

        public Metrics()
        {
            Mine.Value = this;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == IsolatorTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public IEnumerable<string> Units => _units.Select(u => $"{u.Key} {u.Value}").Order();

        public void Observe() => _listener.RecordObservableInstruments();

        public Measurement[] Of(string name) => [.. _all.Where(m => m.Name == name)];

        public void Dispose()
        {
            _listener.Dispose();
            Mine.Value = null;
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Mine.Value == this)
            {
                _all.Enqueue(new Measurement(instrument.Name, value, string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
                _units[instrument.Name] = instrument.Unit;
            }
        }
    }

    private static class Work
    {
        public static int Add(int a, int b) => a + b;

        public static string Ask(int n) => DotNetIsolatorHost.Invoke<int>("next", n).ToString();

        public static byte[] Bytes(byte[] bytes) => bytes;

        public static void Fail() => throw new InvalidOperationException("secret");

        public static async Task<int> LaterAsync(int n)
        {
            await Task.Delay(5);
            return n;
        }

        public static void Spin()
        {
            while (true)
            {
            }
        }
    }
}
