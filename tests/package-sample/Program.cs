// Uses both packages as an application does.
using System.Runtime.InteropServices;
using DotNetIsolator;

using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
using var runtime = new IsolatedRuntime(host);

int captured = 40;
Console.WriteLine($"here {RuntimeInformation.OSArchitecture}, inside {runtime.Invoke(() => RuntimeInformation.OSArchitecture.ToString())}");
Console.WriteLine($"captured {runtime.Invoke(() => captured + 2)}");
runtime.RegisterCallback("greet", (string name) => $"hello {name}");
Console.WriteLine(runtime.Invoke(() => DotNetIsolatorHost.Invoke<string>("greet", "host")));
