using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Raw bytes pass as they are, whatever they look like.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsRaw : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public static TheoryData<string> Bytes => [.. Odd()];

    public void Dispose() => _runtime.Dispose();

    [Theory]
    [MemberData(nameof(Bytes))]
    public void A_raw_call_gives_the_callback_its_bytes_and_the_guest_the_callbacks(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        byte[]? came = null;
        _runtime.RegisterCallback("raw", (byte[] arg) =>
        {
            came = arg;
            return arg;
        });
        byte[]? back = _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("raw", bytes));
        Assert.Equal(bytes, came);
        Assert.Equal(bytes, back);

        // And a call that is not raw has one argument, which is the same bytes.
        back = _runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]>("raw", bytes));
        Assert.Equal(bytes, came);
        Assert.Equal(bytes, back);
    }

    [Theory]
    [MemberData(nameof(Bytes))]
    public void So_does_one_of_a_callback_that_takes_its_time(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        byte[]? came = null;
        _runtime.RegisterCallback("raw later", async (byte[] arg) =>
        {
            came = arg;
            await Task.Yield();
            return arg;
        });
        Assert.Equal(bytes, _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("raw later", bytes)));
        Assert.Equal(bytes, came);
        Assert.Equal(bytes, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]>("raw later", bytes)));
        Assert.Equal(bytes, came);
    }

    [Fact]
    public void Every_call_of_few_bytes()
    {
        _runtime.RegisterCallback("raw", (byte[] arg) => arg);
        Assert.Equal(0, _runtime.Invoke(() =>
        {
            int wrong = 0;
            for (int i = 0; i < 65536; i++)
            {
                // All of one byte, of two, and of those that begin as an array of one byte list or nil does.
                byte[] bytes = i < 256 ? [(byte)i] : i < 16384 ? [(byte)(i >> 8), (byte)i] : [0x91, (byte)(0xc0 + (i >> 12)), (byte)(i >> 6), (byte)i];
                wrong += DotNetIsolatorHost.InvokeRaw("raw", bytes).AsSpan().SequenceEqual(bytes) ? 0 : 1;
                i += i < 512 ? 0 : 36;
            }

            return wrong;
        }));
    }

    [Fact]
    public void A_call_that_is_not_raw_is_not_taken_for_one()
    {
        int called = 0;
        _runtime.RegisterCallback("raw", (byte[] arg) =>
        {
            called++;
            return arg;
        });
        Assert.Equal("caught caught caught caught", _runtime.Invoke(() => string.Join(" ", new object[] { "text", 5, new[] { 1, 2 }, 2.5 }.Select(arg =>
        {
            try
            {
                DotNetIsolatorHost.Invoke<byte[]>("raw", arg);
                return "nothing";
            }
            catch (HostCallException)
            {
                return "caught";
            }
        }))));
        Assert.Equal(0, called);
        Assert.Null(_runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]?>("raw", (object?)null)));
        Assert.Equal(1, called);
    }

    [Fact]
    public void A_raw_result_of_null_is_no_bytes()
    {
        _runtime.RegisterCallback("none", (byte[] _) => (byte[])null!);
        Assert.Empty(_runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("none", [1])));
        Assert.Null(_runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]?>("none", (object)new byte[] { 1 })));
    }

    [Fact]
    public void A_mebibyte_at_random()
    {
        byte[] bytes = new byte[1 << 20];
        new Random(5).NextBytes(bytes);
        _runtime.RegisterCallback("raw", (byte[] arg) => arg);
        Assert.Equal(bytes, _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("raw", bytes)));
    }

    /// <summary>Bytes that look like the arguments of an ordinary call, and some that do not.</summary>
    private static IEnumerable<string> Odd() =>
    [
        "", "00", "91", "90", "C0", "91C0", "91C400", "91C4020708", "91C40107", "91C403070809", "91C40207", "91C50002FFFE", "91C6000000010A", "91A161", "9105", "9201C0", "DC0001C0",
        "DD00000001C40105", "C4020708", "C1", "C152", "91C1", "91D752", "C75200", "91C70052", "80", "81A16101", "93010203", "91C0C0", "91C4FF",
    ];
}
