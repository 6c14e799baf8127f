// Measures the C# library, one JSON object a line: {"name":…,"unit":"ns","min":…,"median":…,"p10":…,"p90":…,"samples":…,"target":…}.
// A sample is the mean of a batch; targets are nanoseconds, absent where there is none. An argument is a part of the names of the rows that are wanted;
// with --first it prints how long this process waits for its first call.
using System.Diagnostics;
using System.Globalization;
using DotNetIsolator;

if (args is ["--first"])
{
    // What a process waits for the first time: the library and the image are loaded, and a first call is made. Nanoseconds.
    var watch = Stopwatch.StartNew();
    using var first = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
    using var runtime = new IsolatedRuntime(first);
    Check(runtime.GetMethod(typeof(Math), "Abs", [typeof(int)]).Invoke<int, int>(null, -1) == 1);
    double waited = watch.Elapsed.TotalNanoseconds;

    // What would tell listeners is not made where there is none: it takes longer than the call.
    Check(AppDomain.CurrentDomain.GetAssemblies().All(assembly => assembly.GetName().Name != "System.Diagnostics.DiagnosticSource"));
    Console.WriteLine(waited.ToString("F0", CultureInfo.InvariantCulture));
    return;
}

string only = args.Length > 0 ? args[0] : string.Empty;
using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();

Row("csharp/fresh runtime", 200, 1, 0, () =>
{
    using var runtime = new IsolatedRuntime(host);
});
Row("csharp/fresh runtime + int to int of the base class library", 200, 1, 300_000, () =>
{
    using var runtime = new IsolatedRuntime(host);
    runtime.GetMethod(typeof(Math), "Abs", [typeof(int)]).Invoke<int, int>(null, -1);
});
Row("csharp/fresh runtime + lambda, its assembly loaded for it (cold)", 100, 1, 5_000_000, () =>
{
    using var runtime = new IsolatedRuntime(host);
    runtime.Invoke(static () => 5);
});

using (var prepared = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: true))
{
    Row("csharp/fresh runtime + lambda, in a warm host", 200, 1, 150_000, () =>
    {
        using var runtime = new IsolatedRuntime(prepared);
        Check(runtime.Invoke(static () => 5) == 5);
    }, key: "csharp_warm_lambda_us");
}

Func<int> ran = static () => 5;
using (var prepared = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader(warm: true).WithWarmRuntimes(first => first.Invoke(ran)))
{
    Row("csharp/fresh runtime + lambda, in a warm host whose preparation ran it", 200, 1, 150_000, () =>
    {
        using var runtime = new IsolatedRuntime(prepared);
        Check(runtime.Invoke(ran) == 5);
    }, key: "csharp_warm_lambda_that_ran_us");
}

// Loading the assembly is part of it; the two forms are told by the rest.
Row("csharp/prepare a runtime, its assembly loaded for it, and make a snapshot of it", 20, 1, 200_000_000, () => Prepared(SnapshotForm.Mapped).Dispose(), key: "csharp_snapshot_ms", warmUp: 4);
Row("csharp/the same, and make a delta of it", 100, 1, 0, () => Prepared(SnapshotForm.Delta).Dispose(), key: "csharp_snapshot_delta_us");
foreach ((SnapshotForm form, string what, string key) in new[]
{
    (SnapshotForm.Mapped, "a snapshot", "csharp_from_snapshot_us"),
    (SnapshotForm.Delta, "a delta", "csharp_from_delta_us"),
})
{
    using AppSnapshot snapshot = Prepared(form);
    var options = new IsolatedRuntimeOptions { Snapshot = snapshot };
    Row($"csharp/fresh runtime from {what} + int to int of a method that it kept", 200, 1, 0, () =>
    {
        using var runtime = new IsolatedRuntime(host, options);
        Check(runtime.Kept<IsolatedMethod>("add").Invoke<int, int>(null, 4) == 5);
    }, key: key);
}

using var warm = new IsolatedRuntime(host);
IsolatedMethod add = warm.GetMethod(typeof(Work), nameof(Work.Increment));
int number = 0;
Row("csharp/int to int through IsolatedMethod.Invoke", 300, 1_000, 600, () => number = add.Invoke<int, int>(null, number));
Check(number > 0 || only.Length > 0);

int[] elements = new int[10_000];
Row("csharp/element of a batch of int to int", 100, 1, 42, () => add.InvokeBatch(elements, elements), elements.Length);
Check((elements[0] > 1 && elements[0] == elements[^1]) || only.Length > 0);

using IsolatedObject target = warm.CreateObject<Work>();
Row("csharp/int to int by name on an object", 100, 2_000, 0, () => target.Invoke<int, int>("OfObject", 5));
Row("csharp/lambda without captures", 100, 500, 0, () => warm.Invoke(static () => 5));
int captured = 7;
Func<int> closure = () => captured;
Row("csharp/lambda with a captured int", 100, 200, 0, () => warm.Invoke(closure));
IsolatedMethod upper = warm.GetMethod(typeof(Work), nameof(Work.Upper));
Row("csharp/string to string", 100, 500, 0, () => upper.Invoke<string, string>(null, "hello world"));
IsolatedMethod order = warm.GetMethod(typeof(Work), nameof(Work.Double));
var sample = new Order(1, "lamp", 2.5, true, DateTime.UnixEpoch);
Row("csharp/record of five members there and back", 100, 200, 0, () => order.Invoke<Order, Order>(null, sample));

IsolatedMethod numbers = warm.GetMethod(typeof(Work), nameof(Work.Numbers));
double[] doubles = new double[32];
Row("csharp/double[32] there and back", 100, 500, 3_000, () => numbers.Invoke<double[], double[]>(null, doubles));
IsolatedMethod points = warm.GetMethod(typeof(Work), nameof(Work.Points));
Point[] thousand = new Point[1000];
Row("csharp/1,000 structs of three floats there and back", 100, 20, 100_000, () => points.Invoke<Point[], Point[]>(null, thousand));
IsolatedMethod list = warm.GetMethod(typeof(Work), nameof(Work.List));
List<Order> orders = [.. Enumerable.Repeat(0, 100).Select(i => sample with { Id = i })];
Row("csharp/list of 100 records there and back", 50, 5, 0, () => list.Invoke<List<Order>, List<Order>>(null, orders));

warm.RegisterCallback("next", (int n) => n + 1);
IsolatedMethod callbacks = warm.GetMethod(typeof(Work), nameof(Work.Callbacks));
const int Calls = 1000;
Row("csharp/callback int to int", 100, 2, 3_000, () => Check(callbacks.Invoke<int, int>(null, Calls) == Calls), Calls);

AppSnapshot Prepared(SnapshotForm form) => host.Snapshot(
    static runtime =>
    {
        IsolatedMethod increment = runtime.GetMethod(typeof(Work), nameof(Work.Increment));
        Check(increment.Invoke<int, int>(null, 1) == 2);
        runtime.Keep("add", increment);
    },
    form: form);

static void Check(bool fine)
{
    if (!fine)
    {
        throw new InvalidOperationException("the guest computed something else");
    }
}

void Row(string name, int samples, int batch, double target, Action action, int perAction = 1, string? key = null, int warmUp = 60)
{
    if (!name.Contains(only, StringComparison.Ordinal))
    {
        return;
    }

    // Tiered compilation has done its work after this many calls, and has had the time for it.
    for (int i = 0; i < warmUp; i++)
    {
        action();
    }

    Thread.Sleep(200);
    for (int i = 0; i < warmUp / 2; i++)
    {
        action();
    }

    double[] times = new double[samples];
    for (int i = 0; i < samples; i++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int n = 0; n < batch; n++)
        {
            action();
        }

        times[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / batch / perAction;
    }

    Array.Sort(times);
    string of = target > 0 ? string.Create(CultureInfo.InvariantCulture, $",\"target\":{target:F0}") : string.Empty;
    string keyed = key is null ? string.Empty : $",\"key\":\"{key}\"";
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"name\":\"{name}\"{keyed},\"unit\":\"ns\",\"min\":{times[0]:F1},\"median\":{times[samples / 2]:F1},\"p10\":{times[samples / 10]:F1},\"p90\":{times[samples * 9 / 10]:F1},\"samples\":{samples}{of}}}"));
}

internal readonly record struct Point(float X, float Y, float Z);

internal sealed record Order(int Id, string Item, double Price, bool Paid, DateTime When);

internal sealed class Work
{
    public static int Increment(int value) => value + 1;

    public static string Upper(string text) => text.ToUpperInvariant();

    public static Order Double(Order order) => order with { Price = order.Price * 2 };

    public static double[] Numbers(double[] values) => values;

    public static Point[] Points(Point[] values) => values;

    public static List<Order> List(List<Order> values) => values;

    public static int Callbacks(int count)
    {
        int value = 0;
        for (int i = 0; i < count; i++)
        {
            value = DotNetIsolatorHost.Invoke<int>("next", value);
        }

        return value;
    }

    public int OfObject(int value) => value + 1;
}
