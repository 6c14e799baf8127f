using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator;
using Isolator.Runtime.Hosting;
using Xunit;

namespace Isolator.Runtime.Tests;

public class HostTests
{
    private readonly Guest _guest = new();

    [Fact]
    public void CallbacksTakeAndGiveValues()
    {
        _guest.Bridge.OnCall = (name, args) => name switch
        {
            "add" => (true, [(byte)Wire.Read<int[]>(args).Sum()]),
            "echo" => (true, args[1..]),
            "raw" => (true, args.Reverse().ToArray()),
            "nothing" => (true, [0xc0]),
            _ => (false, Wire.Write(new Dictionary<string, string> { ["Kind"] = "host", ["Message"] = $"No callback '{name}'." })),
        };
        Assert.Equal(6, DotNetIsolatorHost.Invoke<int>("add", 1, 2, 3));
        Assert.Equal(new ObjectTests.Pair(1, "a"), DotNetIsolatorHost.Invoke<ObjectTests.Pair>("echo", new ObjectTests.Pair(1, "a")));
        Assert.Null(DotNetIsolatorHost.Invoke<string>("echo", null));
        Assert.Equal("x", DotNetIsolatorHost.Invoke<object>("echo", "x"));
        Assert.Equal([3, 2, 1], DotNetIsolatorHost.InvokeRaw("raw", [1, 2, 3]));
        DotNetIsolatorHost.Invoke("nothing");
        HostCallException e = Assert.Throws<HostCallException>(() => DotNetIsolatorHost.Invoke("nope", 1));
        Assert.Equal("Call to host failed: No callback 'nope'.", e.Message);
        e = Assert.Throws<HostCallException>(() => DotNetIsolatorHost.Invoke<Guid>("echo", 1));
        Assert.Contains("echo", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => DotNetIsolatorHost.Invoke(null!, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(-1)]
    [InlineData(-32)]
    [InlineData(-33)]
    [InlineData(70_000)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void IntegersTakeAShortWay(int value)
    {
        byte[] sent = [];
        _guest.Bridge.OnCall = (name, args) =>
        {
            sent = args;
            return (true, name switch
            {
                "text" => [0xa1, (byte)'x'],
                "nil" => [0xc0],
                "large" => [0xce, 0xff, 0xff, 0xff, 0xff],
                "none" => [],
                "two" => [1, 2],
                _ => Wire.Write(Wire.Read<int[]>(args)[0]),
            });
        };
        Assert.Equal(value, DotNetIsolatorHost.Invoke<int>("echo", value));
        Assert.Equal([value], Wire.Read<int[]>(sent));
        Assert.Equal(value, DotNetIsolatorHost.Invoke<long>("echo", value));
        Assert.Equal(value, DotNetIsolatorHost.Invoke<int>("echo", (object)value));
        Assert.Equal(value, DotNetIsolatorHost.Invoke<int>("echo", value, 5));
        Assert.Equal(value, DotNetIsolatorHost.Invoke<int>(new string('n', 1000), value));
        foreach (string wrong in new[] { "text", "nil", "large", "none", "two" })
        {
            HostCallException e = Assert.Throws<HostCallException>(() => DotNetIsolatorHost.Invoke<int>(wrong, value));
            Assert.Contains(wrong, e.Message, StringComparison.Ordinal);
            Assert.Equal(HostCallReason.Failed, e.Reason);
        }
    }

    [Fact]
    public void AFailureHasItsReason()
    {
        _guest.Bridge.OnCall = (name, _) => (false, Wire.Write(new Dictionary<string, string> { ["Kind"] = name, ["Message"] = "no" }));
        foreach ((string kind, HostCallReason reason) in new[]
        {
            ("host", HostCallReason.Failed),
            ("unknown-callback", HostCallReason.UnknownName),
            ("callback-depth", HostCallReason.TooDeep),
            ("callback-blocked", HostCallReason.Asynchronous),
            ("from-the-future", HostCallReason.Failed),
        })
        {
            Assert.Equal(reason, Assert.Throws<HostCallException>(() => DotNetIsolatorHost.Invoke<int>(kind, 1)).Reason);
        }
    }

    [Fact]
    public void ACallbackMayCallBackIn()
    {
        _guest.Bridge.OnCall = (_, args) =>
        {
            int n = Wire.Read<int[]>(args)[0];
            return (true, [(byte)(n == 0 ? 0 : 1 + DotNetIsolatorHost.Invoke<int>("down", n - 1))]);
        };
        Assert.Equal(20, DotNetIsolatorHost.Invoke<int>("down", 20));
    }

    [Fact]
    public async Task AsynchronousCallsAreCompletedLater()
    {
        Task<int> task = DotNetIsolatorHost.InvokeAsync<int>("later", 1);
        Task second = DotNetIsolatorHost.InvokeAsync("later");
        Assert.False(task.IsCompleted);
        Guest.Call(Entry.CompleteCall, _guest.Bridge.Started[1].Id, 0, [0xc0]);
        Guest.Call(Entry.CompleteCall, _guest.Bridge.Started[0].Id, 0, [5]);
        Assert.Equal(5, await task);
        await second;

        task = DotNetIsolatorHost.InvokeAsync<int>("later");
        Guest.Call(Entry.CompleteCall, _guest.Bridge.Started[2].Id, 1, Wire.Write(new Dictionary<string, string> { ["Message"] = "no" }));
        Assert.Equal("Call to host failed: no", (await Assert.ThrowsAsync<HostCallException>(() => task)).Message);
        Assert.Contains("unknown", (await Assert.ThrowsAsync<HostCallException>(() => DotNetIsolatorHost.InvokeAsync("unknown"))).Message, StringComparison.Ordinal);

        using CancellationTokenSource source = new();
        task = DotNetIsolatorHost.InvokeAsync<int>("later", source.Token, 1);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(_guest.Bridge.Started[3].Id, Assert.Single(_guest.Bridge.Cancelled));
        Guest.Call(Entry.CompleteCall, _guest.Bridge.Started[3].Id, 0, [5]);
    }

    [Fact]
    public void TheStartConfigurationIsApplied()
    {
        Wire.Pack(w => { });
        byte[] config = Wire.Write(new Dictionary<string, object>
        {
            ["Environment"] = new Dictionary<string, string> { ["ISOLATOR_TEST"] = "1", ["ISOLATOR_EMPTY"] = "" },
            ["Arguments"] = new[] { "a", "b c" },
            ["Culture"] = string.Empty,
            ["FromTheFuture"] = new object[] { 1, 2 },
            ["Entropy"] = new byte[32],
            ["Properties"] = new Dictionary<string, string> { ["My.Switch"] = "true" },
            ["BaseDirectory"] = "/app",
        });
        object? before = AppContext.GetData("APP_CONTEXT_BASE_DIRECTORY");
        try
        {
            Guest.Call(Entry.Start, p: config);
            Assert.Equal("1", Environment.GetEnvironmentVariable("ISOLATOR_TEST"));
            Assert.Equal("isolator\0a\0b c\0", _guest.Bridge.CommandLine);
            Assert.True(AppContext.TryGetSwitch("My.Switch", out bool on) && on);
            Assert.Equal("/app/", AppContext.BaseDirectory);
        }
        finally
        {
            AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", before);
        }

        HostFailure e = Assert.Throws<HostFailure>(() => Guest.Call(Entry.Start, p: Wire.Write(new Dictionary<string, string> { ["TimeZone"] = "No/Where" })));
        Assert.Equal("argument", e.Kind);
        Assert.Contains("No/Where", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<HostFailure>(() => Guest.Call(Entry.Start, p: Wire.Write(new Dictionary<string, string> { ["WorkingDirectory"] = "/no/where" })));
        Assert.Contains("/no/where", e.Message, StringComparison.Ordinal);
        Assert.Equal("value", Assert.Throws<HostFailure>(() => Guest.Call(Entry.Start, p: [0x81])).Kind);
    }

    [Fact]
    public void RandomnessIsDroppedWithoutTrace()
    {
        _ = Random.Shared.Next();
        Startup.DropRandomness();
        _ = Random.Shared.Next();
    }

    [Theory]
    [InlineData("<Main>", "Main", typeof(Task<int>), "Main")]
    [InlineData("<Main>", "<Main>$", typeof(Task), "<Main>$")]
    [InlineData("<Main>", "Other", typeof(Task), "<Main>")]
    [InlineData("<Main>$", "Main", typeof(Task), "<Main>$")]
    public void TheRealMainOfAWrapperIsFound(string entry, string other, Type returned, string expected)
    {
        TypeBuilder builder = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Program"), AssemblyBuilderAccess.Run)
            .DefineDynamicModule("Program")
            .DefineType("Program");
        foreach ((string name, Type type) in new[] { (entry, typeof(int)), (other, returned) })
        {
            ILGenerator il = builder.DefineMethod(name, MethodAttributes.Static | MethodAttributes.Private, type, [typeof(string[])]).GetILGenerator();
            il.Emit(OpCodes.Ldnull);
            il.Emit(OpCodes.Throw);
        }

        MethodInfo found = builder.CreateType().GetMethod(entry, BindingFlags.Static | BindingFlags.NonPublic)!;
        Assert.Equal(expected, MainRunner.RealMain(found).Name);
    }

    [Fact]
    public void ALibraryHasNoMain()
    {
        HostFailure e = Assert.Throws<HostFailure>(() => Guest.Call(Entry.RunMain, Guest.Assembly("Isolator.Runtime"), p: [0x90]));
        Assert.Equal("member-not-found", e.Kind);
        Assert.Contains("no entry point", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StatisticsAndWarmUpRun()
    {
        WarmUp.Run();
        Guest.Call(Entry.Collect, 2);
        Dictionary<string, object?> statistics = Wire.Read<Dictionary<string, object?>>(Guest.Call(Entry.Statistics).Bytes!);
        Assert.True(Convert.ToInt64(statistics["HeapBytes"], null) >= 0);
        Assert.Equal(0, Convert.ToInt32(statistics["LiveHandles"], null));
    }
}
