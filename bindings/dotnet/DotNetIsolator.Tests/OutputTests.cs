using System.Text;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Standard streams that lead to writers, functions and readers of the embedder.</summary>
public sealed class OutputTests
{
    private static readonly IsolatedRuntimeHost Host = SharedHost.Instance;

    [Fact]
    public void Output_goes_to_a_writer()
    {
        StringWriter output = new();
        StringWriter error = new();
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardOutputTo(output).StandardErrorTo(error));
        runtime.Invoke(() =>
        {
            Console.Write("héllo ");
            Console.Error.Write("wörld");
            Console.Write("𝄞");
        });
        Assert.Equal("héllo 𝄞", output.ToString());
        Assert.Equal("wörld", error.ToString());
        Assert.Equal(string.Empty, runtime.GetStandardOutput());
    }

    [Fact]
    public void A_character_that_comes_in_pieces_is_one_character()
    {
        StringWriter output = new();
        List<string> lines = [];
        using (IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardOutputTo(output).OnErrorLine(lines.Add)))
        {
            runtime.Invoke(() =>
            {
                byte[] text = Encoding.UTF8.GetBytes("aé€𝄞z");
                using Stream stdout = Console.OpenStandardOutput();
                using Stream stderr = Console.OpenStandardError();
                foreach (byte each in text)
                {
                    stdout.WriteByte(each);
                    stderr.WriteByte(each);
                }

                // One that never ends, and one that is none.
                stdout.Write([0xff, 0xf0, 0x9d]);
                stderr.Write([0xff, 0xf0, 0x9d]);
            });
            Assert.Equal("aé€𝄞z\ufffd", output.ToString());
            Assert.Empty(lines);
        }

        Assert.Equal("aé€𝄞z\ufffd\ufffd", output.ToString());
        Assert.Equal(["aé€𝄞z\ufffd\ufffd"], lines);
    }

    [Fact]
    public void Lines_come_whole_and_the_last_when_the_runtime_is_disposed()
    {
        List<string> lines = [];
        List<string> errors = [];
        using (IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().OnOutputLine(lines.Add).OnErrorLine(errors.Add)))
        {
            runtime.Invoke(() =>
            {
                Console.Write("one\r\ntw");
                Console.Write("o\n\nthr\ree");
                Console.Error.WriteLine("wrong");
            });
            Assert.Equal(["one", "two", string.Empty], lines);
            Assert.Equal(["wrong"], errors);
        }

        Assert.Equal(["one", "two", string.Empty, "thr\ree"], lines);
    }

    [Fact]
    public void A_line_without_end_comes_in_pieces_of_whole_characters()
    {
        List<string> lines = [];
        using (IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().OnOutputLine(lines.Add)))
        {
            runtime.Invoke(() =>
            {
                Console.Write("x");
                Console.Write(string.Concat(Enumerable.Repeat("𝄞", 70_000)));
                Console.Write("\nlast");
            });
        }

        Assert.All(lines.SkipLast(1), line => Assert.InRange(line.Length, 1, 65_536));
        Assert.Equal("x" + string.Concat(Enumerable.Repeat("𝄞", 70_000)), string.Concat(lines.SkipLast(1)));
        Assert.All(lines, line => Assert.DoesNotContain('\ufffd', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(line))));
        Assert.Equal("last", lines[^1]);
        Assert.Equal(4, lines.Count);
    }

    [Fact]
    public void Large_output_is_complete()
    {
        StringWriter output = new();
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardOutputTo(output));
        runtime.Invoke(() => Console.Out.Write(new string('ü', 1_000_000)));
        Assert.Equal(new string('ü', 1_000_000), output.ToString());
    }

    [Fact]
    public void A_writer_that_throws_is_an_error_to_its_guest_and_is_logged()
    {
        ListLogger logger = new();
        using IsolatedRuntimeHost host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { Logger = logger }).WithBinDirectoryAssemblyLoader();
        int calls = 0;
        using IsolatedRuntime runtime = new(host, new IsolatedRuntimeOptions().OnOutputLine(line =>
        {
            calls++;
            throw new InvalidDataException($"not '{line}'");
        }));
        using IsolatedRuntime other = new(host, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Capture });
        Assert.Equal("System.IO.IOException", runtime.Invoke(() =>
        {
            try
            {
                Console.WriteLine("this");
                return "nothing";
            }
            catch (IOException e)
            {
                return e.GetType().FullName!;
            }
        }));
        Assert.Equal(1, calls);
        Assert.Contains(logger.Lines, line => line.Contains("standard output", StringComparison.Ordinal) && line.Contains("not 'this'", StringComparison.Ordinal));

        // Both go on.
        Assert.Equal(3, runtime.Invoke(() => 3));
        other.Invoke(() => Console.Write("fine"));
        Assert.Equal("fine", other.GetStandardOutput());
    }

    [Fact]
    public void A_writer_that_is_disposed_or_calls_the_runtime_harms_nobody()
    {
        StringWriter gone = new();
        gone.Dispose();
        IsolatedRuntime? self = null;
        Exception? refused = null;
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardErrorTo(gone).OnOutputLine(_ =>
        {
            refused = Record.Exception(() => self!.Invoke(() => 1));
        }));
        self = runtime;
        runtime.Invoke(() =>
        {
            Console.WriteLine("in");
            try
            {
                Console.Error.WriteLine("out");
            }
            catch (IOException)
            {
            }
        });
        Assert.IsType<InvalidOperationException>(refused);
        Assert.Equal(2, runtime.Invoke(() => 2));
    }

    [Fact]
    public void A_writer_that_blocks_holds_up_its_own_runtime_alone()
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim release = new();
        using IsolatedRuntime blocked = new(Host, new IsolatedRuntimeOptions().OnOutputLine(_ =>
        {
            entered.Set();
            release.Wait();
        }));
        using IsolatedRuntime other = new(Host, new IsolatedRuntimeOptions().OnOutputLine(_ => { }));
        Task call = Task.Run(() => blocked.Invoke(() => Console.WriteLine("wait")));
        entered.Wait();
        other.Invoke(() => Console.WriteLine("go"));
        Assert.False(call.IsCompleted);
        release.Set();
        call.Wait();
    }

    [Fact]
    public void The_output_limit_bounds_what_comes()
    {
        StringWriter output = new();
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Output] = 1000 } }.StandardOutputTo(output));
        IsolatedException e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() =>
        {
            while (true)
            {
                Console.Write("0123456789");
            }
        }));
        Assert.Equal(IsolatedLimit.Output, e.Limit);
        Assert.InRange(output.ToString().Length, 990, 1000);
    }

    [Fact]
    public void Output_that_a_limit_truncates_is_whole_up_to_there()
    {
        StringWriter output = new();
        using IsolatedRuntime runtime = new(
            Host, new IsolatedRuntimeOptions { Limits = { [IsolatedLimit.Output] = 25, [IsolatedLimit.OutputTruncates] = 1 } }.StandardOutputTo(output));
        runtime.Invoke(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                Console.Write("0123456789");
            }
        });
        Assert.Equal("0123456789012345678901234", output.ToString());
    }

    [Fact]
    public async Task Output_of_asynchronous_calls_comes_too()
    {
        List<string> lines = [];
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().OnOutputLine(lines.Add));
        await runtime.InvokeAsync(async () =>
        {
            Console.WriteLine("before");
            await Task.Delay(5);
            Console.WriteLine("after");
        });
        Assert.Equal(["before", "after"], lines);
    }

    [Fact]
    public void A_runtime_is_collected_although_its_writer_leads_to_it()
    {
        static WeakReference Make(List<string> lines)
        {
            IsolatedRuntime? self = null;
            IsolatedRuntimeOptions options = new IsolatedRuntimeOptions().OnOutputLine(line => lines.Add($"{line} {self is not null}")).WithAssemblyLoader(_ =>
            {
                GC.KeepAlive(self);
                return null;
            });
            self = new IsolatedRuntime(Host, options);
            self.Invoke(() => Console.Write("first\nsecond"));
            return new WeakReference(self);
        }

        List<string> lines = [];
        WeakReference runtime = Make(lines);
        for (int i = 0; i < 200 && (runtime.IsAlive || lines.Count < 2); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(5);
        }

        Assert.False(runtime.IsAlive);
        Assert.Equal(["first True", "second True"], lines);
    }

    [Fact]
    public void Input_is_a_text()
    {
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardInputFrom("grüezi\n𝄞"));
        Assert.Equal("grüezi,𝄞,", runtime.Invoke(() => $"{Console.ReadLine()},{Console.ReadLine()},{Console.ReadLine()}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public void Input_is_read_from_a_reader_in_whatever_pieces(int piece)
    {
        string text = string.Concat(Enumerable.Range(0, 3000).Select(i => i % 3 == 0 ? "𝄞" : "é"));
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardInputFrom(new Pieces(text, piece)));
        Assert.Equal(text, runtime.Invoke(() => Console.In.ReadToEnd()));
    }

    [Fact]
    public void Input_is_read_from_a_stream_as_far_as_the_guest_asks()
    {
        byte[] bytes = new byte[300_000];
        new Random(5).NextBytes(bytes);
        MemoryStream stream = new(bytes);
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardInputFrom(stream));
        Assert.Equal(bytes[..10], runtime.Invoke(() =>
        {
            byte[] some = new byte[10];
            using Stream input = Console.OpenStandardInput();
            input.ReadExactly(some);
            return some;
        }));
        Assert.True(stream.Position < bytes.Length);
        Assert.Equal(bytes[10..], runtime.Invoke(() =>
        {
            MemoryStream all = new();
            using Stream input = Console.OpenStandardInput();
            input.CopyTo(all);
            return all.ToArray();
        }));
    }

    [Fact]
    public void A_reader_that_throws_is_an_error_to_its_guest()
    {
        using IsolatedRuntime runtime = new(Host, new IsolatedRuntimeOptions().StandardInputFrom(new Failing()));
        Assert.True(runtime.Invoke(() =>
        {
            try
            {
                Console.OpenStandardInput().ReadByte();
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }));
        Assert.Equal(2, runtime.Invoke(() => 2));
    }

    [Fact]
    public void A_reader_that_blocks_ends_with_the_call()
    {
        using SemaphoreSlim never = new(0);
        using IsolatedRuntime runtime = new(
            Host, new IsolatedRuntimeOptions { CallTimeout = TimeSpan.FromMilliseconds(100) }.StandardInputFrom(new Blocking(never)));
        IsolatedException e = Assert.Throws<IsolatedException>(() => runtime.Invoke(() => Console.ReadLine()));
        Assert.Equal(IsolatedLimit.CallTimeout, e.Limit);
        never.Release();
    }

    [Fact]
    public void Options_serve_for_several_runtimes()
    {
        IsolatedRuntimeOptions options = new IsolatedRuntimeOptions().StandardInputFrom("in");
        List<string> lines = [];
        options.OnOutputLine(lines.Add);
        foreach (int number in new[] { 1, 2 })
        {
            using IsolatedRuntime runtime = new(Host, options);
            runtime.Invoke(() => Console.Write($"{Console.ReadLine()} {number}"));
        }

        Assert.Equal(["in 1", "in 2"], lines);
    }

    private sealed class Pieces(string text, int piece) : TextReader
    {
        private int _position;

        public override int Read(Span<char> buffer)
        {
            int count = Math.Min(Math.Min(piece, buffer.Length), text.Length - _position);
            text.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }
    }

    private sealed class Failing : TextReader
    {
        public override int Read(Span<char> buffer) => throw new InvalidDataException("no input");
    }

    private sealed class Blocking(SemaphoreSlim until) : TextReader
    {
        public override int Read(Span<char> buffer)
        {
            until.Wait();
            return 0;
        }
    }
}
