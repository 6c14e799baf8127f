using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>What arguments, captured variables and lambdas share, and values of some size.</summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsShared : IDisposable
{
    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public void One_object_in_two_arguments_is_one_inside()
    {
        var one = new GraphShapes.Node { Name = "one" };
        IsolatedMethod same = _runtime.GetMethod(typeof(RealCopyTestsShared), nameof(AreSame));
        Assert.True(same.Invoke<GraphShapes.Node, GraphShapes.Node, bool>(null, one, one));
        Assert.True(same.Invoke<GraphShapes.Node, object, bool>(null, one, one));
        Assert.True(same.Invoke<bool>(null, one, one));
        Assert.False(same.Invoke<GraphShapes.Node, GraphShapes.Node, bool>(null, one, new GraphShapes.Node { Name = "one" }));

        // One leads to the other.
        IsolatedMethod leads = _runtime.GetMethod(typeof(RealCopyTestsShared), nameof(Leads));
        Assert.True(leads.Invoke<List<GraphShapes.Node>, GraphShapes.Node, bool>(null, [new GraphShapes.Node(), one], one));
        Assert.True(leads.Invoke<List<GraphShapes.Node>, GraphShapes.Node, bool>(null, [one, one], one));
        Assert.False(leads.Invoke<List<GraphShapes.Node>, GraphShapes.Node, bool>(null, [one, new GraphShapes.Node()], one));
    }

    [Fact]
    public async Task One_object_in_two_arguments_of_an_asynchronous_call_is_one_inside()
    {
        var one = new GraphShapes.Node { Name = "one" };
        IsolatedMethod same = _runtime.GetMethod(typeof(RealCopyTestsShared), nameof(AreSameLater));
        Assert.True(await same.InvokeAsync<bool>(null, one, one));
        Assert.False(await same.InvokeAsync<bool>(null, one, new GraphShapes.Node { Name = "one" }));
    }

    [Fact]
    public void One_object_in_two_arguments_of_a_constructor_is_one_inside()
    {
        int[] one = [1, 2];
        using IsolatedObject made = _runtime.CreateObject<TwoArrays>(one, one);
        Assert.True(made.Invoke<bool>("AreSame"));
        using IsolatedObject other = _runtime.CreateObject<TwoArrays>(one, (int[])[1, 2]);
        Assert.False(other.Invoke<bool>("AreSame"));
    }

    [Fact]
    public void One_object_captured_by_two_variables_is_one_inside()
    {
        var one = new GraphShapes.Node { Name = "one" };
        GraphShapes.Node two = one;
        object three = one;
        var list = new List<object> { one };
        Assert.True(_runtime.Invoke(() => ReferenceEquals(one, two) && ReferenceEquals(two, three) && ReferenceEquals(list[0], one)));
    }

    [Fact]
    public void One_object_captured_in_two_scopes_is_one_inside()
    {
        var one = new GraphShapes.Node { Name = "one" };
        for (int i = 0; i < 2; i++)
        {
            GraphShapes.Node inner = one;
            int number = i;
            Assert.Equal(10 + i, _runtime.Invoke(() => ReferenceEquals(one, inner) ? 10 + number : -1));
        }
    }

    [Fact]
    public void A_captured_this_and_what_it_holds_are_one_inside()
    {
        var holder = new SelfHolder();
        Assert.True(holder.Try(_runtime));
        Assert.True(holder.TryLocal(_runtime));
    }

    [Fact]
    public void A_method_group_takes_its_target_with_it()
    {
        var polar = new ClassShapes.Polar(180);
        Assert.Equal(BitConverter.DoubleToInt64Bits(Math.PI), _runtime.Invoke(new Target(polar).Angle));
    }

    [Fact]
    public void A_lambda_within_a_lambda_keeps_what_they_share()
    {
        var one = new GraphShapes.Node { Name = "one" };
        int count = 0;
        string text = _runtime.Invoke(() =>
        {
            Action add = () => count++;
            Func<bool> same = () =>
            {
                var inner = one;
                return ReferenceEquals(inner, one);
            };
            add();
            add();
            return $"{count} {same()}";
        });
        Assert.Equal("2 True", text);
        Assert.Equal(0, count);
    }

    [Fact]
    public void A_local_function_and_what_it_captures_arrive()
    {
        var dictionary = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["Key"] = 5 };
        int Add(int n) => n + dictionary["KEY"];
        Assert.Equal(6, _runtime.Invoke(() => Add(1)));
    }

    [Fact]
    public void What_the_guest_changes_is_a_copy()
    {
        var one = new GraphShapes.Node { Name = "one", Map = [] };
        one.Map["me"] = one;
        GraphShapes.Node back = _runtime.Invoke(() =>
        {
            one.Map["me"].Name = "changed";
            return one;
        });
        Assert.Equal(("one", "changed"), (one.Name, back.Name));
        Assert.Same(back, back.Map!["me"]);
        Assert.NotSame(one, back);
    }

    [Fact]
    public async Task What_an_iterator_or_an_async_method_has_captured_goes_in()
    {
        var one = new GraphShapes.Node { Name = "one" };
        GraphShapes.Node two = one;
        Assert.Equal("one!", await _runtime.InvokeAsync(async () =>
        {
            await Task.Delay(1);
            return ReferenceEquals(one, two) ? one.Name + "!" : "two";
        }));
        Assert.Equal([1, 2, 3], _runtime.Invoke(() => Count(one, two).ToList()));

        static IEnumerable<int> Count(object first, object second)
        {
            yield return 1;
            yield return 2;
            if (ReferenceEquals(first, second))
            {
                yield return 3;
            }
        }
    }

    [Fact]
    public void One_object_in_two_arguments_of_a_callback_is_one_here()
    {
        bool? same = null;
        _runtime.RegisterCallback("same", (GraphShapes.Node a, List<GraphShapes.Node> b) =>
        {
            same = ReferenceEquals(a, b[0]) && ReferenceEquals(a.Next, a);
            return b;
        });
        Assert.True(_runtime.Invoke(() =>
        {
            var one = new GraphShapes.Node { Name = "one" };
            one.Next = one;
            List<GraphShapes.Node> back = DotNetIsolatorHost.Invoke<List<GraphShapes.Node>>("same", one, new List<GraphShapes.Node> { one });
            return back.Count == 1 && ReferenceEquals(back[0].Next, back[0]) && !ReferenceEquals(back[0], one);
        }));
        Assert.True(same);
    }

    [Fact]
    public void A_list_of_100_000_nodes_crosses_both_ways()
    {
        const int Length = 100_000;
        GraphShapes.Node first = GraphShapes.Chain(Length);
        Assert.Equal((Length, 4_999_950_000L), _runtime.Invoke(() => Sum(first)));
        GraphShapes.Node back = _runtime.Invoke(() => GraphShapes.Chain(Length));
        Assert.Null(GraphComparer.FirstDifference(first, back));
    }

    [Fact]
    public void A_list_of_100_000_nodes_in_objects_crosses_both_ways()
    {
        object nested = "end";
        for (int i = 0; i < 100_000; i++)
        {
            nested = new object[] { nested, i };
        }

        Assert.Equal(100_000, _runtime.Invoke(() => Depth(nested)));
        object back = _runtime.Invoke(() =>
        {
            object made = "end";
            for (int i = 0; i < 100_000; i++)
            {
                made = new object[] { made, i };
            }

            return made;
        });
        Assert.Null(GraphComparer.FirstDifference(nested, back));
    }

    [Fact]
    public void Two_hundred_thousand_small_objects_cross_both_ways()
    {
        const int Count = 200_000;
        Small[] many = [.. Enumerable.Range(0, Count).Select(i => new Small { Number = i, Text = i % 1000 == 0 ? $"{i}" : null })];
        Assert.Equal((Count, 19_999_900_000L, 200), _runtime.Invoke(() => (many.Length, many.Sum(m => (long)m.Number), many.Count(m => m.Text == $"{m.Number}"))));
        Small[] back = _runtime.Invoke(() => many);
        Assert.Null(GraphComparer.FirstDifference(many, back));
    }

    [Fact]
    public void Deep_and_wide_at_once()
    {
        // Dictionaries whose values lead on, as deep as they go.
        var first = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, object> last = first;
        for (int i = 0; i < 20_000; i++)
        {
            var next = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase) { ["Number"] = i };
            last["Next"] = next;
            last = next;
        }

        Assert.Equal((20_000, true), _runtime.Invoke(() =>
        {
            int count = 0;
            bool ignores = true;
            for (Dictionary<string, object>? each = first; each is not null; each = each.GetValueOrDefault("NEXT") as Dictionary<string, object>)
            {
                ignores &= count == 0 || each.ContainsKey("nUMBER");
                count++;
            }

            return (count - 1, ignores);
        }));
    }

    [Fact]
    public void Sequences_that_are_made_when_they_are_asked_for_cross_as_what_they_give()
    {
        int asked = 0;
        IEnumerable<int> numbers = Numbers(4);
        IEnumerable<int> query = new[] { 3, 1, 2 }.Where(n => n + asked < 3).Select(n => n * 10);
        Assert.Equal("0,1,4,9 10,20", _runtime.Invoke(() => string.Join(",", numbers) + " " + string.Join(",", query)));
        Assert.Equal([0, 1, 4], _runtime.Invoke(() => Numbers(3)));
        Assert.Equal([2, 4], _runtime.Invoke(() => new[] { 1, 2 }.Select(n => n * 2)));
        IReadOnlyList<int> literal = _runtime.Invoke<IReadOnlyList<int>>(() => [1, 2, 3]);
        Assert.Equal([1, 2, 3], literal);
        IEnumerable<string> one = _runtime.Invoke<IEnumerable<string>>(() => ["a"]);
        Assert.Equal(["a"], one);
    }

    private static IEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i * i;
        }
    }

    [Fact]
    public void Each_call_has_its_own_copy()
    {
        var one = new GraphShapes.Node { Name = "one" };
        IsolatedMethod keep = _runtime.GetMethod(typeof(RealCopyTestsShared), nameof(SameAsLast));
        Assert.False(keep.Invoke<GraphShapes.Node, bool>(null, one));
        Assert.False(keep.Invoke<GraphShapes.Node, bool>(null, one));
    }

    private static GraphShapes.Node? s_last;

    private static bool SameAsLast(GraphShapes.Node node)
    {
        bool same = ReferenceEquals(s_last, node);
        s_last = node;
        return same;
    }

    private static bool AreSame(object a, object b) => ReferenceEquals(a, b);

    private static async Task<bool> AreSameLater(object a, object b)
    {
        await Task.Yield();
        return ReferenceEquals(a, b);
    }

    private static bool Leads(List<GraphShapes.Node> list, GraphShapes.Node node) => ReferenceEquals(list[1], node);

    private static (int Count, long Sum) Sum(GraphShapes.Node first)
    {
        (int count, long sum) = (0, 0);
        for (GraphShapes.Node? each = first; each is not null; each = each.Next)
        {
            count++;
            sum += each.Inner.Number;
        }

        return (count, sum);
    }

    private static int Depth(object nested)
    {
        int depth = 0;
        while (nested is object[] { Length: 2 } outer)
        {
            depth++;
            nested = outer[0];
        }

        return nested is "end" ? depth : -1;
    }

    private sealed class TwoArrays(int[] a, int[] b)
    {
        public bool AreSame() => ReferenceEquals(a, b);
    }

    private sealed class Small
    {
        public int Number;
        public string? Text;
    }

    private sealed class Target(ClassShapes.Polar polar)
    {
        public long Angle() => BitConverter.DoubleToInt64Bits(polar.Angle);
    }

    private sealed class SelfHolder
    {
        private readonly List<SelfHolder> _all = [];

        public SelfHolder() => _all.Add(this);

        public bool Try(IsolatedRuntime runtime) => runtime.Invoke(() => ReferenceEquals(this, _all[0]));

        public bool TryLocal(IsolatedRuntime runtime)
        {
            List<SelfHolder> local = _all;
            return runtime.Invoke(() => ReferenceEquals(this, local[0]) && ReferenceEquals(local, _all));
        }
    }
}
