using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;

namespace Training.Collections;

/// <summary>Spans and memory of one type.</summary>
internal sealed class Spans : IForEachType
{
    public void Run<T>(Checksum sum, Func<int, T> make)
        where T : notnull
    {
        T[] array = [.. Enumerable.Range(0, 20).Select(make)];
        Span<T> span = array.AsSpan();
        sum.Add(span[3..8][^1]);
        sum.Add(span.Slice(2, 3).Length);
        Span<T> copy = new T[20];
        span.CopyTo(copy);
        sum.Add(span.TryCopyTo(copy[..4]));
        copy.Reverse();
        sum.AddAll(copy.ToArray());
        copy.Sort(Comparer<T>.Default);
        copy.Sort((a, b) => Comparer<T>.Default.Compare(b, a));
        sum.Add(copy[0]);
        copy.Fill(make(4));
        copy[..3].Clear();
        foreach (ref T value in copy)
        {
            sum.Add(value);
        }

        ReadOnlySpan<T> readable = span;
        foreach (ref readonly T value in readable)
        {
            sum.Add(value);
        }

        sum.Add(readable.IndexOf(make(6), EqualityComparer<T>.Default));
        sum.Add(readable.Contains(make(50), EqualityComparer<T>.Default));
        sum.Add(readable.SequenceEqual(array, EqualityComparer<T>.Default));
        sum.Add(readable.IsEmpty);
        Memory<T> memory = array;
        sum.Add(memory[4..].Span[0]);
        ReadOnlyMemory<T> part = memory.Slice(1, 5);
        sum.Add(part.ToArray().Length);
        sum.Add(MemoryMarshal.ToEnumerable(part).Last());
        ReadOnlySequence<T> sequence = new(memory);
        sum.Add(sequence.Slice(3, 4).Length);
        sum.Add(sequence.FirstSpan[0]);
        sum.Add(CollectionsMarshal.AsSpan(new List<T>(array))[5]);
        using IMemoryOwner<T> owner = MemoryPool<T>.Shared.Rent(4);
        sum.Add(owner.Memory.Length >= 4);
        sum.Add(Equatable(array, make));
    }

    // What spans of types that say themselves whether they are equal have besides.
    private static string Equatable<T>(T[] array, Func<int, T> make) => (array, make) switch
    {
        (int[] a, Func<int, int> m) => Search(a, m),
        (long[] a, Func<int, long> m) => Search(a, m),
        (double[] a, Func<int, double> m) => Search(a, m),
        (byte[] a, Func<int, byte> m) => Search(a, m),
        (char[] a, Func<int, char> m) => Search(a, m),
        (string[] a, Func<int, string> m) => Search(a, m),
        (Guid[] a, Func<int, Guid> m) => Search(a, m),
        (decimal[] a, Func<int, decimal> m) => Search(a, m),
        (DateTime[] a, Func<int, DateTime> m) => Search(a, m),
        _ => "none",
    };

    private static string Search<T>(T[] array, Func<int, T> make)
        where T : IEquatable<T>, IComparable<T>
    {
        ReadOnlySpan<T> span = array;
        Span<T> copy = [.. array];
        copy.Sort();
        Span<T> replaced = new T[span.Length];
        span.Replace(replaced, make(1), make(2));
        return string.Join(
            ' ',
            span.IndexOf(make(7)),
            span.LastIndexOf(make(7)),
            span.IndexOf([make(3), make(4)]),
            span.IndexOfAny(make(9), make(8)),
            span.IndexOfAny(make(9), make(8), make(10)),
            span.IndexOfAny([make(9), make(8), make(10), make(11)]),
            span.IndexOfAnyExcept(make(0)),
            span.LastIndexOfAnyExcept(make(19)),
            span.IndexOfAnyInRange(make(3), make(3)),
            span.Contains(make(40)),
            span.ContainsAny(make(40), make(4)),
            span.Count(make(5)),
            span.StartsWith([make(0), make(1)]),
            span.EndsWith([make(19)]),
            span.SequenceEqual(copy),
            span.SequenceCompareTo(copy) < 0,
            span.CommonPrefixLength(copy),
            copy.BinarySearch(make(5)) >= 0,
            span.TrimStart(make(0)).Length,
            span.Trim(make(19)).Length,
            replaced.IndexOf(make(1)),
            span.Overlaps(array));
    }
}
