// Its lambdas are code of its own assembly, which was compiled ahead with it.
using DotNetIsolator;

using var host = new IsolatedRuntimeHost(new() { Compiled = CompiledCode.Auto }).WithBinDirectoryAssemblyLoader();
using var runtime = new IsolatedRuntime(host);
int limit = 1000;
long sum = runtime.Invoke(() =>
{
    long sum = 0;
    for (int number = 0; number < limit; number++)
    {
        sum += PlugIn.Rule.Weight(number);
    }

    return sum;
});
Console.WriteLine($"{sum}, with {runtime.GetUsage().CompiledAssemblies} assemblies compiled");
