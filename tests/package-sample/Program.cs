// Uses both packages as an application does, and says what the library logs.
using System.Diagnostics;
using System.Runtime.InteropServices;
using DotNetIsolator;
using Microsoft.Extensions.Logging;

long start = Stopwatch.GetTimestamp();
using var host = new IsolatedRuntimeHost(new() { Logger = new Lines() }).WithBinDirectoryAssemblyLoader();
TimeSpan loaded = Stopwatch.GetElapsedTime(start);
using var runtime = new IsolatedRuntime(host);
int captured = 40;
int result = runtime.Invoke(() => captured + 2);
Console.WriteLine($"first result after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms, image loaded after {loaded.TotalMilliseconds:F1} ms");

Console.WriteLine($"captured {result}");
Console.WriteLine($"here {RuntimeInformation.OSArchitecture}, inside {runtime.Invoke(() => RuntimeInformation.OSArchitecture.ToString())}");
runtime.RegisterCallback("greet", (string name) => $"hello {name}");
Console.WriteLine(runtime.Invoke(() => DotNetIsolatorHost.Invoke<string>("greet", "host")));

internal sealed class Lines : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel level) => level >= LogLevel.Information;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(level))
        {
            Console.WriteLine($"{level}: {formatter(state, exception)}");
        }
    }
}
