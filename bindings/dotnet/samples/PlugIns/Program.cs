// Loads someone else's assembly into a sandbox. This program neither references it nor loads it into its own process.
using DotNetIsolator;

string folder = Path.Combine(AppContext.BaseDirectory, "plug-ins");

using var host = new IsolatedRuntimeHost().WithAssemblyLoader(name =>
{
    // The name comes from the sandbox: only what is in the folder is given.
    string path = Path.Combine(folder, Path.GetFileName(name) + ".dll");
    if (!File.Exists(path))
    {
        return null;
    }

    Console.WriteLine($"(the sandbox gets {name})");
    return File.ReadAllBytes(path);
});
using var runtime = new IsolatedRuntime(host);

using IsolatedObject greeter = runtime.CreateObject("PlugIns.Greeter", "Greetings", null, "Greeter", ["fr"]);
IsolatedMethod greet = greeter.FindMethod("Greet");
foreach (string name in new[] { "Ada", "Alan" })
{
    Console.WriteLine(greet.Invoke<string, string>(greeter, name));
}

Console.WriteLine($"It greeted {greeter.Invoke<int>("Greeted")} people. {greeter.Invoke<string>("Snoop")}.");

try
{
    runtime.CreateObject("PlugIns.Missing", "Greetings", "Greeter");
}
catch (IsolatedException e)
{
    Console.WriteLine(e.Message);
}
