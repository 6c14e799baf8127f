using Xunit;

namespace DotNetIsolator.Tests;

public sealed class CallbackTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void An_action_is_called()
    {
        bool called = false;
        _runtime.RegisterCallback("name", () => { called = true; });
        _runtime.Invoke(() => DotNetIsolatorHost.Invoke("name"));
        Assert.True(called);
    }

    [Fact]
    public void A_function_whose_result_nobody_wants_is_called()
    {
        bool called = false;
        _runtime.RegisterCallback("name", () => called = true);
        _runtime.Invoke(() => DotNetIsolatorHost.Invoke("name"));
        Assert.True(called);
    }

    [Fact]
    public void Numbers_go_out_and_back()
    {
        _runtime.RegisterCallback("add", (int a, int b) => a + b);
        _runtime.RegisterCallback("negate", (int a) => -a);
        Assert.Equal(579, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("add", 123, 456)));
        foreach (int number in new[] { 0, 1, -1, 127, 128, -32, -33, 65536, int.MaxValue, int.MinValue + 1 })
        {
            Assert.Equal(-number, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("negate", number)));
        }
    }

    [Fact]
    public void Objects_and_times_go_out_as_copies()
    {
        Person? received = null;
        DateTime time = default;
        _runtime.RegisterCallback("take", (Person person, DateTime when) =>
        {
            received = person;
            time = when;
        });
        var sent = new Person { Name = "Bert", Age = 12 };
        DateTime now = DateTime.Now;
        _runtime.Invoke(() => DotNetIsolatorHost.Invoke("take", sent, now));
        Assert.Equal(("Bert", 12), (received!.Name, received.Age));
        Assert.NotSame(sent, received);
        Assert.Equal(now.ToUniversalTime(), time.ToUniversalTime());
        Assert.Equal(DateTimeKind.Local, time.Kind);
    }

    [Fact]
    public void An_object_comes_back_as_a_copy()
    {
        var given = new Person { Name = "Ernie", Age = 11 };
        _runtime.RegisterCallback("give", () => given);
        Person seen = _runtime.Invoke(() => DotNetIsolatorHost.Invoke<Person>("give"));
        Assert.Equal(("Ernie", 11), (seen.Name, seen.Age));
        Assert.NotSame(given, seen);
    }

    [Fact]
    public void The_time_of_the_host_keeps_its_instant_and_kind()
    {
        DateTime now = DateTime.Now;
        _runtime.RegisterCallback("getHostTime", () => now);
        string inside = _runtime.Invoke(() =>
        {
            DateTime time = DotNetIsolatorHost.Invoke<DateTime>("getHostTime");
            return $"{time.Kind} {time.ToUniversalTime().Ticks} {TimeZoneInfo.Local.BaseUtcOffset}";
        });
        Assert.Equal($"Local {now.ToUniversalTime().Ticks} 00:00:00", inside);
    }

    [Fact]
    public void Bytes_go_out_and_back_without_serialization()
    {
        _runtime.RegisterCallback("reverse", (byte[] bytes) => bytes.Reverse().ToArray());
        _runtime.RegisterCallback("concat", (byte[] a, byte[] b) => a.Concat(b).ToArray());
        byte[] one = [1, 2, 3, 4];
        byte[] two = [5, 6];
        Assert.Equal([4, 3, 2, 1], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("reverse", one)));
        Assert.Equal([4, 3, 2, 1], _runtime.Invoke(() => DotNetIsolatorHost.Invoke<byte[]>("reverse", (object)one)));
        Assert.Equal([1, 2, 3, 4, 5, 6], _runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("concat", one, two)));
        Assert.Empty(_runtime.Invoke(() => DotNetIsolatorHost.InvokeRaw("reverse", Array.Empty<byte>())));
    }

    [Fact]
    public void A_callback_may_call_the_runtime()
    {
        _runtime.RegisterCallback("twice", (int n) => n <= 0 ? 0 : 2 + _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("twice", n - 1)));
        Assert.Equal(10, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("twice", 5)));
    }

    [Fact]
    public void A_callback_may_use_another_runtime()
    {
        using var other = new IsolatedRuntime(SharedHost.Instance);
        _runtime.RegisterCallback("elsewhere", () => other.Invoke(() => 5));
        Assert.Equal(5, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("elsewhere")));
    }

    [Fact]
    public void The_wrong_number_of_arguments_is_the_guests_fault()
    {
        _runtime.RegisterCallback("one", (int a) => a);
        Assert.Equal("caught", _runtime.Invoke(() =>
        {
            try
            {
                DotNetIsolatorHost.Invoke("one", 1, 2);
                return "not caught";
            }
            catch (HostCallException)
            {
                return "caught";
            }
        }));
        Assert.Equal(4, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("one", 4)));
    }

    [Fact]
    public void Details_are_shown_to_guests_only_if_the_host_says_so()
    {
        using var host = new IsolatedRuntimeHost(new IsolatedRuntimeHostOptions { CallbackErrorDetails = true }).WithBinDirectoryAssemblyLoader();
        using var runtime = new IsolatedRuntime(host);
        runtime.RegisterCallback("fails", new Action(() => throw new InvalidOperationException("the details")));
        Assert.Contains("the details", runtime.Invoke(() =>
        {
            try
            {
                DotNetIsolatorHost.Invoke("fails");
                return "nothing";
            }
            catch (HostCallException e)
            {
                return e.Message;
            }
        }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_registration_can_be_replaced()
    {
        _runtime.RegisterCallback("which", () => 1);
        Assert.Equal(1, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("which")));
        _runtime.RegisterCallback("which", () => 2);
        Assert.Equal(2, _runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("which")));
    }

    [Fact]
    public void A_delegate_with_a_reference_parameter_is_refused() =>
        Assert.Throws<ArgumentException>(() => _runtime.RegisterCallback("ref", (WithReference)((ref int _) => { })));

    private delegate void WithReference(ref int value);

    private sealed class Person
    {
        public string? Name { get; set; }

        public int Age { get; set; }
    }
}
