using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What guest code may try on this process by way of callbacks, loaders, results and output.</summary>
public sealed class HostileGuestTests
{
    [Fact]
    public void A_logger_that_throws_ends_neither_a_callback_nor_a_loader()
    {
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = new ThrowingLogger() })
            .WithBinDirectoryAssemblyLoader()
            .WithAssemblyLoader(_ => throw new UnspeakableException());
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("fails", new Action<int, int>((_, _) => throw new InvalidOperationException("no")));
        runtime.RegisterCallback("fails at once", new Func<int, int, Task>((_, _) => throw new InvalidOperationException("no")));
        runtime.RegisterCallback("fails later", async (int _, int _) =>
        {
            await Task.Delay(5);
            throw new InvalidOperationException("no");
        });
        Assert.Equal("caught", runtime.Invoke(() => Caught("fails")));
        Assert.Equal("caught", runtime.Invoke(() => Caught("fails at once")));
        Assert.Equal("caught", runtime.Invoke(() => Caught("fails later")));
        var e = Assert.Throws<IsolatedException>(() => runtime.GetMethod("No.Such.Assembly", "N", null, "C", "M"));
        Assert.Equal(IsolatedErrorKind.AssemblyNotFound, e.Kind);
        Assert.Equal(1, runtime.Invoke(() => 1));
    }

    [Fact]
    public async Task An_exception_that_cannot_be_described_ends_a_callback_as_any_other()
    {
        var lines = new CountingLogger();
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = lines, CallbackErrorDetails = true }).WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("fails", new Action<int, int>((_, _) => throw new UnspeakableException()));
        runtime.RegisterCallback("fails later", async () =>
        {
            await Task.Delay(5);
            throw new UnspeakableException();
        });
        Assert.Equal("caught", runtime.Invoke(() => Caught("fails")));
        Assert.Equal("caught", await runtime.InvokeAsync(() => CaughtAsync("fails later")));
        Assert.Equal(2, lines.Lines.Count(l => l.StartsWith("The callback 'fails", StringComparison.Ordinal) && l.Contains(nameof(UnspeakableException), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_damaged_image_is_the_guests_affair()
    {
        byte[] image = File.ReadAllBytes(typeof(DotNetIsolatorHost).Assembly.Location);
        using (var whole = new PEReader(new MemoryStream(image)))
        {
            // The number of the metadata's streams, after a version of twelve characters.
            BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(whole.PEHeaders.MetadataStartOffset + 30), -1);
        }

        // Not one of the exceptions that one expects of a reader of files.
        using var damaged = new PEReader(new MemoryStream(image));
        Assert.Throws<OverflowException>(() => damaged.GetMetadataReader());
        using var host = new IsolatedRuntimeHost().WithAssemblyLoader(_ => image);
        using var runtime = new IsolatedRuntime(host, new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Discard });
        Assert.ThrowsAny<IsolatedException>(() => runtime.GetMethod("Damaged", "N", null, "C", "M"));
        Assert.NotNull(runtime.GetMethod(typeof(Math), "Max", [typeof(int), typeof(int)]));
    }

    [Fact]
    public async Task Calls_that_a_guest_gave_up_count_until_the_host_is_done_with_them()
    {
        using IsolatedRuntimeHost host = Quiet();
        using var runtime = new IsolatedRuntime(host);
        var active = new ConcurrentBag<TaskCompletionSource>();
        bool answers = false;
        runtime.RegisterCallback("never", () =>
        {
            var source = new TaskCompletionSource();
            if (answers)
            {
                source.SetResult();
            }
            else
            {
                active.Add(source);
            }

            return source.Task;
        });
        await runtime.InvokeAsync(() => StartAndCancel("never", 20_000));
        Assert.Equal(10_000, active.Count);
        Assert.Equal("caught", await runtime.InvokeAsync(() => CaughtAsync("never")));

        // Others are not concerned, and what is done makes room.
        answers = true;
        using (var other = new IsolatedRuntime(host))
        {
            other.RegisterCallback("never", () => Task.CompletedTask);
            Assert.Equal("nothing", await other.InvokeAsync(() => CaughtAsync("never")));
        }

        foreach (TaskCompletionSource source in active)
        {
            source.SetResult();
        }

        Assert.Equal("nothing", await runtime.InvokeAsync(() => CaughtAsync("never")));
    }

    [Fact]
    public void Calls_that_replace_each_other_count_as_well()
    {
        using IsolatedRuntimeHost host = Quiet();
        using var runtime = new IsolatedRuntime(host);
        int active = 0;
        runtime.RegisterCallback("never", () =>
        {
            active++;
            return new TaskCompletionSource().Task;
        });
        runtime.Invoke(() => StartUnderOneNumber(12_000));
        Assert.Equal(10_000, active);
    }

    [Fact]
    public async Task Arguments_of_calls_that_a_guest_gave_up_count_as_well()
    {
        var options = new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Buffers] = 10 << 20 } };
        using IsolatedRuntimeHost host = Quiet();
        using var runtime = new IsolatedRuntime(host, options);
        int active = 0;
        runtime.RegisterCallback("never", (byte[] bytes) =>
        {
            active++;
            return new TaskCompletionSource<int>().Task;
        });
        await runtime.InvokeAsync(async () =>
        {
            byte[] bytes = new byte[1 << 20];
            for (int i = 0; i < 50; i++)
            {
                using var cancel = new CancellationTokenSource();
                Task call = DotNetIsolatorHost.InvokeAsync<int>("never", cancel.Token, (object)bytes);
                cancel.Cancel();
                await Quietly(call);
            }
        });
        Assert.InRange(active, 1, 10);
    }

    [Fact]
    public async Task A_callback_is_told_that_the_guest_gave_up()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        int active = 0;
        runtime.RegisterCallback("wait", async (string text, CancellationToken cancellation) =>
        {
            Interlocked.Increment(ref active);
            try
            {
                await Task.Delay(text == "never" ? Timeout.Infinite : 10, cancellation);
                return text.Length;
            }
            finally
            {
                Interlocked.Decrement(ref active);
            }
        });
        await runtime.InvokeAsync(() => StartAndCancel("wait", 100, "never"));
        for (int i = 0; i < 500 && Volatile.Read(ref active) > 0; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(0, active);
        Assert.Equal(4, await runtime.InvokeAsync(() => DotNetIsolatorHost.InvokeAsync<int>("wait", "text")));

        // A runtime that ends gives all up.
        runtime.Invoke(() => { _ = DotNetIsolatorHost.InvokeAsync<int>("wait", "never"); });
        Assert.Equal(1, active);
        runtime.Dispose();
        for (int i = 0; i < 500 && Volatile.Read(ref active) > 0; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(0, active);
    }

    [Fact]
    public void Failures_of_callbacks_and_loaders_do_not_flood_the_log()
    {
        var lines = new CountingLogger();
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = lines })
            .WithBinDirectoryAssemblyLoader()
            .WithAssemblyLoader(name => throw new InvalidOperationException($"what is {name}?"));
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("one", (int a) => a);
        long start = Environment.TickCount64;
        runtime.Invoke(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                Caught("one");
            }
        });
        long seconds = 2 + ((Environment.TickCount64 - start) / 1000);
        int callbacks = lines.Lines.Count(l => l.Contains("callback 'one'", StringComparison.Ordinal));
        Assert.InRange(callbacks, 1, 100 * seconds);
        Assert.InRange(lines.Lines.Count(l => l.Contains("not logged", StringComparison.Ordinal)), 1, 2 * seconds);
        start = Environment.TickCount64;
        runtime.Invoke(() =>
        {
            for (int i = 0; i < 3000; i++)
            {
                Type.GetType($"C, Invented{i}");
            }
        });
        seconds = 2 + ((Environment.TickCount64 - start) / 1000);
        Assert.InRange(lines.Lines.Count(l => l.Contains("'Invented", StringComparison.Ordinal)), 1, 100 * seconds);

        // The reason is known for what failed lately, and not for all that ever did.
        Assert.Contains("what is Invented2999?", host.Assemblies.Refusal("Invented2999"), StringComparison.Ordinal);
        Assert.Equal(1000, Enumerable.Range(0, 3000).Count(i => host.Assemblies.Refusal($"Invented{i}") is not null));
    }

    [Fact]
    public async Task What_a_key_here_refuses_is_a_value_that_cannot_be_read()
    {
        // Its constructor, which refuses the value here, is not run; its hash code must be asked for.
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        Assert.Equal(-1, runtime.Invoke(() => new Picky(-1)).Value);
        var e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => new HashSet<Picky> { new(-1) }));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.IsType<ArgumentOutOfRangeException>(e.InnerException);
        e = await Assert.ThrowsAsync<IsolatedException>(() => runtime.InvokeAsync(async () =>
        {
            await Task.Yield();
            return new HashSet<Picky> { new(-1) };
        }));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.Equal(7, runtime.Invoke(() => new HashSet<Picky> { new(7) }).Single().Value);
    }

    [Fact]
    public void Captured_output_has_an_end_however_often_it_is_read()
    {
        const int Most = 64 << 20;
        using var runtime = new IsolatedRuntime(SharedHost.Instance, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });
        for (int round = 0; round < 3; round++)
        {
            runtime.Invoke(() =>
            {
                using Stream output = Console.OpenStandardOutput();
                byte[] bytes = new byte[1 << 20];
                bytes.AsSpan().Fill((byte)'x');
                for (int i = 0; i < 40; i++)
                {
                    output.Write(bytes);
                }
            });
            Assert.Equal(Math.Min(Most, (round + 1) * (40 << 20)), runtime.GetStandardOutput().Length);
        }
    }

    [Fact]
    public void Forgotten_hosts_are_collected()
    {
        WeakReference[] parts = Forget(4);
        for (int i = 0; i < 50 && parts.Any(p => p.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
        }

        Assert.DoesNotContain(parts, p => p.IsAlive);
    }

    /// <summary>What keeps the assemblies' source alive is the native host alone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Forget(int count)
    {
        var parts = new List<WeakReference>();
        for (int i = 0; i < count; i++)
        {
            var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { MaxRuntimes = 1 }).WithBinDirectoryAssemblyLoader();
            var runtime = new IsolatedRuntime(host);
            runtime.RegisterCallback("self", () => host.LiveRuntimes);
            Assert.Equal(1, runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("self")));
            parts.Add(new WeakReference(host));
            parts.Add(new WeakReference(host.Assemblies));
        }

        return [.. parts];
    }

    private static IsolatedRuntimeHost Quiet() =>
        new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = new CountingLogger() }).WithBinDirectoryAssemblyLoader();

    private static string Caught(string name)
    {
        try
        {
            DotNetIsolatorHost.Invoke(name, 1, 2);
            return "nothing";
        }
        catch (HostCallException)
        {
            return "caught";
        }
    }

    private static async Task<string> CaughtAsync(string name)
    {
        try
        {
            await DotNetIsolatorHost.InvokeAsync(name);
            return "nothing";
        }
        catch (HostCallException)
        {
            return "caught";
        }
    }

    private static async Task StartAndCancel(string name, int count, params object[] args)
    {
        for (int i = 0; i < count; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task call = DotNetIsolatorHost.InvokeAsync(name, cancel.Token, args);
            cancel.Cancel();
            await Quietly(call);
        }
    }

    /// <summary>Past the guest's own bookkeeping: each call takes the number of the one before.</summary>
    private static unsafe void StartUnderOneNumber(int count)
    {
        byte* bytes;
        int length;
        byte noArguments = 0x90;
        fixed (byte* name = "never"u8)
        {
            for (int i = 0; i < count; i++)
            {
                if (isolator_host_start_call(7, name, 5, &noArguments, 1, &bytes, &length) != 0)
                {
                    isolator_free(bytes);
                }
            }
        }
    }

    [DllImport("isolator")]
    private static extern unsafe int isolator_host_start_call(ulong id, byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length);

    [DllImport("isolator")]
    private static extern unsafe void isolator_free(void* bytes);

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or HostCallException)
        {
            return;
        }
    }

    /// <summary>An exception whose texts fail, as those of a careless library do.</summary>
    private sealed class UnspeakableException : Exception
    {
        public override string Message => throw new InvalidOperationException("there is no message");

        public override string ToString() => throw new InvalidOperationException("there is no text");
    }

    /// <summary>What only a guest can have less than nothing of.</summary>
    private sealed class Picky
    {
        public Picky(int value)
        {
            Check(value);
            Value = value;
        }

        public int Value { get; }

        public override bool Equals(object? obj) => obj is Picky other && other.Value == Value;

        public override int GetHashCode()
        {
            Check(Value);
            return Value;
        }

        private static void Check(int value)
        {
            if (RuntimeInformation.OSArchitecture != Architecture.Wasm)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(value);
            }
        }
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("the log is full");
    }

    private sealed class CountingLogger : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // What the native library says of the same has an event of its own.
            if (eventId.Id != 3)
            {
                Lines.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }
    }
}
