// One process, 100 tenants, each in a runtime of its own: state that none of the others sees, and one that misbehaves.
using System.Diagnostics;
using DotNetIsolator;

const int Count = 100;
using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();

var watch = Stopwatch.StartNew();
var tenants = Enumerable.Range(0, Count).Select(number => new Tenant(host, number)).ToList();
Console.Error.WriteLine($"{Count} runtimes in {watch.ElapsedMilliseconds} ms");

watch.Restart();
for (int round = 0; round < 3; round++)
{
    // Runtimes are independent: each may run on a thread of its own.
    Parallel.ForEach(tenants, tenant => tenant.Work());
}

Console.Error.WriteLine($"{3 * Count} requests in {watch.ElapsedMilliseconds} ms");

int right = tenants.Count(tenant => tenant.Total() == 3 * tenant.Number);
Console.WriteLine($"{right} tenants have what is theirs");

// One of them brings its runtime down. The others do not notice.
try
{
    tenants[13].Fail();
}
catch (IsolatedException e)
{
    Console.WriteLine($"tenant 13 is gone ({e.Kind})");
}

Console.WriteLine($"{tenants.Count(tenant => tenant.IsAlive())} tenants go on");
foreach (Tenant tenant in tenants)
{
    tenant.Dispose();
}

internal sealed class Tenant(IsolatedRuntimeHost host, int number) : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(host);
    private IsolatedObject? _ledger;

    public int Number { get; } = number;

    private IsolatedObject Ledger => _ledger ??= _runtime.CreateObject<Ledger>();

    public void Work() => Ledger.InvokeVoid("Add", Number);

    public int Total() => Ledger.Invoke<int>("Total");

    public void Fail() => _runtime.Invoke(() => Environment.FailFast("out of order"));

    public bool IsAlive()
    {
        try
        {
            return Total() >= 0;
        }
        catch (IsolatedException e) when (e.IsFatal)
        {
            return false;
        }
    }

    public void Dispose() => _runtime.Dispose();
}

internal sealed class Ledger
{
    private static readonly List<int> s_entries = [];

    public void Add(int amount) => s_entries.Add(amount);

    public int Total() => s_entries.Sum();
}
