using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>
/// What a guest may send to harm the process that takes it: each ends in an error or in a value that can be used as values are, and this process, its other
/// runtimes and mostly the guest's own live on.
/// </summary>
[Collection(RealCopyFixture.Name)]
public sealed class RealCopyTestsHostile : IDisposable
{
    /// <summary>More levels than a stack has room for, if each takes a frame.</summary>
    private const int Deep = 200_000;

    private static int s_freed;
    private static int s_ran;

    private readonly IsolatedRuntime _runtime = new(SharedHost.Instance, new IsolatedRuntimeOptions { StandardError = IsolatedOutput.Discard });

    public static TheoryData<string> Tricks => [.. AllTricks().Keys];

    public void Dispose() => _runtime.Dispose();

    [Theory]
    [MemberData(nameof(Tricks))]
    public void A_trick_is_an_error_or_a_value_that_can_be_used(string name)
    {
        Trick trick = AllTricks()[name];
        s_ran = 0;
        try
        {
            trick.Try(_runtime, name);
        }
        catch (IsolatedException e)
        {
            Assert.False(string.IsNullOrEmpty(e.Message));
            Assert.True(e.Message.Length < 20_000, $"{e.Message.Length} characters");
        }

        Assert.Equal(0, s_ran);
        using var other = new IsolatedRuntime(SharedHost.Instance);
        Assert.Equal([1, 2], other.Invoke(() => new List<int> { 1, 2 }));
    }

    [Fact]
    public void Types_that_one_guest_invents_are_not_missing_to_another()
    {
        object? invented = null;
        for (int round = 0; round < 40 && invented is null; round++)
        {
            int first = round * 100;
            try
            {
                _runtime.Invoke<object>(() => Many(first, 100));
            }
            catch (IsolatedException e)
            {
                invented = e;
            }
        }

        // Whatever became of it, an honest one may still say what nobody has said before.
        using var other = new IsolatedRuntime(SharedHost.Instance);
        object honest = other.Invoke<object>(() => new List<Dictionary<long, Queue<(byte, sbyte, decimal)>>> { new() { [5] = new([(1, 2, 3m)]) } });
        Assert.Equal((1, 2, 3m), Assert.IsType<List<Dictionary<long, Queue<(byte, sbyte, decimal)>>>>(honest)[0][5].Peek());
    }

    [Fact]
    public void A_comparer_of_the_applications_that_throws_is_an_error()
    {
        IsolatedException e = Assert.Throws<IsolatedException>(() => _runtime.Invoke(() => new Dictionary<Mood, int> { [new Mood { Good = true }] = 1 }.Spoil()));
        Assert.Equal(IsolatedErrorKind.Value, e.Kind);
        Assert.False(e.IsFatal);
        Assert.Single(_runtime.Invoke(() => new Dictionary<Mood, int> { [new Mood { Good = true }] = 1 }));
    }

    [Fact]
    public void What_a_guest_sent_is_not_finalized_here()
    {
        s_freed = 0;
        for (int i = 0; i < 20; i++)
        {
            // Of what the guest says that it owns, nothing is this process's to free.
            Assert.Equal(0x1234, Take());
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, s_freed);

        [MethodImpl(MethodImplOptions.NoInlining)]
        int Take() => _runtime.Invoke(() => new Owner { Address = 0x1234 }).Address;
    }

    /// <summary>Types of which there are as many as one likes: no two of these lists are of one type.</summary>
    private static object Many(int first, int count)
    {
        Type[] digits = [typeof(int), typeof(long), typeof(byte), typeof(short), typeof(char), typeof(bool), typeof(double), typeof(float), typeof(decimal), typeof(Guid)];
        var all = new object[count];
        for (int i = 0; i < count; i++)
        {
            int number = first + i;
            Type type = typeof(ValueTuple<,,,>).MakeGenericType(digits[number % 10], digits[number / 10 % 10], digits[number / 100 % 10], digits[number / 1000 % 10]);
            all[i] = Activator.CreateInstance(typeof(List<>).MakeGenericType(type))!;
        }

        return all;
    }

    private static Dictionary<string, Trick> AllTricks()
    {
        Dictionary<string, Trick> all = new(StringComparer.Ordinal);
        AddDeep(all);
        AddForged(all);
        return all;
    }

    private static void AddDeep(Dictionary<string, Trick> all)
    {
        Add<Dictionary<object, int>>(all, "a key of deep tuples", () => Plain(new Dictionary<object, int>(ReferenceEqualityComparer.Instance) { [Tuples()] = 1 }, "_comparer"), d => d.Count);
        Add<HashSet<object>>(all, "an element of deep boxed value tuples", () => Plain(new HashSet<object>(ReferenceEqualityComparer.Instance) { ValueTuples() }, "_comparer"), s => s.Count);
        Add<HashSet<Link>>(all, "an element that is a deep record", () => Plain(new HashSet<Link>(ReferenceEqualityComparer.Instance) { Links() }, "_comparer"), s => s.Count);
        Add<Dictionary<Link, int>>(all, "a key that is a deep record", () => Plain(new Dictionary<Link, int>(ReferenceEqualityComparer.Instance) { [Links()] = 1 }, "_comparer"), d => d.Count);
        Add<ImmutableHashSet<object>>(all, "an element of an immutable set", () => ImmutableHashSet.Create<object>(ReferenceEqualityComparer.Instance, Tuples()), s => s.Count);
        Add<SortedSet<object>>(all, "elements of a sorted set", () => Plain(new SortedSet<object>(new Anyhow()) { Tuples(), Tuples() }, "comparer", Comparer<object>.Default), s => s.Count);
        Add<Hashtable>(all, "a key of a hash table", () => Plain(new Hashtable(ReferenceEqualityComparer.Instance) { [Tuples()] = 1 }, "_keycomparer"), t => t.Count);
        Add<ConcurrentDictionary<object, int>>(all, "a key of a concurrent dictionary", () => new ConcurrentDictionary<object, int>([new(Tuples(), 1)], ReferenceEqualityComparer.Instance), d => d.Count);
        Add<Tuple<object?>>(all, "deep tuples", Tuples, t => t.ToString().Length + t.GetHashCode());
        Add<object>(all, "deep boxed value tuples", ValueTuples, t => t.ToString()!.Length + t.GetHashCode());
        Add<object>(all, "deep pairs", () =>
        {
            object made = "end";
            for (int i = 0; i < Deep; i++)
            {
                made = new KeyValuePair<object, object>(i, made);
            }

            return made;
        }, p => p.ToString()!.Length);
        Add<Collection<int>>(all, "collections of collections", () =>
        {
            Collection<int> made = [1];
            for (int i = 0; i < Deep; i++)
            {
                made = new Collection<int>(made);
            }

            return made;
        }, c => c.Count + c.Sum());
        Add<ReadOnlyCollection<int>>(all, "read-only collections of each other", () =>
        {
            ReadOnlyCollection<int> made = new([1]);
            for (int i = 0; i < Deep; i++)
            {
                made = new ReadOnlyCollection<int>(made);
            }

            return made;
        }, c => c.Count + c.Sum());
        Add<ReadOnlyDictionary<int, int>>(all, "read-only dictionaries of each other", () =>
        {
            ReadOnlyDictionary<int, int> made = new(new Dictionary<int, int> { [1] = 1 });
            for (int i = 0; i < Deep; i++)
            {
                made = new ReadOnlyDictionary<int, int>(made);
            }

            return made;
        }, d => d.Count + d[1]);
        Add<Collection<int>>(all, "a collection of itself", () =>
        {
            Collection<int> made = [];
            Put(typeof(Collection<int>), "items", made, made);
            return made;
        }, c => c.Count);
        Add<ObservableCollection<int>>(all, "an observable collection of itself", () =>
        {
            ObservableCollection<int> made = [];
            Put(typeof(Collection<int>), "items", made, made);
            return made;
        }, c => c.Count);
        Add<ReadOnlyDictionary<int, int>>(all, "a read-only dictionary of itself", () =>
        {
            ReadOnlyDictionary<int, int> made = new(new Dictionary<int, int>());
            Put(typeof(ReadOnlyDictionary<int, int>), "m_dictionary", made, made);
            return made;
        }, d => d.Count);
        Add<Collection<int>>(all, "two collections of each other", () =>
        {
            Collection<int> one = [];
            var two = new ReadOnlyCollection<int>(one);
            Put(typeof(Collection<int>), "items", one, two);
            return one;
        }, c => c.Count);
        Add<Failure>(all, "exceptions within exceptions", () =>
        {
            InvalidOperationException made = new("end");
            for (int i = 0; i < Deep; i++)
            {
                made = new InvalidOperationException("e", made);
            }

            return new Failure { Exception = made };
        }, f => f.Exception!.ToString().Length);
        Add<Lazies>(all, "lazy values of lazy values", () =>
        {
            object made = "end";
            for (int i = 0; i < Deep; i++)
            {
                made = new Lazy<object>(made);
            }

            return new Lazies { Value = (Lazy<object>)made };
        }, l => l.Value!.ToString()!.Length);
        Add<object>(all, "a type of 300 levels", () =>
        {
            Type made = typeof(int);
            for (int i = 0; i < 300; i++)
            {
                made = typeof(List<>).MakeGenericType(made);
            }

            return Activator.CreateInstance(made)!;
        }, o => o.ToString()!.Length);
        Add<object>(all, "an array of 30 dimensions", () => Array.CreateInstance(typeof(int), Enumerable.Repeat(1, 30).ToArray()), o => ((Array)o).Length);
        Add<object>(all, "a type that grows by twos", () =>
        {
            Type made = typeof(int);
            for (int i = 0; i < 12; i++)
            {
                made = typeof(Dictionary<,>).MakeGenericType(made, made);
            }

            return Activator.CreateInstance(made)!;
        }, o => o.ToString()!.Length);
    }

    private static void AddForged(Dictionary<string, Trick> all)
    {
        Add<bool[]>(all, "a bool of two", () => [Unsafe.BitCast<byte, bool>(2)], b => b[0] ? 1 : 0);
        Add<Flags>(all, "a bool of two in a field", () => new Flags { A = Unsafe.BitCast<byte, bool>(255), B = true }, f => f.A ? 1 : 0);
        Add<decimal>(all, "a decimal that is none", () => Forge<decimal>(0xff), d => d.ToString().Length);
        Add<decimal[]>(all, "decimals that are none", () => [Forge<decimal>(0xff), Forge<decimal>(0x77)], d => d.Sum(m => (double)m) > 0 ? 1 : 0);
        Add<DateTime>(all, "a date beyond the last", () => Forge<DateTime>(0x3f), d => d.ToString("O").Length);
        Add<DateTime[]>(all, "dates beyond the last", () => [Forge<DateTime>(0xff), Forge<DateTime>(0x3f)], d => d[1].AddDays(-1).Day);
        Add<DateTimeOffset>(all, "an offset beyond the last", () => Forge<DateTimeOffset>(0x7f), d => d.ToString("O").Length);
        Add<DateOnly[]>(all, "days beyond the last", () => [Forge<DateOnly>(0x7f)], d => d[0].ToString("O").Length);
        Add<TimeOnly[]>(all, "times beyond the last", () => [Forge<TimeOnly>(0x7f)], d => d[0].ToString("O").Length);
        Add<System.Text.Rune[]>(all, "runes that are none", () => [Forge<System.Text.Rune>(0x7f)], r => r[0].ToString().Length);
        Add<Index[]>(all, "indexes that are none", () => [Forge<Index>(0x80)], i => i[0].ToString().Length);
        Add<List<int>>(all, "a list that is longer than it is", () =>
        {
            List<int> made = [1, 2, 3];
            Put(typeof(List<int>), "_size", made, 1000);
            return made;
        }, l => l.Count + l.Sum());
        Add<List<string>>(all, "a list of less than nothing", () =>
        {
            List<string> made = ["a"];
            Put(typeof(List<string>), "_size", made, -5);
            return made;
        }, l => l.Count);
        Add<Queue<int>>(all, "a queue with a head beyond its end", () =>
        {
            Queue<int> made = new([1, 2, 3]);
            Put(typeof(Queue<int>), "_head", made, 77);
            return made;
        }, q => q.Count + q.Sum());
        Add<Dictionary<Trap, int>>(all, "keys with code of their own", () => new Dictionary<Trap, int>(ReferenceEqualityComparer.Instance) { [new Trap()] = 1 }, d => d.Count);
        Add<Failure>(all, "an exception with another runtime's stack", () =>
        {
            InvalidOperationException made = new("thrown");
            try
            {
                throw made;
            }
            catch (InvalidOperationException)
            {
                made.Data["key"] = new byte[] { 1 };
            }

            return new Failure { Exception = made };
        }, f => f.Exception!.ToString().Length + (f.Exception.StackTrace?.Length ?? 0));
        Add<object>(all, "a key that is its own dictionary", () =>
        {
            Dictionary<object, object> made = [];
            made[made] = made;
            return made;
        }, d => ((Dictionary<object, object>)d).Count);
        Add<object>(all, "an immutable list within itself", () =>
        {
            object[] holder = [null!];
            ImmutableList<object> made = ImmutableList.Create<object>(holder);
            holder[0] = made;
            return made;
        }, l => ((ImmutableList<object>)l).Count);
        Add<object>(all, "an encoding that is not there", () => System.Text.Encoding.GetEncoding(37), o => ((System.Text.Encoding)o).GetByteCount("text"));
        Add<object>(all, "a class that is nobody's business", () => new Odd(), o => o.ToString()!.Length);
    }

    private static void Add<T>(Dictionary<string, Trick> all, string name, Func<T> make, Func<T, int> use) => all.Add(name, new Trick<T>(make, use));

    private static Tuple<object?> Tuples()
    {
        Tuple<object?> made = new(null);
        for (int i = 0; i < Deep; i++)
        {
            made = new(made);
        }

        return made;
    }

    private static object ValueTuples()
    {
        object made = 5;
        for (int i = 0; i < Deep; i++)
        {
            made = (made, i);
        }

        return made;
    }

    private static Link Links()
    {
        Link made = new(null);
        for (int i = 0; i < Deep; i++)
        {
            made = new(made);
        }

        return made;
    }

    /// <summary>A collection that now says that it compares as anybody does.</summary>
    private static T Plain<T>(T collection, string comparer, object? value = null)
        where T : notnull
    {
        Put(typeof(T), comparer, collection, value);
        return collection;
    }

    private static void Put(Type level, string field, object target, object? value) =>
        level.GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(target, value);

    private static T Forge<T>(byte fill)
        where T : unmanaged
    {
        T made = default;
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<T>(ref made)).Fill(fill);
        return made;
    }

    /// <summary>How a guest makes a value, and what this process does with it.</summary>
    private abstract class Trick
    {
        public abstract void Try(IsolatedRuntime runtime, string name);

        public abstract object? Make();
    }

    private sealed class Trick<T>(Func<T> make, Func<T, int> use) : Trick
    {
        public override object? Make() => make();

        public override void Try(IsolatedRuntime runtime, string name)
        {
            T value = runtime.GetMethod(typeof(Trick<T>), nameof(Inside)).Invoke<string, T>(null, name);
            try
            {
                use(value);
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentException or OverflowException or FormatException or IndexOutOfRangeException or NullReferenceException)
            {
                // As with any value that nobody checked.
                return;
            }
        }

        private static T Inside(string name) => (T)AllTricks()[name].Make()!;
    }

    private sealed class Anyhow : IComparer<object>
    {
        private int _last;

        public int Compare(object? x, object? y) => ++_last;
    }

    private sealed record Link(object? Next);

    private sealed class Owner
    {
        public int Address { get; set; }

        ~Owner() => s_freed++;
    }

    private sealed class Failure
    {
        public InvalidOperationException? Exception { get; set; }
    }

    private sealed class Lazies
    {
        public Lazy<object>? Value { get; set; }
    }

    private struct Flags
    {
        public bool A;
        public bool B;
    }

    private sealed class Odd
    {
    }

    internal sealed class Mood
    {
        public bool Good { get; set; }

        public override bool Equals(object? obj) => Good ? obj is Mood : throw new NotSupportedException("a bad mood");

        public override int GetHashCode() => Good ? 1 : throw new NotSupportedException("a bad mood");
    }

    private sealed class Trap
    {
        public override bool Equals(object? obj) => s_ran++ < 0;

        public override int GetHashCode() => s_ran++;
    }
}

/// <summary>Spoils moods.</summary>
internal static class Moods
{
    public static Dictionary<RealCopyTestsHostile.Mood, int> Spoil(this Dictionary<RealCopyTestsHostile.Mood, int> moods)
    {
        foreach (RealCopyTestsHostile.Mood mood in moods.Keys)
        {
            mood.Good = false;
        }

        return moods;
    }
}
