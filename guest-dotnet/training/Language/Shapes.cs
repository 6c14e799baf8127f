using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Linq;

namespace Training.Language;

/// <summary>Records, tuples, patterns, delegates, enums.</summary>
internal static class Shapes
{
    [Flags]
    private enum Access : byte
    {
        None = 0,
        Read = 1,
        [Description("to write")]
        Write = 2,
        Both = Read | Write,
    }

    private enum Big : long
    {
        Small = -5,
        Large = long.MaxValue,
    }

    public static void Records(Checksum sum)
    {
        Person person = new("Anna", 30) { Tags = ["x"] };
        Person older = person with { Age = 31 };
        sum.Add(person.ToString().StartsWith("Person { Name = Anna", StringComparison.Ordinal));
        sum.Add(person == older);
        sum.Add(person.Equals(person with { }));
        sum.Add(person.GetHashCode() == (person with { }).GetHashCode());
        (string name, int age) = older;
        sum.Add(name + age);
        Person employee = new Employee("Bob", 40, 5.5m);
        sum.Add(employee);
        sum.Add(employee != person);
        Pair<int, string> pair = new(1, "b");
        sum.Add(pair);
        sum.Add(pair == new Pair<int, string>(1, "b"));
        sum.Add(new HashSet<Pair<int, string>> { pair, new(1, "b") }.Count);
        sum.Add(new Dictionary<Person, int> { [person] = 1 }[person with { }]);
        sum.AddAll(new List<Pair<int, string>> { new(2, "a"), pair }.OrderBy(p => p.First));
    }

    public static void Tuples(Checksum sum)
    {
        (int Id, string Name) two = (1, "a");
        (int, long, double) three = (1, 2, 3.5);
        (int, int, int, int, int, int, int, int, int) nine = (1, 2, 3, 4, 5, 6, 7, 8, 9);
        sum.Add(two);
        sum.Add(three);
        sum.Add(nine);
        sum.Add(two == (1, "a"));
        sum.Add(two.CompareTo((1, "b")));
        sum.Add(three.Equals((1, 2L, 3.5)));
        sum.Add(nine.GetHashCode() == nine.GetHashCode());
        (int a, int b) = (3, 4);
        (a, b) = (b, a);
        sum.Add(a - b);
        sum.Add(Tuple.Create(1, "x", 2.5).Item3);
        sum.Add(new List<(string, int)> { ("b", 2), ("a", 1) }.Order().First());
        sum.Add(new Dictionary<(int, int), string> { [(1, 2)] = "v" }[(1, 2)]);
        sum.Add(new HashSet<(string, string)> { ("a", "b"), ("a", "b") }.Count);
        sum.Add(Enumerable.Range(0, 3).Select(i => (i, Square: i * i)).Sum(p => p.Square));
        ITupleSum(sum, two);
        int? none = null, some = 5;
        sum.Add(none ?? some);
        sum.Add(some.HasValue && some > none.GetValueOrDefault());
        sum.Add(Nullable.Compare(none, some));
        sum.Add(some + none is null);
        Index last = ^1;
        Range range = 1..^1;
        sum.Add(last.GetOffset(10) + range.GetOffsetAndLength(10).Length);

        static void ITupleSum(Checksum sum, System.Runtime.CompilerServices.ITuple tuple) => sum.Add(tuple.Length);
    }

    public static void Patterns(Checksum sum)
    {
        foreach (object? value in new object?[] { 1, -5, 2.5, "text", "", null, 'c', new[] { 1, 2, 3 }, new List<int> { 4 }, new Person("P", 5), DayOfWeek.Monday, (1, "x") })
        {
            sum.Add(value switch
            {
                int and > 0 => "positive",
                int i => $"int {i}",
                double d when d > 2 => "double",
                string { Length: 0 } => "empty",
                string s => s.ToUpperInvariant(),
                null => "null",
                char and (>= 'a' and <= 'z') => "letter",
                int[] and [1, .., var end] => $"array to {end}",
                IReadOnlyCollection<int> { Count: var count } => $"collection {count}",
                Person { Name: "P", Age: not 6 } p => p.Name,
                Enum e => e.ToString(),
                (int n, string t) => t + n,
                _ => "else",
            });
        }

        foreach (int i in Squares().Skip(2).TakeWhile(i => i < 60))
        {
            sum.Add(i);
        }

        using IEnumerator<int> enumerator = Squares().GetEnumerator();
        enumerator.MoveNext();
        sum.Add(enumerator.Current);

        static IEnumerable<int> Squares()
        {
            try
            {
                for (int i = 0; ; i++)
                {
                    yield return i * i;
                }
            }
            finally
            {
                GC.KeepAlive(null);
            }
        }
    }

    public static void Delegates(Checksum sum)
    {
        Func<int, int> add = x => x + 1;
        Func<int, int> twice = x => x * 2;
        Func<int, int> both = add + twice;
        sum.Add(both(5));
        sum.Add(both.GetInvocationList().Length);
        sum.Add((both - twice)!(5));
        Action<string> say = sum.Add;
        say += s => sum.Add(s.Length);
        say("delegates");
        Publisher publisher = new();
        EventHandler<int> handler = (_, i) => sum.Add(i);
        publisher.Changed += handler;
        publisher.Changed += (sender, i) => sum.Add(sender is Publisher);
        publisher.Raise(5);
        publisher.Changed -= handler;
        publisher.Raise(6);
        int captured = 0;
        List<Action> actions = [];
        for (int i = 0; i < 3; i++)
        {
            int copy = i;
            actions.Add(() => captured += copy);
        }

        actions.ForEach(a => a());
        sum.Add(captured);
        sum.Add(add.Method.ReturnType.Name);
        sum.Add(add.DynamicInvoke(5));
        sum.Add(Delegate.Combine(add, twice)!.Equals(both));
        Func<string, object> variant = s => s;
        Func<string, IComparable> text = s => s;
        variant = text;
        sum.Add(variant("v"));
        Comparison<string> comparison = string.CompareOrdinal;
        sum.Add(Math.Sign(comparison("a", "b")));
        Converter<int, string> converter = Convert.ToString;
        sum.Add(converter(5));
    }

    public static void Enums(Checksum sum)
    {
        foreach (Access access in Enum.GetValues<Access>())
        {
            sum.Add(access.ToString());
            sum.Add($"{access:D} {access:X} {access:G}");
            sum.Add(access.HasFlag(Access.Write));
            sum.Add(Enum.IsDefined(access));
            sum.Add(Enum.GetName(access));
        }

        sum.AddAll(Enum.GetNames<Access>());
        sum.Add(Enum.TryParse("read, write", true, out Access parsed) ? parsed : Access.None);
        sum.Add((Access)8);
        sum.Add(Enum.Parse(typeof(Big), "Large"));
        sum.Add(Enum.ToObject(typeof(Access), 2));
        sum.Add(Enum.GetUnderlyingType(typeof(Big)).Name);
        sum.Add(Enum.Format(typeof(Access), Access.Both, "g"));
        sum.Add(new Dictionary<Access, int> { [Access.Read] = 1 }[Access.Read]);
        sum.Add(((IConvertible)Access.Write).ToInt32(null) + (int)Big.Small);
        sum.Add(Enum.GetValues(typeof(DayOfWeek)).Length);
        sum.Add(Comparer<Access>.Default.Compare(Access.Read, Access.Write));
    }

    public static void Lifetimes(Checksum sum)
    {
        using (Disposing first = new(sum, 1))
        using (Disposing second = new(sum, 2))
        {
            sum.Add("using");
        }

        WeakReference weak = new(new object());
        GC.Collect();
        GC.WaitForPendingFinalizers();
        sum.Add(weak.IsAlive | true);
        sum.Add(new Disposing(sum, 3).MemberwiseCopy().Number);
        GC.SuppressFinalize(weak);
        GC.KeepAlive(weak);
        object boxed = 5;
        sum.Add(boxed.Equals(5) && boxed.GetType() == typeof(int) && ReferenceEquals(boxed, boxed));
        sum.Add((boxed as string) ?? "no");
        Span<int> stack = stackalloc int[8];
        stack.Fill(3);
        sum.Add(stack.IndexOf(4));
        sum.Add(Buffer.ByteLength(new int[3]));
        int[] copy = new int[3];
        Buffer.BlockCopy(new[] { 1, 2, 3 }, 4, copy, 0, 8);
        sum.AddAll(copy);
    }

    private record Person(string Name, int Age)
    {
        public List<string> Tags { get; init; } = [];
    }

    private sealed record Employee(string Name, int Age, decimal Salary) : Person(Name, Age);

    private readonly record struct Pair<T1, T2>(T1 First, T2 Second);

    private sealed class Publisher
    {
        public event EventHandler<int>? Changed;

        public void Raise(int value) => Changed?.Invoke(this, value);
    }

    private sealed class Disposing(Checksum sum, int number) : IDisposable
    {
        public int Number => number;

        public void Dispose() => sum.Add($"disposed {number}");

        public Disposing MemberwiseCopy() => (Disposing)MemberwiseClone();
    }
}
