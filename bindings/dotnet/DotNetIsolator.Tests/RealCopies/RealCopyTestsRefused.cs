using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>What no copy can be made of is refused here, before the call, with the path to it, its type and what to do.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsRefused : IDisposable
{
    private static int s_calls;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public static TheoryData<string> Cases => [.. All().Select(each => each.Name)];

    public void Dispose() => _runtime.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void As_an_argument(string name)
    {
        (_, object value, string path, Type type) = All().Single(each => each.Name == name);
        IsolatedMethod method = _runtime.GetMethod(typeof(RealCopyTestsRefused), nameof(Take));
        Refused(() => method.InvokeVoid(null, value), path, type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void As_an_argument_of_an_asynchronous_call(string name)
    {
        (_, object value, string path, Type type) = All().Single(each => each.Name == name);
        IsolatedMethod method = _runtime.GetMethod(typeof(RealCopyTestsRefused), nameof(TakeLater));
        Refused(() => method.InvokeVoidAsync(null, value).GetAwaiter().GetResult(), path, type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void As_an_object_to_copy(string name)
    {
        (_, object value, string path, Type type) = All().Single(each => each.Name == name);
        Refused(() => _runtime.CopyObject(value).Dispose(), path, type);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void As_a_captured_variable(string name)
    {
        (_, object order, string path, Type type) = All().Single(each => each.Name == name);
        Refused(() => _runtime.Invoke(() => Take(order)), "order", type);
        Refused(() => _runtime.Invoke(() => Take(order)), path, type);
    }

    [Fact]
    public void Where_it_lies_is_said_in_the_callers_words()
    {
        var order = new Order { Lines = [new Line(), new Line(), Subscribed()] };
        IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => Take(order)));
        Assert.Contains("order.Lines[2].Changed", e.Message, StringComparison.Ordinal);
        Assert.Contains("EventHandler", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("k__BackingField", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_closure_of_a_closure()
    {
        var first = new Line();
        for (int i = 0; i < 1; i++)
        {
            var second = new Order { Lines = [Subscribed()] };
            int number = i;
            IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => Take(new object[] { second, first, number })));
            Assert.Contains("second.Lines[0].Changed", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void In_a_captured_this()
    {
        IsolatedException e = Assert.Throws<IsolatedException>(() => new Owner().Try(_runtime));
        Assert.Contains("_handler", e.Message, StringComparison.Ordinal);
        Assert.Contains("Action", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_callbacks_result_it_is_the_hosts_failure()
    {
        _runtime.RegisterCallback("order", () => new Order { Lines = [Subscribed()] });
        Assert.Equal("caught", _runtime.Invoke(() =>
        {
            try
            {
                return DotNetIsolatorHost.Invoke<Order>("order").Lines!.Count.ToString();
            }
            catch (HostCallException)
            {
                return "caught";
            }
        }));
    }

    [Fact]
    public void What_is_null_is_no_reason()
    {
        var order = new Order { Lines = [new Line()], Log = null, Handlers = [] };
        Assert.Equal(1, _runtime.Invoke(() => order.Lines.Count));
    }

    [Fact]
    public void What_other_lambdas_of_the_scope_use_is_no_reason()
    {
        using var stream = new MemoryStream();
        var order = new Order { Lines = [new Line()] };
        Action here = () => stream.WriteByte((byte)order.Lines.Count);
        Assert.Equal(1, _runtime.Invoke(() => order.Lines.Count));
        here();
        Assert.Equal(1, stream.Length);
    }

    [Fact]
    public void An_object_inside_may_be_an_argument_and_not_a_part_of_one()
    {
        using IsolatedObject line = _runtime.CreateObject<Line>();
        Assert.Equal("line", _runtime.GetMethod(typeof(RealCopyTestsRefused), nameof(NameOf)).Invoke<IsolatedObject, string>(null, line));
        Refused(() => _runtime.CopyObject(new HasHandle { Handle = line }).Dispose(), ".Handle", typeof(IsolatedObject));
        Refused(() => _runtime.CopyObject(new List<object> { 1, line }).Dispose(), "[1]", typeof(IsolatedObject));
    }

    [Fact]
    public void A_refusal_costs_nothing()
    {
        s_calls = 0;
        IsolatedMethod method = _runtime.GetMethod(typeof(RealCopyTestsRefused), nameof(Take));
        for (int i = 0; i < 50; i++)
        {
            Assert.Throws<IsolatedException>(() => method.InvokeVoid(null, Subscribed()));
        }

        method.InvokeVoid(null, "fine");
        Assert.Equal(1, _runtime.Invoke(() => s_calls));
    }

    private static void Refused(Action call, string path, Type type)
    {
        IsolatedException e = Assert.Throws<IsolatedException>(call);
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.False(e.IsFatal);
        Assert.Null(e.GuestException);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(type.Name.Split('`')[0], e.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, object Value, string Path, Type Type)> All()
    {
        Action action = () => s_calls++;
        yield return ("a delegate", action, "", typeof(Action));
        yield return ("a delegate in a field", new Order { Log = action }, ".Log", typeof(Action));
        yield return ("a delegate in a list", new Order { Handlers = [() => 1, () => 2] }, ".Handlers[0]", typeof(Func<int>));
        yield return ("a delegate in an array of objects", new object[] { 1, action }, "[1]", typeof(Action));
        yield return ("a delegate in a dictionary", new Dictionary<string, object> { ["a"] = 1, ["do it"] = action }, "do it", typeof(Action));
        yield return ("a delegate in a dictionary's key", new Dictionary<object, int> { [action] = 1 }, "", typeof(Action));
        yield return ("a delegate in a struct", new DelegateStruct { N = 1, Function = () => 5 }, ".Function", typeof(Func<int>));
        yield return ("a delegate in a boxed struct", new DynamicShapes.Holder { Value = new DelegateStruct { Function = () => 5 } }, ".Value.Function", typeof(Func<int>));
        yield return ("a delegate in a tuple", (1, action), ".Item2", typeof(Action));
        yield return ("a delegate in a base class", new DerivedLine { More = 5 }.Subscribe(), ".Changed", typeof(EventHandler));
        yield return ("an event with a subscriber", Subscribed(), ".Changed", typeof(EventHandler));
        yield return ("an event deep down", new Order { Lines = [new Line(), new Line(), Subscribed()] }, ".Lines[2].Changed", typeof(EventHandler));
        yield return ("an event in an array", new[] { null, Subscribed() }, "[1].Changed", typeof(EventHandler));
        yield return ("an event in two dimensions", new[,] { { null, new Line() }, { null, Subscribed() } }, "[1,1].Changed", typeof(EventHandler));
        yield return ("an event in a set", new HashSet<Line> { Subscribed() }, ".Changed", typeof(EventHandler));
        yield return ("an event in a dictionary's value", new Dictionary<string, Line> { ["x"] = Subscribed() }, ".Changed", typeof(EventHandler));
        yield return ("an event in an anonymous type", new { Name = "n", Line = Subscribed() }, ".Line.Changed", typeof(EventHandler));
        yield return ("a property changed with a subscriber", Notifying(), ".PropertyChanged", typeof(System.ComponentModel.PropertyChangedEventHandler));
        yield return ("a lazy value that was not made", new DynamicShapes.Holder { Value = new Lazy<int>(() => 5) }, ".Value", typeof(Lazy<int>));
        yield return ("a comparer made of a delegate", new SortedSet<int>(Comparer<int>.Create((a, b) => b - a)), "", typeof(Comparison<int>));
        yield return ("a stream", new MemoryStream(), "", typeof(MemoryStream));
        yield return ("a stream in a field", new DynamicShapes.Holder { Value = new MemoryStream() }, ".Value", typeof(MemoryStream));
        yield return ("a writer", new DynamicShapes.Holder { Value = TextWriter.Null }, ".Value", TextWriter.Null.GetType());
        yield return ("a task", new DynamicShapes.Holder { Value = Task.CompletedTask }, ".Value", typeof(Task));
        yield return ("a task of a value", new List<Task<int>> { Task.FromResult(5) }, "[0]", typeof(Task<int>));
        yield return ("a task completion source", new DynamicShapes.Holder { Value = new TaskCompletionSource<int>() }, ".Value", typeof(TaskCompletionSource<int>));
        yield return ("a token that can be cancelled", new DynamicShapes.Holder { Value = new CancellationTokenSource() }, ".Value", typeof(CancellationTokenSource));
        yield return ("a thread", new DynamicShapes.Holder { Value = Thread.CurrentThread }, ".Value", typeof(Thread));
        yield return ("a timer", new DynamicShapes.Holder { Value = new Timer(_ => { }) }, ".Value", typeof(Timer));
        yield return ("a semaphore", new DynamicShapes.Holder { Value = new ManualResetEvent(false) }, ".Value", typeof(ManualResetEvent));
        yield return ("a pointer", new HasPointer(), ".Pointer", typeof(int*));
    }

    private static Line Subscribed()
    {
        Line made = new();
        made.Changed += (_, _) => s_calls++;
        return made;
    }

    private static ClassShapes.Notifying Notifying()
    {
        ClassShapes.Notifying made = new();
        made.PropertyChanged += (_, _) => s_calls++;
        return made;
    }


    private static void Take(object value) => s_calls += value is null ? 0 : 1;

    private static Task TakeLater(object value)
    {
        Take(value);
        return Task.CompletedTask;
    }

    private static string NameOf(Line line) => line.Name;

    private sealed class Order
    {
        public List<Line>? Lines { get; set; }

        public Action? Log;

        public Func<int>[]? Handlers { get; init; }
    }

    private class Line
    {
        public event EventHandler? Changed;

        public string Name { get; } = "line";

        public void Raise() => Changed?.Invoke(this, EventArgs.Empty);
    }

    private sealed class DerivedLine : Line
    {
        public int More { get; init; }

        public DerivedLine Subscribe()
        {
            Changed += (_, _) => s_calls++;
            return this;
        }
    }

    private struct DelegateStruct
    {
        public int N;
        public Func<int>? Function;
    }

    private sealed class HasHandle
    {
        public IsolatedObject? Handle;
    }

    private sealed unsafe class HasPointer
    {
        public int* Pointer = (int*)8;
    }

    private sealed class Owner
    {
        private readonly Action _handler = () => s_calls++;
        private readonly int _n = 5;

        public int Try(IsolatedRuntime runtime) => runtime.Invoke(() => _n + (_handler is null ? 0 : 1));
    }
}
