using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What a runtime is given, and how a host is part of an application.</summary>
public sealed class OptionTests
{
    [Fact]
    public void By_default_there_is_nothing()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        Assert.Equal(
            "0 variables, no /etc, / , UTC",
            runtime.Invoke(() => $"{Environment.GetEnvironmentVariables().Count} variables, {(Directory.Exists("/etc") ? "an" : "no")} /etc, "
                + $"{Environment.CurrentDirectory} {System.Globalization.CultureInfo.CurrentCulture.Name}, {TimeZoneInfo.Local.Id}"));
    }

    [Fact]
    public void Output_goes_nowhere_by_default()
    {
        var options = new IsolatedRuntimeOptions();
        Assert.Equal((IsolatedOutput.Discard, IsolatedOutput.Discard), (options.StandardOutput, options.StandardError));
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        Assert.Equal(7, runtime.Invoke(() =>
        {
            Console.WriteLine("seen by nobody");
            return 7;
        }));
        Assert.Equal(string.Empty, runtime.GetStandardOutput());
    }

    [Theory]
    [InlineData("xx-YY", "xx-YY", typeof(IsolatedException))]
    [InlineData("dee-CH", "de-CH", typeof(IsolatedException))]
    [InlineData("../../etc/passwd", "../../etc/passwd", typeof(ArgumentException))]
    [InlineData("de\u202eCH", "\\u202e", typeof(ArgumentException))]
    public void A_culture_that_is_not_there_is_named_before_guest_code_runs(string name, string expected, Type error)
    {
        Exception e = Assert.Throws(error, () =>
        {
            using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { Culture = name });
            runtime.Invoke(() => 1);
        });
        Assert.Contains("culture", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Europe/Zurick", "Europe/Zurich", typeof(IsolatedException))]
    [InlineData("../../etc/passwd", "../../etc/passwd", typeof(ArgumentException))]
    public void A_time_zone_that_is_not_there_is_named_before_guest_code_runs(string name, string expected, Type error)
    {
        Exception e = Assert.Throws(error, () =>
        {
            using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { TimeZone = name });
            runtime.Invoke(() => 1);
        });
        Assert.Contains("time zone", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_granted_is_there()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "in.txt"), "from outside");
            var options = new IsolatedRuntimeOptions
            {
                Directories = { new IsolatedDirectory(folder.FullName, "/data", Writable: true) },
                Environment = { ["MODE"] = "test" },
                Arguments = { "--verbose", "7" },
                WorkingDirectory = "/data",
                Culture = "de-CH",
                TimeZone = "Europe/Zurich",
                StandardInput = "a line\n"u8.ToArray(),
                StandardOutput = IsolatedOutput.Capture,
                StandardError = IsolatedOutput.Capture,
            };
            using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
            runtime.Invoke(() =>
            {
                Console.WriteLine($"{File.ReadAllText("in.txt")}, {Environment.GetEnvironmentVariable("MODE")}, {Environment.GetCommandLineArgs()[^1]}");
                Console.WriteLine($"{System.Globalization.CultureInfo.CurrentCulture.Name}, {TimeZoneInfo.Local.Id}, {Console.ReadLine()}");
                Console.Error.WriteLine("an error");
                File.WriteAllText("/data/out.txt", "from inside");
            });
            Assert.Equal("from outside, test, 7\nde-CH, Europe/Zurich, a line\n", runtime.GetStandardOutput());
            Assert.Equal("an error\n", runtime.GetStandardError());
            Assert.Equal("from inside", File.ReadAllText(Path.Combine(folder.FullName, "out.txt")));
            runtime.Invoke(() => Console.Write("more"));
            Assert.EndsWith("a line\nmore", runtime.GetStandardOutput(), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_directory_is_read_only_unless_it_is_said()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("isolator");
        try
        {
            var options = new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory(folder.FullName, "/data") } };
            using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
            Assert.Throws<IsolatedException>(() => runtime.Invoke(() => File.WriteAllText("/data/out.txt", "x")));
            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_heap_has_a_limit()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { HeapLimit = 32 << 20 });
        Assert.ThrowsAny<IsolatedException>(() => runtime.Invoke(() =>
        {
            var all = new List<byte[]>();
            for (int i = 0; i < 100; i++)
            {
                all.Add(new byte[1 << 20]);
            }

            return all.Count;
        }));
    }

    [Fact]
    public void A_call_that_takes_too_long_is_stopped()
    {
        var options = new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(200) };
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        Assert.Equal(1, runtime.Invoke(() => 1));
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(Forever));
        Assert.Equal((IsolatedErrorKind.Limit, IsolatedLimit.CallTimeout, true), (e.Kind, e.Limit, e.IsFatal));
        Assert.Equal(IsolatedErrorKind.Dead, Assert.Throws<IsolatedException>(() => runtime.Invoke(() => 1)).Kind);
    }

    [Fact]
    public void Processor_time_and_memory_have_limits()
    {
        using var busy = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallCpuTime = TimeSpan.FromMilliseconds(100) });
        Assert.Equal(IsolatedLimit.CallCpuTime, Assert.Throws<IsolatedException>(() => busy.Invoke(Forever)).Limit);
        using var greedy = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { MemoryLimit = 32 << 20, StandardError = IsolatedOutput.Discard });
        var e = Assert.ThrowsAny<IsolatedException>(() => greedy.Invoke(() =>
        {
            var all = new List<byte[]>();
            while (true)
            {
                all.Add(new byte[1 << 20]);
            }
        }));
        Assert.True(e.Limit == IsolatedLimit.Memory || e.GuestException?.TypeName == "System.OutOfMemoryException", e.ToString());
    }

    [Fact]
    public void Other_limits_go_by_their_names()
    {
        var options = new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Callbacks] = 2, [IsolatedLimit.CallTimeout] = IsolatedRuntimeOptions.NoLimit } };
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        runtime.RegisterCallback("next", (int n) => n + 1);
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                DotNetIsolatorHost.Invoke<int>("next", i);
            }
        }));
        Assert.True(e.Limit == IsolatedLimit.Callbacks || e.GuestException is not null, e.ToString());
        Assert.ThrowsAny<ArgumentException>(() => new IsolatedRuntime(
            SharedHost.Instance, new IsolatedRuntimeOptions { Limits = { [(IsolatedLimit)999] = 1 } }));
    }

    [Fact]
    public void Output_beyond_its_limit_ends_the_call_or_is_dropped()
    {
        IsolatedRuntimeOptions Limited(ulong truncates) => new()
        {
            StandardOutput = IsolatedOutput.Capture,
            Limits = { [IsolatedLimit.Output] = 5, [IsolatedLimit.OutputTruncates] = truncates },
        };
        using var failing = new IsolatedRuntime(SharedHost.Instance, Limited(0));
        Assert.Equal(IsolatedLimit.Output, Assert.Throws<IsolatedException>(() => failing.Invoke(() => Console.Write("0123456789"))).Limit);
        using var truncating = new IsolatedRuntime(SharedHost.Instance, Limited(1));
        truncating.Invoke(() => Console.Write("0123456789"));
        Assert.Equal("01234", truncating.GetStandardOutput());
        Assert.Contains("0 or 1", Assert.ThrowsAny<ArgumentException>(() => new IsolatedRuntime(SharedHost.Instance, Limited(2))).Message);
    }

    [Fact]
    public void What_a_runtime_used_is_told_before_and_after_its_end()
    {
        var options = new IsolatedRuntimeOptions
        {
            StandardOutput = IsolatedOutput.Discard,
            CallTimeout = TimeSpan.FromMilliseconds(500),
            Limits = { [IsolatedLimit.MeasuresCpuTime] = 1 },
        };
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        runtime.RegisterCallback("same", (int n) => n);
        runtime.Invoke(() => Console.Write(new string('x', DotNetIsolatorHost.Invoke<int>("same", 1000))));
        IsolatedRuntimeUsage before = runtime.GetUsage();
        Assert.Equal((1000, 1, 0, 0UL), (before.OutputBytes, before.HostCalls, before.FileBytes, before.Fuel));
        Assert.True(before.Calls > 0 && before.BytesIn > 0 && before.BytesOut > 0 && before.CpuTime > TimeSpan.Zero, before.ToString());
        Assert.Throws<IsolatedException>(() => runtime.Invoke(Forever));
        IsolatedRuntimeUsage after = runtime.GetUsage();
        Assert.True(after.WallTime > before.WallTime && after.CpuTime > before.CpuTime, $"{before} {after}");
        Assert.Equal(after.WallTime, runtime.GetUsage().WallTime);
    }

    [Fact]
    public void Times_may_be_infinite_or_longer_than_any_clock_and_not_negative()
    {
        foreach (TimeSpan time in new[] { Timeout.InfiniteTimeSpan, TimeSpan.MaxValue, TimeSpan.FromDays(300_000) })
        {
            using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = time, Lifetime = time });
            Assert.Equal(3, runtime.Invoke(() => 3));
        }

        Assert.Throws<ArgumentOutOfRangeException>(
            () => new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { MemoryLimit = -1 }));
    }

    [Fact]
    public async Task A_runtime_is_stopped_from_another_thread()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        Task call = Task.Run(() => runtime.Invoke(Forever));
        await Task.Delay(200);
        runtime.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.ThrowsAny<Exception>(() => runtime.Invoke(() => 1));
    }

    private static void Forever()
    {
        for (int i = 0; ; i++)
        {
            if (i < 0)
            {
                i = 0;
            }
        }
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused()
    {
        var options = new IsolatedRuntimeOptions { Directories = { new IsolatedDirectory("/no/such/directory", "/data") } };
        Assert.ThrowsAny<Exception>(() => new IsolatedRuntime(SharedHost.Instance, options));
        var e = Assert.Throws<IsolatedException>(() => new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { GuestDirectory = "/no/such/guest" }));
        Assert.Equal(IsolatedErrorKind.Host, e.Kind);
    }

    [Fact]
    public void The_host_knows_its_dotnet() => Assert.Matches(@"^\d+\.\d+\.\d+", SharedHost.Instance.DotNetVersion);

    [Fact]
    public void Loaders_are_asked_in_their_order()
    {
        var asked = new ConcurrentQueue<string>();
        using var host = new IsolatedRuntimeHost()
            .WithAssemblyLoader(name =>
            {
                asked.Enqueue($"first {name}");
                return null;
            })
            .WithAssemblyLoader(name =>
            {
                asked.Enqueue($"second {name}");
                return File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"));
            })
            .WithAssemblyLoader(_ => throw new InvalidOperationException("is not asked"));
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal(5, runtime.Invoke(() => 5));
        string own = typeof(OptionTests).Assembly.GetName().Name!;
        Assert.Equal([$"first {own}", $"second {own}"], asked.Take(2));
    }

    [Fact]
    public void The_host_is_a_service_and_logs_as_the_application_does()
    {
        var lines = new ConcurrentQueue<string>();
        using ServiceProvider services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new Lines(lines)))
            .AddIsolatedRuntimeHost(options => options.MaxRuntimes = 8)
            .BuildServiceProvider();
        var host = services.GetRequiredService<IsolatedRuntimeHost>();
        Assert.Same(host, services.GetRequiredService<IsolatedRuntimeHost>());
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("fails", new Action(() => throw new InvalidOperationException("the truth")));
        Assert.ThrowsAny<IsolatedException>(() => runtime.Invoke(() => DotNetIsolatorHost.Invoke("fails")));
        Assert.Contains(lines, l => l.Contains("Error", StringComparison.Ordinal) && l.Contains("fails", StringComparison.Ordinal) && l.Contains("the truth", StringComparison.Ordinal));
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Line(lines, categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class Line(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{category} {logLevel}: {formatter(state, exception)} {exception}");
    }
}
