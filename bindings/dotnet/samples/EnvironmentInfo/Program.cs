// Runs one and the same function here and in a sandbox.
using System.Runtime.InteropServices;
using DotNetIsolator;

using var host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
using var runtime = new IsolatedRuntime(host, new() { StandardOutput = IsolatedOutput.Inherit });

Console.WriteLine($"Here:   {Describe()}");
Console.WriteLine($"Inside: {runtime.Invoke(Describe)}");

runtime.Invoke(() => Console.WriteLine($"Printed from inside, on {RuntimeInformation.OSArchitecture}"));

static Surroundings Describe() => new(
    RuntimeInformation.OSArchitecture.ToString(),
    Environment.GetEnvironmentVariables().Count,
    Environment.GetEnvironmentVariable("PATH") is null ? "no PATH" : "a PATH",
    File.Exists("/etc/passwd"));

// A type of this program: the sandbox makes one, and this side gets a copy.
internal sealed record Surroundings(string Architecture, int Variables, string Path, bool SeesFiles)
{
    public override string ToString() => $"{Architecture}, {Variables} environment variables, {Path}, files {(SeesFiles ? "visible" : "invisible")}";
}
