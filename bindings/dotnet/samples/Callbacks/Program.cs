// Guest code calls functions that its host has registered, and nothing else.
using DotNetIsolator;

using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
using var runtime = new IsolatedRuntime(host);

var stock = new Dictionary<string, int> { ["lamp"] = 3, ["chair"] = 0 };
runtime.RegisterCallback("add", (int a, int b) => a + b);
runtime.RegisterCallback("hostTime", () => DateTime.Now);
runtime.RegisterCallback("inStock", (string item) => stock[item]);
runtime.RegisterCallback("log", (string line) => Console.WriteLine($"the guest says: {line}"));

runtime.Invoke(() =>
{
    DotNetIsolatorHost.Invoke("log", $"123 + 456 = {DotNetIsolatorHost.Invoke<int>("add", 123, 456)}");
    DotNetIsolatorHost.Invoke("log", $"lamps: {DotNetIsolatorHost.Invoke<int>("inStock", "lamp")}");
    try
    {
        DotNetIsolatorHost.Invoke<int>("inStock", "table");
    }
    catch (HostCallException e)
    {
        // What went wrong on the host's side stays there.
        DotNetIsolatorHost.Invoke("log", e.Message);
    }
});

DateTime seen = runtime.Invoke(() => DotNetIsolatorHost.Invoke<DateTime>("hostTime"));
Console.WriteLine((DateTime.Now - seen).Duration() < TimeSpan.FromMinutes(1) ? "the guest's clock is right" : $"the guest saw {seen:O}");
