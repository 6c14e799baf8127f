using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Sentences that tests of existing users compare word for word.</summary>
public sealed class MessageTests : IDisposable
{
    private static readonly string Assembly = typeof(MessageTests).Assembly.GetName().Name!;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void An_assembly_that_no_loader_has()
    {
        using var host = new IsolatedRuntimeHost();
        using var runtime = new IsolatedRuntime(host);
        Assert.Equal($"Could not load assembly '{Assembly}'", Assert.Throws<IsolatedException>(runtime.CreateObject<MessageTests>).Message);
        Assert.Equal("Could not load assembly 'A'", Assert.Throws<IsolatedException>(() => runtime.CreateObject("A", "N", "T")).Message);
    }

    [Fact]
    public void A_namespace_or_type_that_is_not_there()
    {
        Assert.Equal(
            $"Could not find type 'Nowhere.MessageTests' in assembly '{Assembly}'",
            Assert.Throws<IsolatedException>(() => _runtime.CreateObject(Assembly, "Nowhere", "MessageTests")).Message);
        Assert.Equal(
            $"Could not find type 'DotNetIsolator.Tests.Missing' in assembly '{Assembly}'",
            Assert.Throws<IsolatedException>(() => _runtime.CreateObject(Assembly, "DotNetIsolator.Tests", "Missing")).Message);
    }

    [Fact]
    public void A_method_of_an_assembly_that_is_not_there() => Assert.Equal(
        "Could not find method [A]N.D/T::M because the assembly A could not be found.",
        Assert.Throws<IsolatedException>(() => _runtime.GetMethod("A", "N", "D", "T", "M")).Message);

    [Fact]
    public void A_method_of_a_type_that_is_not_there() => Assert.Equal(
        $"Could not find method [{Assembly}]DotNetIsolator.Tests.MessageTests/Missing::M because the type MessageTests/Missing could not be found in the assembly.",
        Assert.Throws<IsolatedException>(() => _runtime.GetMethod(Assembly, "DotNetIsolator.Tests", "MessageTests", "Missing", "M")).Message);

    [Fact]
    public void A_method_that_is_not_there()
    {
        string expected = $"Could not find method [{Assembly}]DotNetIsolator.Tests.MessageTests/Nested::M because the method M could not be found in the type, "
            + "or it did not have the correct number of parameters.";
        Assert.Equal(expected, Assert.Throws<IsolatedException>(() => _runtime.GetMethod(Assembly, "DotNetIsolator.Tests", "MessageTests", "Nested", "M")).Message);
        Assert.Equal(expected, Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(Nested), "M")).Message);
        Assert.Equal(expected, Assert.Throws<IsolatedException>(() => _runtime.CreateObject<Nested>().InvokeVoid("M")).Message);
        Assert.Equal(
            expected.Replace("::M ", "::Takes ", StringComparison.Ordinal).Replace("method M ", "method Takes ", StringComparison.Ordinal),
            Assert.Throws<IsolatedException>(() => _runtime.GetMethod(typeof(Nested), "Takes", 2)).Message);
    }

    [Fact]
    public void A_callback_that_threw_and_one_that_is_unknown()
    {
        _runtime.RegisterCallback("throws", (Action)(() => throw new InvalidTimeZoneException("secret")));
        string message = _runtime.Invoke(() => MessageOf("throws"));
        Assert.Equal("Call to host failed: The call failed. See host console logs for details.", message);
        Assert.Contains("unheardOf", _runtime.Invoke(() => MessageOf("unheardOf")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_created_object_whose_constructor_throws_and_a_copy_of_one_that_runs_none()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.CreateObject<ThrowsInside>());
        Assert.Contains("not from a constructor without parameters", e.Message, StringComparison.Ordinal);
        var sound = new ThrowsInside(1);
        Assert.Equal(1, _runtime.Invoke(() => sound).Value);
    }

    [Fact]
    public void A_guest_exception_says_type_message_and_frame()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.CreateObject<Nested>().InvokeVoid(nameof(Nested.Fail)));
        Assert.Contains("System.InvalidTimeZoneException: from the guest", e.ToString(), StringComparison.Ordinal);
        Assert.Contains($"at {typeof(Nested).FullName!.Replace('+', '.')}.Fail()", e.ToString(), StringComparison.Ordinal);
    }

    private static string MessageOf(string callback)
    {
        try
        {
            DotNetIsolatorHost.Invoke(callback, 1, 2);
            return "(it did not fail)";
        }
        catch (HostCallException e)
        {
            return e.Message;
        }
    }

    private sealed class Nested
    {
        public void Takes(int one) => throw new InvalidOperationException($"{one}");

        public void Fail() => throw new InvalidTimeZoneException("from the guest");
    }

    private sealed class ThrowsInside
    {
        public ThrowsInside() => throw new InvalidTimeZoneException("not from a constructor without parameters");

        public ThrowsInside(int ignored) => Value = ignored;

        public int Value { get; }
    }
}
