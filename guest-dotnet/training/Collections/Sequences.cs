using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Linq;

namespace Training.Collections;

/// <summary>Arrays, lists, sets, queues of one type.</summary>
internal sealed class Sequences : IForEachType
{
    private const int Count = 24;

    public void Run<T>(Checksum sum, Func<int, T> make)
        where T : notnull
    {
        T[] values = [.. Enumerable.Range(0, Count).Select(make)];
        Arrays(sum, values);
        Lists(sum, values);
        Sets(sum, values);
        Lines(sum, values);
        Fixed(sum, values);
        Shared(sum, values);
    }

    private static void Arrays<T>(Checksum sum, T[] values)
        where T : notnull
    {
        T[] copy = (T[])values.Clone();
        Array.Sort(copy);
        sum.AddAll(copy);
        sum.Add(Array.BinarySearch(copy, values[3]));
        Array.Reverse(copy);
        Array.Sort(copy, (a, b) => Comparer<T>.Default.Compare(b, a));
        sum.Add(copy[0]);
        Array.Sort(copy, Comparer<T>.Default);
        int[] positions = [.. Enumerable.Range(0, copy.Length)];
        Array.Sort((T[])values.Clone(), positions);
        sum.AddAll(positions);
        sum.Add(Array.IndexOf(values, values[5]));
        sum.Add(Array.LastIndexOf(values, values[5]));
        sum.Add(Array.Find(values, v => v.Equals(values[7])));
        sum.Add(Array.FindIndex(values, v => v.Equals(values[7])));
        sum.Add(Array.FindAll(values, v => Comparer<T>.Default.Compare(v, values[0]) < 0).Length);
        sum.Add(Array.Exists(values, v => v.Equals(values[1])));
        sum.Add(Array.TrueForAll(values, v => v is not null));
        sum.Add(Array.ConvertAll(values, v => v.ToString()!.Length).Sum());
        Array.Resize(ref copy, Count + 4);
        Array.Copy(values, 2, copy, 0, 5);
        Array.Fill(copy, values[9], 20, 3);
        Array.Clear(copy, 0, 2);
        Array.ForEach(copy, v => sum.Add(v));
        T[,] table = new T[2, 3];
        table[1, 2] = values[0];
        sum.Add(table.GetLength(1));
        sum.Add(table[1, 2]);
        sum.Add(((IList)values).Contains(values[2]));
        sum.Add(((IEnumerable<T>)values).First());
        sum.Add(Array.AsReadOnly(values).Count);
        sum.Add(new ArraySegment<T>(values, 3, 6).Last());
        sum.Add(values[^1]);
        sum.Add(values[2..7].Length);
        sum.Add(((IStructuralEquatable)values).Equals(values.Clone(), EqualityComparer<T>.Default));
        foreach (T value in values.AsEnumerable().Reverse())
        {
            sum.Add(value);
        }
    }

    private static void Lists<T>(Checksum sum, T[] values)
        where T : notnull
    {
        List<T> list = [];
        foreach (T value in values)
        {
            list.Add(value);
        }

        list.AddRange(values.Take(3));
        list.AddRange(list.GetRange(0, 2));
        list.Insert(1, values[^1]);
        list.InsertRange(2, new List<T>(values[..2]));
        list.InsertRange(4, values.Where(v => v.Equals(values[4])));
        list.Remove(values[8]);
        list.RemoveAt(0);
        list.RemoveRange(3, 2);
        sum.Add(list.RemoveAll(v => v.Equals(values[0])));
        sum.AddAll(list);
        list.Sort();
        sum.Add(list.BinarySearch(values[6]) >= 0);
        list.Sort((a, b) => Comparer<T>.Default.Compare(b, a));
        list.Sort(0, list.Count, Comparer<T>.Default);
        list.Reverse();
        list.Reverse(1, 3);
        sum.Add(list.IndexOf(values[2]));
        sum.Add(list.LastIndexOf(values[2]));
        sum.Add(list.Contains(values[2]));
        sum.Add(list.Find(v => v.Equals(values[3])));
        sum.Add(list.FindLast(v => v.Equals(values[3])));
        sum.Add(list.FindIndex(v => v.Equals(values[3])));
        sum.Add(list.FindLastIndex(v => v.Equals(values[3])));
        sum.Add(list.FindAll(v => Comparer<T>.Default.Compare(v, values[0]) > 0).Count);
        sum.Add(list.Exists(v => v.Equals(values[3])));
        sum.Add(list.TrueForAll(v => v.Equals(values[3])));
        sum.Add(string.Join(",", list.ConvertAll(v => v.ToString())));
        list.ForEach(v => sum.Add(v));
        sum.Add(list.ToArray().Length);
        sum.Add(list.AsReadOnly()[0]);
        list[0] = list[^1];
        list.EnsureCapacity(100);
        list.TrimExcess();
        list.CopyTo(new T[list.Count + 1], 1);
        sum.Add(((IReadOnlyList<T>)list)[2]);
        sum.Add(((ICollection<T>)list).IsReadOnly);
        foreach (object? value in (IEnumerable)list)
        {
            sum.Add(value);
        }

        sum.AddThrown(() => list.ForEach(v => list.Add(v)));
        list.Clear();
        sum.Add(list.Count);
        LinkedList<T> linked = new(values);
        linked.AddFirst(values[3]);
        linked.AddLast(values[4]);
        linked.AddBefore(linked.Find(values[5])!, values[6]);
        linked.AddAfter(linked.FindLast(values[6])!, values[7]);
        linked.Remove(values[8]);
        linked.RemoveFirst();
        linked.RemoveLast();
        sum.AddAll(linked);
        Collection<T> collection = new([.. values]);
        collection.Insert(0, values[2]);
        collection.RemoveAt(1);
        collection[0] = values[1];
        sum.AddAll(collection);
        sum.Add(new ReadOnlyCollection<T>(collection).IndexOf(values[4]));
    }

    private static void Sets<T>(Checksum sum, T[] values)
        where T : notnull
    {
        HashSet<T> set = [.. values];
        sum.Add(set.Add(values[0]));
        sum.Add(set.Contains(values[3]));
        sum.Add(set.TryGetValue(values[3], out T? found) ? found : default);
        HashSet<T> other = new(values[..10], EqualityComparer<T>.Default);
        sum.Add(set.IsSupersetOf(other));
        sum.Add(other.IsSubsetOf(set));
        sum.Add(set.Overlaps(values));
        sum.Add(set.SetEquals(values));
        sum.Add(other.IsProperSubsetOf(values));
        set.ExceptWith(values.Take(4));
        set.UnionWith(values.Take(2));
        set.IntersectWith(values[..20]);
        set.SymmetricExceptWith(values[15..]);
        sum.Add(set.Remove(values[1]));
        sum.Add(set.RemoveWhere(v => v.Equals(values[7])));
        sum.AddAll(set.OrderBy(v => v));
        sum.Add(set.ToArray().Length);
        set.Clear();
        SortedSet<T> sorted = new(values);
        sum.Add(sorted.Min);
        sum.Add(sorted.Max);
        sum.AddAll(sorted.Reverse());
        sum.AddAll(sorted.GetViewBetween(sorted.Min!, values[3]));
        sum.Add(sorted.Remove(values[9]));
        sum.Add(sorted.Contains(values[9]));
        sorted.UnionWith(values[..3]);
        sorted.ExceptWith(values[4..6]);
        sum.AddAll(sorted);
        SortedList<T, int> byKey = [];
        PriorityQueue<T, int> queue = new();
        PriorityQueue<string, T> ranked = new();
        for (int i = 0; i < values.Length; i++)
        {
            byKey[values[i]] = i;
            queue.Enqueue(values[i], (i * 7) % 5);
            ranked.Enqueue("x" + i, values[i]);
        }

        sum.Add(byKey.IndexOfKey(values[2]));
        sum.AddAll(byKey.Keys);
        sum.AddAll(byKey.Values);
        while (queue.TryDequeue(out _, out int priority))
        {
            sum.Add(priority);
        }

        sum.Add(ranked.Peek());
        sum.Add(ranked.EnqueueDequeue("y", values[0]));
        while (ranked.TryDequeue(out string? name, out _))
        {
            sum.Add(name);
        }
    }

    private static void Lines<T>(Checksum sum, T[] values)
        where T : notnull
    {
        Queue<T> queue = new(values);
        queue.Enqueue(values[0]);
        sum.Add(queue.Dequeue());
        sum.Add(queue.Peek());
        sum.Add(queue.TryPeek(out T? next) ? next : default);
        sum.Add(queue.Contains(values[5]));
        sum.AddAll(queue);
        while (queue.TryDequeue(out T? value))
        {
            sum.Add(value);
        }

        Stack<T> stack = new(values);
        stack.Push(values[0]);
        sum.Add(stack.Pop());
        sum.Add(stack.Peek());
        sum.Add(stack.Contains(values[5]));
        sum.AddAll(stack);
        while (stack.TryPop(out T? value))
        {
            sum.Add(value);
        }

        ConcurrentQueue<T> concurrentQueue = new(values);
        concurrentQueue.Enqueue(values[1]);
        sum.Add(concurrentQueue.TryDequeue(out T? first) ? first : default);
        sum.Add(concurrentQueue.TryPeek(out first) ? first : default);
        sum.AddAll(concurrentQueue);
        ConcurrentStack<T> concurrentStack = new(values);
        concurrentStack.Push(values[1]);
        sum.Add(concurrentStack.TryPop(out first) ? first : default);
        sum.Add(concurrentStack.ToArray().Length);
        ConcurrentBag<T> bag = [.. values];
        sum.Add(bag.TryTake(out first));
        sum.Add(bag.Count);
    }

    private static void Fixed<T>(Checksum sum, T[] values)
        where T : notnull
    {
        ImmutableArray<T> array = [.. values];
        sum.Add(array.Add(values[0]).Insert(0, values[1]).RemoveAt(2).SetItem(0, values[3])[0]);
        sum.Add(array.Contains(values[4]));
        sum.Add(array.IndexOf(values[4]));
        sum.AddAll(array.Sort());
        ImmutableArray<T>.Builder builder = ImmutableArray.CreateBuilder<T>();
        builder.Add(values[0]);
        builder.AddRange(values);
        sum.AddAll(builder.ToImmutable());
        ImmutableList<T> list = ImmutableList.CreateRange(values);
        list = list.Add(values[0]).Insert(3, values[1]).Remove(values[2]).RemoveAt(0).SetItem(2, values[5]);
        sum.AddAll(list);
        sum.Add(list.IndexOf(values[7]));
        ImmutableHashSet<T> set = ImmutableHashSet.CreateRange(values);
        sum.AddAll(set.Add(values[0]).Remove(values[1]).OrderBy(v => v));
        ImmutableSortedSet<T> sorted = values.ToImmutableSortedSet();
        sum.Add(sorted.Add(values[0]).Min);
        sum.Add(ImmutableStack.CreateRange(values).Push(values[2]).Pop().Peek());
        sum.Add(ImmutableQueue.CreateRange(values).Enqueue(values[2]).Dequeue().Peek());
        FrozenSet<T> frozen = values.ToFrozenSet();
        sum.Add(frozen.Contains(values[3]));
        sum.Add(frozen.Count);
    }

    private static void Shared<T>(Checksum sum, T[] values)
        where T : notnull
    {
        sum.Add(EqualityComparer<T>.Default.Equals(values[0], values[1]));
        sum.Add(Comparer<T>.Default.Compare(values[0], values[1]) < 0);
        sum.Add(Comparer<T>.Create((a, b) => 1).Compare(values[0], values[1]));
        sum.Add(values[0].GetHashCode() == values[0].GetHashCode());
        Lazy<T> lazy = new(() => values[2]);
        sum.Add(lazy.Value);
        WeakReference<object> weak = new(values);
        sum.Add(weak.TryGetTarget(out _));
        sum.Add(new KeyValuePair<T, T>(values[0], values[1]));
        sum.Add(Tuple.Create(values[0], values[1]));
        sum.Add((values[0], values[1]).Equals((values[0], values[2])));
        sum.Add((values[0], values[1]).GetHashCode() == (values[0], values[1]).GetHashCode());
        Func<T, T> same = v => v;
        Action<T> add = v => sum.Add(v);
        Predicate<T> equal = v => v.Equals(values[0]);
        add(same(values[3]));
        sum.Add(equal(values[4]));
        foreach (T value in Iterate(values))
        {
            sum.Add(value);
        }

        T[] rented = System.Buffers.ArrayPool<T>.Shared.Rent(10);
        sum.Add(rented.Length >= 10);
        System.Buffers.ArrayPool<T>.Shared.Return(rented, true);
        System.Buffers.ArrayBufferWriter<T> writer = new();
        writer.GetSpan(3)[0] = values[0];
        writer.Advance(1);
        sum.Add(writer.WrittenMemory.Span[0]);
    }

    private static IEnumerable<T> Iterate<T>(IEnumerable<T> values)
    {
        foreach (T value in values)
        {
            yield return value;
        }
    }
}
