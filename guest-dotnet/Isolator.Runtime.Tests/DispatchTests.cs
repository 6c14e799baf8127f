using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Isolator.Runtime.Hosting;
using Xunit;

namespace Isolator.Runtime.Tests;

public class DispatchTests
{
    private readonly Guest _guest = new();

    private static ulong Create(Type type, params object?[] args) => Guest.Call(Entry.CreateObject, Guest.Type(type), p: Guest.Args(args)).Value;

    private static HostFailure Fails(Action action) => Assert.Throws<HostFailure>(action);

    [Fact]
    public void NamesThatAreNotThereAreNamed()
    {
        HostFailure e = Fails(() => Guest.Assembly("No.Such"));
        Assert.Equal(("assembly-not-found", "Could not load assembly 'No.Such'", "No.Such"), (e.Kind, e.Message, e.Assembly));
        string own = typeof(Sample).Assembly.GetName().Name!;
        e = Fails(() => Guest.Call(Entry.FindType, Guest.Assembly(own), p: Guest.Utf8("N.T")));
        Assert.Equal(("type-not-found", $"Could not find type 'N.T' in assembly '{own}'", "N.T"), (e.Kind, e.Message, e.TypeName));
        e = Fails(() => Guest.Method(typeof(Sample.Plain), "M", 1));
        Assert.Equal(
            $"Could not find method [{own}]Isolator.Runtime.Tests.Sample/Plain::M because the method M could not be found in the type, or it did not have the correct number of parameters.",
            e.Message);
        Assert.Equal(("member-not-found", "M"), (e.Kind, e.Member));
        e = Fails(() => Guest.Method(typeof(Sample), "Add", 3));
        Assert.Equal(["static int Add(int a, int b)"], e.Candidates);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    [InlineData("a,b,c==")]
    [InlineData("\0")]
    public void StrangeAssemblyNamesAreFailures(string name) =>
        Assert.Contains(Fails(() => Guest.Assembly(name)).Kind, new[] { "assembly-not-found", "bad-image" });

    [Fact]
    public void TheHostIsAskedForAssembliesAndBadOnesAreNamed()
    {
        Assemblies.Hook();
        _guest.Bridge.Assemblies["/Broken"] = [1, 2, 3];
        HostFailure e = Fails(() => Guest.Assembly("Broken"));
        Assert.Equal("bad-image", e.Kind);
        Assert.Contains("Broken", e.Message, StringComparison.Ordinal);
        Assert.Contains("/Broken", _guest.Bridge.Asked);
        Assert.Equal("bad-image", Fails(() => Guest.Call(Entry.LoadImage, p: [4, 5])).Kind);
        byte[] own = System.IO.File.ReadAllBytes(typeof(DotNetIsolator.DotNetIsolatorHost).Assembly.Location);
        Assert.NotEqual(0ul, Guest.Call(Entry.LoadImage, p: own).Value);
        Assert.NotEqual(0ul, Guest.Call(Entry.LoadImage, p: own).Value);
    }

    public static TheoryData<string, object?[], string[]?, string[]?, object?> Calls() => new()
    {
        { "Add", [1, 2], null, null, 3 },
        { "Over", [1], ["int"], null, "int 1" },
        { "Over", [1], ["System.Int64"], null, "long 1" },
        { "Over", ["s"], ["String"], null, "string s" },
        { "Optional", [1], null, null, "1 2 c Monday" },
        { "Optional", [1, 5, "x"], null, null, "1 5 x Monday" },
        { "Optional", [1, 5, "x", 3], null, null, "1 5 x Wednesday" },
        { "Params", ["h"], null, null, "h:" },
        { "Params", ["h", 1], null, null, "h:1" },
        { "Params", ["h", 1, 2, 3], null, null, "h:1,2,3" },
        { "Params", ["h", new[] { 4, 5 }], null, null, "h:4,5" },
        { "Same", [5], null, ["int"], 5 },
        { "Same", ["x"], null, ["System.String"], "x" },
        { "TwoTypes", ["x"], null, ["string", "Isolator.Runtime.Tests.Sample"], "String Sample x" },
        { "Inherited", [], null, null, "inherited" },
        { "Secret", [1], null, null, "secret 1" },
        { "TypeName", [1], null, null, "Int32" },
        { "TypeName", [null], null, null, "null" },
        { "TypeName", ["s"], null, null, "String" },
        { "TypeName", [new byte[1]], null, null, "Byte[]" },
        { "TypeName", [DateTime.UnixEpoch], null, null, "DateTime" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void StaticMethodsAreFoundAndCalled(string name, object?[] args, string[]? types, string[]? generics, object? expected)
    {
        ulong method = Guest.Method(typeof(Sample), name, types is null ? args.Length : null, types, generics);
        Assert.Equal(expected, Guest.Invoke(method, 0, args));

        // And again, from what was remembered.
        Assert.Equal(expected, Guest.Invoke(Guest.Method(typeof(Sample), name, types is null ? args.Length : null, types, generics), 0, args));
    }

    [Fact]
    public void NumberAndTypesTogetherPreferWhatTheTypesSay()
    {
        Assert.Equal("long 1", Guest.Invoke(Guest.Method(typeof(Sample), "Over", 1, ["long"]), 0, 1));
        Assert.Equal(3, Guest.Invoke(Guest.Method(typeof(Sample), "Add", 2, ["byte", "byte"]), 0, 1, 2));
        HostFailure e = Fails(() => Guest.Method(typeof(Sample), "Over", 1, ["decimal"]));
        Assert.Equal("ambiguous", e.Kind);
        e = Fails(() => Guest.Method(typeof(Sample), "Over", 1));
        Assert.Equal(["static string Over(int n)", "static string Over(string s)", "static string Over(long n)"], e.Candidates);
        Assert.Contains("3 methods Over", e.Message, StringComparison.Ordinal);
        Assert.Equal("ambiguous", Fails(() => Guest.Method(typeof(Sample), "Over")).Kind);
    }

    [Fact]
    public void InstancesAreCreatedCalledAndInspected()
    {
        Assert.Equal("nobody 1 3", Guest.Invoke(Guest.Method(typeof(Sample), "Describe"), Create(typeof(Sample))));
        Assert.Equal("ann 7 3", Guest.Invoke(Guest.Method(typeof(Sample), "Describe"), Create(typeof(Sample), "ann", 7)));
        Assert.Equal("number 8 3", Guest.Invoke(Guest.Method(typeof(Sample), "Describe"), Create(typeof(Sample), 8)));
        ulong ann = Create(typeof(Sample), "ann");
        Assert.Equal("ann greets bob", Guest.Invoke(Guest.Method(typeof(Sample), "Greet"), ann, "bob"));
        Assert.Equal("ann greets bob", Guest.Invoke(Guest.Method(typeof(IGreeter), "Greet"), ann, "bob"));
        Assert.Equal("derived", Guest.Invoke(Guest.Method(typeof(BaseSample), "Virtual"), ann));
        Assert.Equal("derived", Guest.Invoke(Guest.Method(typeof(Sample), "Virtual"), ann));
        Assert.Equal("hidden", Guest.Invoke(Guest.Method(typeof(Sample), "Hidden"), ann));
        Assert.Equal("base 1", Guest.Invoke(Guest.Method(typeof(Sample), "Both", 1), ann, 1));
        Assert.Equal("derived 1 2", Guest.Invoke(Guest.Method(typeof(Sample), "Both", 2), ann, 1, 2));
        Assert.Equal(40, Guest.Invoke(Guest.Method(typeof(Sample), "get_Item"), ann, 4));
        Assert.Equal("ann", Guest.Invoke(typeof(Sample), "NameOf", new Handle(ann)));
        ulong sum = Guest.Call(Entry.InvokeHandle, Guest.Method(typeof(Sample), "op_Addition"), p: Guest.Args(new Handle(ann), new Handle(ann))).Value;
        Assert.Equal("annann", Guest.Invoke(typeof(Sample), "NameOf", new Handle(sum)));
        Assert.Equal(0ul, Guest.Call(Entry.InvokeHandle, Guest.Method(typeof(Sample), "Any"), p: Guest.Args([null])).Value);
        Assert.Equal(sum == ann, Guest.Call(Entry.TypeOf, ann).Value == sum);
    }

    [Fact]
    public void GenericsStructsAndDelegatesWork()
    {
        ulong inner = Create(typeof(Sample.Inner<int>));
        Assert.Equal("Int32", Guest.Invoke(Guest.Method(typeof(Sample.Inner<int>), "Name"), inner));
        ulong plain = Create(typeof(Sample.Plain));
        Guest.Call(Entry.SetField, Guest.Type(typeof(Sample.Plain)), plain, Guest.Utf8("X"), [21]);
        Assert.Equal(42, Guest.Invoke(Guest.Method(typeof(Sample.Plain), "Double"), plain));
        Assert.Equal(42, Wire.Read<Sample.Plain>(Guest.Call(Entry.GetValue, plain).Bytes!).X);

        ulong adder = Guest.Call(Entry.InvokeHandle, Guest.Method(typeof(Sample), "Adder"), p: Guest.Args(10)).Value;
        Assert.Equal(15, Guest.Invoke(Guest.Method(typeof(Func<int, int>), "Invoke"), adder, 5));
        Assert.Equal(11, Guest.Invoke(typeof(Sample), "Call", new Handle(adder), 1));
        Assert.Equal("value", Fails(() => Guest.Invoke(typeof(Sample), "Adder", 1)).Kind);
        ulong copied = Guest.Call(Entry.CopyObject, Guest.Type(typeof(Sample.Plain)), p: Wire.Hex("81 a158 05")).Value;
        Assert.Equal(10, Guest.Invoke(Guest.Method(typeof(Sample.Plain), "Double"), copied));
    }

    [Fact]
    public void FieldsAreReadAndWritten()
    {
        ulong type = Guest.Type(typeof(Sample));
        ulong ann = Create(typeof(Sample), "ann");
        Assert.Equal("ann", Wire.Read<string>(Guest.Call(Entry.GetField, type, ann, Guest.Utf8("_name")).Bytes!));
        Assert.Equal(9, Wire.Read<int>(Guest.Call(Entry.GetField, type, 0, Guest.Utf8("Limit")).Bytes!));
        Guest.Call(Entry.SetField, type, ann, Guest.Utf8("_number"), [33]);
        Assert.Equal("ann 33 3", Guest.Invoke(Guest.Method(typeof(Sample), "Describe"), ann));
        Assert.Equal("argument", Fails(() => Guest.Call(Entry.SetField, type, 0, Guest.Utf8("Limit"), [1])).Kind);
        Assert.Equal("argument", Fails(() => Guest.Call(Entry.GetField, type, 0, Guest.Utf8("_name"))).Kind);
        HostFailure e = Fails(() => Guest.Call(Entry.GetField, type, 0, Guest.Utf8("nope")));
        Assert.Equal("member-not-found", e.Kind);
        Assert.Contains("static int s_count", e.Candidates);
    }

    [Theory]
    [InlineData("Add", new object[] { 1 }, "static int Add(int a, int b) takes 2 arguments, but 1 was passed.")]
    [InlineData("Add", new object[] { 1, 2, 3 }, "static int Add(int a, int b) takes 2 arguments, but 3 were passed.")]
    [InlineData("Add", new object[] { 1, "x" }, "Argument 2 (b) of static int Add(int a, int b) cannot be read as int: Expected an integer but found a string")]
    [InlineData("Out", new object[] { 1, 2 }, "takes 1 argument, but 2 were passed")]
    [InlineData("Describe", new object[0], "it needs an object to be called on")]
    [InlineData("Same", new object[] { 1 }, "is generic: say its type arguments")]
    public void BadArgumentsSayWhatIsWrong(string name, object[] args, string message)
    {
        ulong method = Guest.Method(typeof(Sample), name);
        HostFailure e = Fails(() => Guest.Invoke(method, 0, args));
        Assert.Equal("argument", e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BadHandlesAreFailures()
    {
        ulong method = Guest.Method(typeof(Sample), "NameOf");
        Assert.Equal("bad-handle", Fails(() => Guest.Invoke(12345, 0)).Kind);
        Assert.Equal("bad-handle", Fails(() => Guest.Invoke(Guest.Type(typeof(Sample)), 0)).Kind);
        Assert.Equal("bad-handle", Fails(() => Guest.Invoke(method, 0, new Handle(999))).Kind);
        Assert.Equal("argument", Fails(() => Guest.Invoke(method, 0, new Handle(Create(typeof(Sample.Plain))))).Kind);
        Assert.Equal("argument", Fails(() => Guest.Invoke(Guest.Method(typeof(Sample), "Describe"), Create(typeof(Sample.Plain)))).Kind);
        Assert.Equal("bad-handle", Fails(() => Guest.Call(Entry.PollTask, 1)).Kind);
        Guest.Call(Entry.CancelTask, 77);
    }

    [Fact]
    public void RawCallsTakeBytes()
    {
        Assert.Equal([3, 2, 1], Guest.Call(Entry.InvokeRaw, Guest.Method(typeof(Sample), "Reverse"), p: [1, 2, 3]).Bytes!);
        Assert.Equal([7], Guest.Call(Entry.InvokeRaw, Guest.Method(typeof(Sample), "FirstOf"), p: [7, 8]).Bytes!);
        Assert.Equal("argument", Fails(() => Guest.Call(Entry.InvokeRaw, Guest.Method(typeof(Sample), "Add"), p: [])).Kind);
    }

    [Fact]
    public void ScalarSignaturesAreTold()
    {
        ulong add = Guest.Method(typeof(Sample), "Add");
        Assert.Equal("iii", Encoding.ASCII.GetString(Guest.Call(Entry.ScalarSignature, add).Bytes!));
        Assert.Equal("iii", _guest.Bridge.Scalars[add]);
        ulong item = Guest.Method(typeof(Sample), "get_Item");
        Assert.Equal("ii", Encoding.ASCII.GetString(Guest.Call(Entry.ScalarSignature, item).Bytes!));
        Assert.Equal("#ii", _guest.Bridge.Scalars[item]);
        Assert.Null(Guest.Call(Entry.ScalarSignature, Guest.Method(typeof(Sample), "Optional")).Bytes);
        Assert.Null(Guest.Call(Entry.ScalarSignature, Guest.Method(typeof(Sample.Plain), "Double")).Bytes);
        Assert.Equal("v", Encoding.ASCII.GetString(Guest.Call(Entry.ScalarSignature, Guest.Method(typeof(Sample), "Throw")).Bytes!));
    }

    [Fact]
    public void ExceptionsAreToldWhole()
    {
        HostFailure e = Fails(() => Guest.Invoke(typeof(Sample), "Throw"));
        Assert.Equal(("exception", "System.InvalidOperationException: outer"), (e.Kind, e.Message));
        Assert.Equal("System.InvalidOperationException", e.Exception["TypeName"]);
        Assert.Contains("Sample.Throw", (string)e.Exception["StackTrace"]!, StringComparison.Ordinal);
        Assert.Contains("Samples.cs:line", (string)e.Exception["StackTrace"]!, StringComparison.Ordinal);
        Assert.Contains(" ---> ", (string)e.Exception["Text"]!, StringComparison.Ordinal);
        Dictionary<string, object?> inner = (Dictionary<string, object?>)((object?[])e.Exception["Inner"]!)[0]!;
        Assert.Equal("inner", inner["Message"]);
        Dictionary<string, object?> properties = (Dictionary<string, object?>)inner["Properties"]!;
        Assert.Equal("42", Assert.Single(properties).Value);

        e = Fails(() => Guest.Invoke(typeof(Sample), "ThrowMany"));
        Assert.Equal(2, ((object?[])e.Exception["Inner"]!).Length);
        e = Fails(() => Guest.Invoke(typeof(Sample), "ThrowRude"));
        Assert.Contains("RudeException", e.Message, StringComparison.Ordinal);
        e = Fails(() => Create(typeof(Sample), 1.5, 2.5, 3.5));
        Assert.Equal("Isolator.Runtime.Tests.SampleException: no 1.5 2.5 3.5", e.Message);

        InvalidOperationException thrown = new("plain");
        byte[] described = Guest.Call(Entry.DescribeException, Handles.New(thrown, HandleKind.Object)).Bytes!;
        Assert.Equal("System.InvalidOperationException: plain", Wire.Read<Dictionary<string, object?>>(described)["Message"]);
    }

    [Fact]
    public void PlainTextIsThatOfToString()
    {
        try
        {
            Sample.ThrowMany();
        }
        catch (AggregateException e)
        {
            byte[] described = Guest.Call(Entry.DescribeException, Handles.New(e.InnerExceptions[0], HandleKind.Object)).Bytes!;
            Dictionary<string, object?> exception = (Dictionary<string, object?>)Wire.Read<Dictionary<string, object?>>(described)["Exception"]!;
            Assert.Equal(e.InnerExceptions[0].ToString(), exception["Text"]);
        }
    }

    [Fact]
    public void ConstructorsThatDoNotFitAreListed()
    {
        HostFailure e = Fails(() => Create(typeof(Sample), true));
        Assert.Equal("member-not-found", e.Kind);
        Assert.Contains("Sample(string name)", e.Candidates);
        Assert.Contains("static class", Fails(() => Create(typeof(Math))).Message, StringComparison.Ordinal);
        Assert.Contains("interface", Fails(() => Create(typeof(IGreeter))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TasksArePolled()
    {
        Assert.Equal("async", Fails(() => Guest.Invoke(typeof(Sample), "LaterAsync", 1)).Kind);
        Assert.Equal(10, Wire.Read<int>(await Finish(Start("LaterAsync", 5))));
        Assert.Equal("now", Wire.Read<string>(await Finish(Start("AtOnceAsync"))));
        Assert.Equal(3, Wire.Read<int>(await Finish(Start("Add", 1, 2))));
        HostFailure e = await Assert.ThrowsAsync<HostFailure>(() => Finish(Start("FailAsync")));
        Assert.Equal("Isolator.Runtime.Tests.SampleException: later", e.Message);
        ulong never = Start("NeverAsync");
        Assert.Null(Guest.Call(Entry.PollTask, never).Bytes);
        Guest.Call(Entry.CancelTask, never);
        e = await Assert.ThrowsAsync<HostFailure>(() => Finish(never));
        Assert.Equal("System.Threading.Tasks.TaskCanceledException", e.Exception["TypeName"]);
    }

    [Fact]
    public async Task StreamsAreRead()
    {
        ulong source = Guest.Call(Entry.InvokeHandle, Guest.Method(typeof(Sample), "CountAsync"), p: Guest.Args(2)).Value;
        ulong stream = Guest.Call(Entry.OpenStream, source).Value;
        List<int> all = [];
        while (Wire.Read<int[]>(await Finish(Guest.Call(Entry.NextElement, stream).Value)) is [int item])
        {
            all.Add(item);
        }

        Assert.Equal([0, 1], all);
        Assert.Empty(Wire.Read<int[]>(await Finish(Guest.Call(Entry.NextElement, stream).Value)));
        Assert.Equal("argument", Fails(() => Guest.Call(Entry.OpenStream, Create(typeof(Sample)))).Kind);
    }

    [Fact]
    public void InspectionsListMembers()
    {
        Dictionary<string, object?> type = Wire.Read<Dictionary<string, object?>>(Guest.Call(Entry.Inspect, Guest.Type(typeof(Sample))).Bytes!);
        Assert.Equal(("Isolator.Runtime.Tests.Sample", "type", "T:Isolator.Runtime.Tests.Sample"), (type["Name"], type["Kind"], type["DocumentationId"]));
        Dictionary<string, object?>[] members = ((object?[])type["Members"]!).Cast<Dictionary<string, object?>>().ToArray();
        string[] ids = members.Select(m => (string)m["DocumentationId"]!).ToArray();
        Assert.Contains("M:Isolator.Runtime.Tests.Sample.Add(System.Int32,System.Int32)", ids);
        Assert.Contains("M:Isolator.Runtime.Tests.Sample.#ctor(System.String)", ids);
        Assert.Contains("M:Isolator.Runtime.Tests.Sample.Same``1(``0)", ids);
        Assert.Contains("P:Isolator.Runtime.Tests.Sample.Item(System.Int32)", ids);
        Assert.Contains("M:Isolator.Runtime.Tests.Sample.Call(System.Func{System.Int32,System.Int32},System.Int32)", ids);
        Assert.Contains("F:Isolator.Runtime.Tests.Sample.Limit", ids);
        Assert.Contains(members, m => (string)m["Signature"]! == "static string Optional(int a, int b = 2, string c = \"c\", System.DayOfWeek d = Monday)");
        Dictionary<string, object?> assembly = Wire.Read<Dictionary<string, object?>>(Guest.Call(Entry.Inspect, Guest.Assembly("Isolator.Runtime")).Bytes!);
        Assert.Contains("assembly", (string)assembly["Kind"]!, StringComparison.Ordinal);
    }

    private static ulong Start(string name, params object?[] args) =>
        Guest.Call(Entry.InvokeAsync, Guest.Method(typeof(Sample), name), p: Guest.Args(args)).Value;

    private static async Task<byte[]> Finish(ulong task)
    {
        for (int i = 0; i < 500; i++)
        {
            if (Guest.Call(Entry.PollTask, task).Bytes is { } bytes)
            {
                return bytes;
            }

            await Task.Delay(5);
        }

        throw new TimeoutException();
    }
}
