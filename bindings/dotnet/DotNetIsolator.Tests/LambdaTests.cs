using System.Runtime.InteropServices;
using Xunit;

namespace DotNetIsolator.Tests;

public sealed class LambdaTests : IDisposable
{
    public static int Counter;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void A_static_lambda_without_a_result_runs() => _runtime.Invoke(static () => { });

    [Fact]
    public void A_static_lambda_gives_its_result() => Assert.Equal(123, _runtime.Invoke(static () => 123));

    [Fact]
    public void It_runs_inside() => Assert.Equal(Architecture.Wasm, _runtime.Invoke(() => RuntimeInformation.OSArchitecture));

    [Fact]
    public void A_captured_number_goes_in()
    {
        int captured = 41;
        Assert.Equal(42, _runtime.Invoke(() => captured + 1));
    }

    [Fact]
    public void Captured_objects_go_in_with_their_private_members()
    {
        int number = 5;
        bool flag = true;
        var person = new Person("Ada", ["chess", "hiking"]);
        person.SetSecret("hidden");
        Assert.Equal("5 True Ada: chess, hiking (hidden)", _runtime.Invoke(() => $"{number} {flag} {person.Describe()}"));
    }

    [Fact]
    public void What_a_lambda_changes_it_changes_inside()
    {
        Counter = 0;
        int local = 0;
        var list = new List<int> { 1 };
        int inside = _runtime.Invoke(() =>
        {
            Counter++;
            local++;
            list.Add(2);
            return Counter + local + list.Count;
        });
        Assert.Equal(4, inside);
        Assert.Equal((0, 0, 1), (Counter, local, list.Count));
        Assert.Equal(1, _runtime.Invoke(() => Counter));
    }

    [Fact]
    public void Closures_may_nest()
    {
        int outer = 1;
        for (int i = 2; i < 4; i++)
        {
            int inner = i;
            Assert.Equal(1 + inner, _runtime.Invoke(() =>
            {
                int sum = outer;
                sum += inner;
                return sum;
            }));
        }
    }

    [Fact]
    public void A_closure_may_hold_delegates_that_the_compiler_caches()
    {
        // In a loop, the lambda's delegate is kept in the closure that it captures.
        int shared = 5;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(5, _runtime.Invoke(() => shared));
        }
    }

    [Fact]
    public async Task What_only_other_lambdas_of_the_scope_capture_stays_here()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        using Stream stream = new MemoryStream();
        Func<int> number = () => 3;
        int used = 4;
        var others = new List<Func<object>> { () => runtime, () => stream, number.Invoke().ToString };
        runtime.RegisterCallback("again", () => runtime.Invoke(() => used * 2));
        Assert.Equal(4, runtime.Invoke(() => used));
        Assert.Equal(5, runtime.Invoke(() => Enumerable.Range(0, 3).Select(i => i + used - 1).Last()));
        Assert.Equal(8, runtime.Invoke(Local));
        Assert.Equal(8, runtime.Invoke(() => DotNetIsolatorHost.Invoke<int>("again")));
        Assert.Equal(9, await runtime.InvokeAsync(async () =>
        {
            await Task.Yield();
            int more = used;
            await Task.Delay(1);
            return more + used + 1;
        }));
        for (int i = 0; i < 2; i++)
        {
            int inner = i;
            Assert.Equal(4 + inner, runtime.Invoke(() => used + inner));
            others.Add(() => (runtime, inner));
        }

        int Local() => Nested() + used;
        int Nested() => used;
    }

    [Fact]
    public void A_local_function_can_be_invoked()
    {
        Assert.Equal("Wasm", _runtime.Invoke(Local));
        static string Local() => RuntimeInformation.OSArchitecture.ToString();
    }

    [Fact]
    public void A_local_function_that_captures_can_be_invoked()
    {
        string greeting = "hello";
        Assert.Equal("hello, Wasm", _runtime.Invoke(Local));
        string Local() => $"{greeting}, {RuntimeInformation.OSArchitecture}";
    }

    [Fact]
    public void A_method_group_of_an_object_brings_the_object()
    {
        var person = new Person("Alan", ["running"]);
        Assert.Equal("Alan: running ()", _runtime.Invoke(person.Describe));
    }

    [Fact]
    public void A_method_group_of_a_static_method_can_be_invoked() => Assert.Equal(7, _runtime.Invoke(Seven));

    [Fact]
    public void An_overloaded_method_group_finds_the_overload_without_parameters() => Assert.Equal("none", _runtime.Invoke<string>(Overloads.Which));

    [Fact]
    public void A_method_group_of_an_extension_brings_what_it_extends() => Assert.Equal("dlrow", _runtime.Invoke("world".Backwards));

    [Fact]
    public void A_lambda_in_a_generic_method_knows_its_type_arguments()
    {
        Assert.Equal("System.Int32 5", Generic(5));
        Assert.Equal("System.String x", Generic("x"));
        Assert.Equal("DotNetIsolator.Tests.LambdaTests+Point (1, 2)", Generic(new Point(1, 2)));
        string Generic<T>(T value)
        {
            return _runtime.Invoke(new Holder<T>(value).Describe) == $"{typeof(T)} {value}" ? InLambda(_runtime, value) : "wrong";
        }
    }

    [Fact]
    public void A_generic_method_group_can_be_invoked() => Assert.Equal("System.Int64", _runtime.Invoke(NameOf<long>));

    [Fact]
    public void A_record_comes_back()
    {
        Point point = _runtime.Invoke(() => new Point(3, 4));
        Assert.Equal(new Point(3, 4), point);
    }

    [Fact]
    public void An_exception_surfaces_with_type_message_and_stack()
    {
        var e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(Throw));
        Assert.Equal(IsolatedErrorKind.GuestException, e.Kind);
        Assert.Contains("System.InvalidTimeZoneException: no such zone", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("at DotNetIsolator.Tests.LambdaTests.Throw()", e.ToString(), StringComparison.Ordinal);
        Assert.Equal("no such zone", e.GuestException!.Message);
        Assert.Equal(1, _runtime.Invoke(() => 1));
    }

    [Fact]
    public void The_same_lambda_can_be_invoked_again_and_sees_what_is_captured_then()
    {
        int captured = 0;
        Func<int> lambda = () => captured * 10;
        for (; captured < 5; captured++)
        {
            Assert.Equal(captured * 10, _runtime.Invoke(lambda));
        }
    }

    [Fact]
    public void A_delegate_of_several_methods_is_refused()
    {
        Action two = static () => { };
        two += static () => { };
        Assert.Throws<ArgumentException>(() => _runtime.Invoke(two));
    }

    [Fact]
    public void A_delegate_compiled_at_run_time_is_refused()
    {
        Func<int> compiled = System.Linq.Expressions.Expression.Lambda<Func<int>>(System.Linq.Expressions.Expression.Constant(1)).Compile();
        Assert.Contains("at run time", Assert.ThrowsAny<ArgumentException>(() => _runtime.Invoke(compiled)).Message, StringComparison.Ordinal);
    }

    private static string InLambda<T>(IsolatedRuntime runtime, T value)
    {
        T captured = value;
        return runtime.Invoke(() => $"{typeof(T)} {captured}");
    }

    private static int Seven() => 7;

    private static void Throw() => throw new InvalidTimeZoneException("no such zone");

    private static string NameOf<T>() => typeof(T).ToString();

    public readonly record struct Point(int X, int Y)
    {
        public override string ToString() => $"({X}, {Y})";
    }

    private static class Overloads
    {
        public static string Which() => "none";

        public static string Which(int number) => $"{number}";
    }

    private sealed class Holder<T>(T value)
    {
        public string Describe() => $"{typeof(T)} {value}";
    }

    private sealed class Person(string name, List<string> hobbies)
    {
        private string? _secret;

        public void SetSecret(string value) => _secret = value;

        public string Describe() => $"{name}: {string.Join(", ", hobbies)} ({_secret})";
    }
}

internal static class TextExtensions
{
    public static string Backwards(this string text) => string.Concat(text.Reverse());
}
