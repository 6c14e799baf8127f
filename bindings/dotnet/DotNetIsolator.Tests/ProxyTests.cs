using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>Objects of the guest behind interfaces.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void Methods_and_properties_are_those_of_the_object_inside()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("deep thought");
        Assert.Equal(5, calculator.Add(2, 3));
        Assert.Equal("deep thought", calculator.Name);
        calculator.Memory = 40;
        calculator.AddToMemory(2);
        Assert.Equal(42, calculator.Memory);
        calculator["x"] = 1.5;
        Assert.Equal(1.5, calculator["x"]);
        Assert.Equal([2, 4], calculator.Double([1, 2]));
        Assert.Equal(new Pair("a", 1), calculator.Swap(new Pair("a", -1)));
        Assert.Null(calculator.Find("nothing"));
        Assert.Equal("calculator", _runtime.Get<ICalculator>(typeof(Calculator), "calculator").Name);
        Assert.Equal("by name", _runtime.Get<ICalculator>(
            typeof(Calculator).Assembly.GetName().Name!, "DotNetIsolator.Tests", "ProxyTests/Calculator", "by name").Name);
    }

    [Fact]
    public void Overloads_generic_methods_and_explicit_implementations_are_found()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("x");
        Assert.Equal("int 1", calculator.Show(1));
        Assert.Equal("string 1", calculator.Show("1"));
        Assert.Equal("list 2", calculator.Show(new List<int> { 1, 2 }));
        Assert.Equal("Int32 3", calculator.Describe(3));
        Assert.Equal("Pair Pair { Name = p, Number = 4 }", calculator.Describe(new Pair("p", 4)));
        Assert.Equal("explicit", calculator.Hidden());
        Assert.Equal("inherited", ((IBase)calculator).Inherited());
        Assert.Equal("default of x", calculator.Default());
        Assert.Equal("other default", _runtime.Get<ICalculator, OtherCalculator>("y").Default());
        IBox<Pair> box = _runtime.Get<IBox<Pair>, Box>();
        box.Put(new Pair("in", 1));
        Assert.Equal(new Pair("in", 1), box.Take());
    }

    [Fact]
    public void Ref_and_out_come_back()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("x");
        int number = 5;
        Assert.True(calculator.TryHalve(9, out int half, ref number, out string text));
        Assert.Equal((4, 6, "9/2"), (half, number, text));
        calculator.Increment(ref number);
        Assert.Equal(7, number);
    }

    [Fact]
    public async Task Tasks_are_awaited_and_their_tokens_reach_the_guest()
    {
        IService service = _runtime.Get<IService, Service>();
        Assert.Equal("one", await service.LoadAsync("one", TestContextToken));
        await service.WaitAsync();
        await service.WaitShortlyAsync();
        Assert.Equal(3, await service.CountAsync(2));
        using CancellationTokenSource cancel = new();
        Task forever = service.ForeverAsync(cancel.Token);
        await Task.Delay(10);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forever);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await service.LoadAsync("late", cancel.Token));
        Assert.Equal(1, service.Synchronous(1, CancellationToken.None));
        IsolatedException e = await Assert.ThrowsAsync<IsolatedException>(() => service.FailAsync());
        Assert.Equal("later", e.GuestException!.Message);
        List<int> all = [];
        await foreach (int each in service.Numbers(3))
        {
            all.Add(each);
        }

        Assert.Equal([0, 1, 2], all);
    }

    [Fact]
    public void An_exception_is_as_thrown_by_the_call()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("x");
        IsolatedException e = Assert.Throws<IsolatedException>(() => calculator.Fail("why"));
        Assert.Equal(IsolatedErrorKind.GuestException, e.Kind);
        Assert.Equal(("System.InvalidOperationException", "why"), (e.GuestException!.TypeName, e.GuestException.Message));
        Assert.Equal(2, calculator.Add(1, 1));
    }

    [Fact]
    public void Interfaces_that_are_results_and_proxies_that_are_arguments_stay_inside()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("first");
        ICalculator second = calculator.Make("second")!;
        Assert.Equal("second", second.Name);
        Assert.Equal("first and second", calculator.Join(second));
        Assert.Equal("second and second", second.Join(second));
        using IsolatedObject target = _runtime.CreateObject<Calculator>("third");
        Assert.Equal("third and first", target.Invoke<ICalculator, string>("Join", calculator));
        Assert.Null(calculator.Make(string.Empty));
        using IsolatedRuntime other = new(SharedHost.Instance);
        ICalculator foreign = other.Get<ICalculator, Calculator>("foreign");
        IsolatedException e = Assert.Throws<IsolatedException>(() => calculator.Join(foreign));
        Assert.Equal(IsolatedErrorKind.BadHandle, e.Kind);
        Assert.Equal(4, calculator.Add(2, 2));
    }

    [Fact]
    public void Events_and_delegates_are_refused()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("x");
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => calculator.Changed += (_, _) => { });
        Assert.Contains("event", e.Message, StringComparison.Ordinal);
        Assert.Contains("Changed", e.Message, StringComparison.Ordinal);
        Assert.Contains("RegisterCallback", e.Message.Replace("Register a callback", "RegisterCallback", StringComparison.Ordinal), StringComparison.Ordinal);
        e = Assert.Throws<NotSupportedException>(() => calculator.Apply(x => x));
        Assert.Contains("delegate", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_every_object_has_does_not_enter_the_guest()
    {
        using IsolatedObject target = _runtime.CreateObject<Calculator>("x");
        ICalculator a = target.As<ICalculator>();
        ICalculator b = target.As<ICalculator>();
        ICalculator other = _runtime.Get<ICalculator, Calculator>("x");
        long calls = _runtime.GetUsage().Calls;
        Assert.True(a.Equals(b) && a.GetHashCode() == b.GetHashCode());
        Assert.False(a.Equals(other) || a.Equals(null) || a.Equals("x"));
        Assert.Single(new HashSet<ICalculator> { a, b });
        Assert.Contains("ICalculator", a.ToString(), StringComparison.Ordinal);
        Assert.Equal(calls, _runtime.GetUsage().Calls);
        Assert.Same(target, IsolatedObject.OfProxy(a));
        Assert.Null(IsolatedObject.OfProxy("x"));
        Assert.Null(IsolatedObject.OfProxy(null));
    }

    [Fact]
    public void What_cannot_be_a_proxy_is_refused_with_a_reason()
    {
        using IsolatedObject target = _runtime.CreateObject<Calculator>("x");
        ArgumentException noInterface = Assert.Throws<ArgumentException>(() => target.As<Calculator>());
        Assert.Contains("no interface", noInterface.Message, StringComparison.Ordinal);
        IsolatedException not = Assert.Throws<IsolatedException>(() => target.As<IService>());
        Assert.Contains("IService", not.Message, StringComparison.Ordinal);
        Assert.Equal(IsolatedErrorKind.Argument, not.Kind);
        using IsolatedRuntimeHost host = new();
        using IsolatedRuntime bare = new(host);
        using IsolatedObject list = bare.CreateObject<List<int>>();
        Assert.Equal(IsolatedErrorKind.AssemblyNotFound, Assert.Throws<IsolatedException>(() => list.As<ICalculator>()).Kind);
        Assert.Empty(list.As<ICollection<int>>());
    }

    [Fact]
    public void An_interface_with_members_that_no_value_can_be_passed_to_is_refused()
    {
        using IsolatedObject odd = _runtime.CreateObject<Odd>();
        Assert.Contains("Length", Assert.Throws<ArgumentException>(() => odd.As<ISpans>()).Message, StringComparison.Ordinal);
        Assert.Contains("Reference", Assert.Throws<ArgumentException>(() => odd.As<IReferences>()).Message, StringComparison.Ordinal);
        Assert.Equal(4, odd.As<IPlain>().Plain(3));
    }

    [Fact]
    public void After_disposal_a_call_is_an_error()
    {
        ICalculator calculator = _runtime.Get<ICalculator, Calculator>("x");
        Assert.Equal(3, calculator.Add(1, 2));
        IsolatedObject.OfProxy(calculator)!.Dispose();
        Assert.ThrowsAny<ObjectDisposedException>(() => calculator.Add(1, 2));
    }

    private static CancellationToken TestContextToken => CancellationToken.None;

    internal interface IBase
    {
        string Inherited();
    }

    internal interface ICalculator : IBase
    {
        event EventHandler Changed;

        string Name { get; }

        int Memory { get; set; }

        double this[string key] { get; set; }

        int Add(int a, int b);

        void AddToMemory(int number);

        int[] Double(int[] numbers);

        Pair Swap(Pair pair);

        string? Find(string key);

        string Show(int number);

        string Show(string text);

        string Show(List<int> numbers);

        string Describe<T>(T value);

        string Hidden();

        string Default() => "default of " + Name;

        bool TryHalve(int number, out int half, ref int count, out string text);

        void Increment(ref int number);

        void Fail(string why);

        ICalculator? Make(string name);

        string Join(ICalculator other);

        int Apply(Func<int, int> function);
    }

    private interface IPlain
    {
        static int Parse(ReadOnlySpan<char> text) => text.Length;

        int Plain(int number);
    }

    private interface ISpans : IPlain
    {
        int Length(ReadOnlySpan<byte> bytes);
    }

    private interface IReferences
    {
        ref int Reference();
    }

    private sealed class Odd : ISpans, IReferences
    {
        private int _field;

        public int Plain(int number) => number + 1;

        public int Length(ReadOnlySpan<byte> bytes) => bytes.Length;

        public ref int Reference() => ref _field;
    }

    internal interface IBox<T>
    {
        void Put(T value);

        T Take();
    }

    internal interface IService
    {
        Task<string> LoadAsync(string key, CancellationToken cancellation);

        Task WaitAsync();

        ValueTask WaitShortlyAsync();

        ValueTask<int> CountAsync(int from);

        Task ForeverAsync(CancellationToken cancellation);

        Task FailAsync();

        int Synchronous(int number, CancellationToken cancellation);

        IAsyncEnumerable<int> Numbers(int count);
    }

    internal sealed record Pair(string Name, int Number);

    internal class Calculator(string name) : ICalculator
    {
        private readonly Dictionary<string, double> _values = [];

        public event EventHandler? Changed;

        public string Name => name;

        public int Memory { get; set; }

        public double this[string key]
        {
            get => _values[key];
            set => _values[key] = value;
        }

        public int Add(int a, int b) => a + b;

        public void AddToMemory(int number)
        {
            Memory += number;
            Changed?.Invoke(this, EventArgs.Empty);
        }

        public int[] Double(int[] numbers) => Array.ConvertAll(numbers, n => 2 * n);

        public Pair Swap(Pair pair) => pair with { Number = -pair.Number };

        public string? Find(string key) => null;

        public string Show(int number) => $"int {number}";

        public string Show(string text) => $"string {text}";

        public string Show(List<int> numbers) => $"list {numbers.Count}";

        public string Describe<T>(T value) => $"{typeof(T).Name} {value}";

        string ICalculator.Hidden() => "explicit";

        string IBase.Inherited() => "inherited";

        public bool TryHalve(int number, out int half, ref int count, out string text)
        {
            (half, text) = (number / 2, $"{number}/2");
            count++;
            return true;
        }

        public void Increment(ref int number) => number++;

        public void Fail(string why) => throw new InvalidOperationException(why);

        public ICalculator? Make(string other) => other.Length == 0 ? null : new Calculator(other);

        public string Join(ICalculator other) => $"{Name} and {other.Name}";

        public int Apply(Func<int, int> function) => function(1);
    }

    internal sealed class OtherCalculator(string name) : Calculator(name), ICalculator
    {
        string ICalculator.Default() => "other default";

        string ICalculator.Hidden() => "hidden";

        string IBase.Inherited() => "other";
    }

    internal sealed class Box : IBox<Pair>
    {
        private Pair? _value;

        public void Put(Pair value) => _value = value;

        public Pair Take() => _value!;
    }

    internal sealed class Service : IService
    {
        public async Task<string> LoadAsync(string key, CancellationToken cancellation)
        {
            await Task.Delay(1, cancellation);
            return key;
        }

        public Task WaitAsync() => Task.Delay(1);

        public async ValueTask WaitShortlyAsync() => await Task.Yield();

        public async ValueTask<int> CountAsync(int from)
        {
            await Task.Yield();
            return from + 1;
        }

        public Task ForeverAsync(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

        public async Task FailAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("later");
        }

        public int Synchronous(int number, CancellationToken cancellation) => cancellation.IsCancellationRequested ? -1 : number;

        public async IAsyncEnumerable<int> Numbers(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }
}
