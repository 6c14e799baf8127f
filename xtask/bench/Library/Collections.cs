using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Bench.Library;

/// <summary>Collections.</summary>
internal static class Collections
{
    private static readonly string[] s_words = [.. Enumerable.Range(0, 2000).Select(i => "word" + i * 7919 % 997)];

    public static double Dictionaries()
    {
        Dictionary<string, int> counts = [];
        foreach (string word in s_words)
        {
            counts[word] = counts.TryGetValue(word, out int count) ? count + 1 : 1;
        }

        Dictionary<int, string> names = [];
        for (int i = 0; i < 2000; i++)
        {
            names[i] = s_words[i];
        }

        Dictionary<(int X, int Y), double> grid = [];
        for (int i = 0; i < 1000; i++)
        {
            grid[(i % 50, i / 50)] = i;
        }

        long sum = names.ContainsKey(5) ? names.Count : 0;
        foreach ((string key, int value) in counts)
        {
            sum += key.Length * value;
        }

        for (int i = 0; i < 1000; i++)
        {
            sum += names.Remove(i * 2) ? 1 : 0;
            sum += grid.TryGetValue((i % 60, i / 60), out double at) ? (long)at : 0;
        }

        return sum;
    }

    public static double Sets()
    {
        HashSet<int> numbers = [];
        HashSet<string> words = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < 2000; i++)
        {
            numbers.Add(i * 7919 % 1009);
            words.Add(s_words[i]);
        }

        HashSet<int> others = [.. Enumerable.Range(500, 1000)];
        long sum = numbers.Count + words.Count;
        others.IntersectWith(numbers);
        sum += others.Count + (words.Contains("WORD5") ? 1 : 0);
        others.UnionWith(numbers);
        others.ExceptWith([1, 2, 3]);
        return sum + others.Count + FrozenSet.Create(s_words.AsSpan(0, 100)).Count;
    }

    private sealed class Person(string name, int age)
    {
        public string Name => name;

        public int Age => age;
    }

    public static double Lists()
    {
        List<int> numbers = [];
        for (int i = 0; i < 4000; i++)
        {
            numbers.Add(i * 7919 % 4001);
        }

        long sum = 0;
        for (int i = 0; i < numbers.Count; i++)
        {
            sum += numbers[i];
        }

        foreach (int number in numbers)
        {
            sum += number & 1;
        }

        List<Person> people = [.. Enumerable.Range(0, 300).Select(i => new Person("p" + i * 31 % 97, i * 17 % 91))];
        people.Sort((a, b) => a.Age != b.Age ? a.Age.CompareTo(b.Age) : string.CompareOrdinal(a.Name, b.Name));
        numbers.RemoveAll(n => n % 3 == 0);
        numbers.Insert(5, 7);
        numbers.RemoveAt(3);
        numbers.Reverse();
        numbers.AddRange([1, 2, 3]);
        return sum + people[10].Age + numbers.IndexOf(7) + numbers.FindIndex(n => n == 2) + (numbers.Contains(-1) ? 1 : 0) + people.Find(p => p.Age == 50)!.Name.Length + numbers.GetRange(5, 10).Count + (people.Exists(p => p.Age > 90) ? 1 : 0) + people.ConvertAll(p => p.Age).Count;
    }

    public static double Queues()
    {
        Queue<(int X, int Y)> queue = new();
        bool[,] seen = new bool[40, 40];
        queue.Enqueue((0, 0));
        seen[0, 0] = true;
        int steps = 0;
        while (queue.TryDequeue(out (int X, int Y) at))
        {
            steps++;
            foreach ((int dx, int dy) in ((int, int)[])[(1, 0), (0, 1), (-1, 0), (0, -1)])
            {
                (int x, int y) = (at.X + dx, at.Y + dy);
                if (x >= 0 && y >= 0 && x < 40 && y < 40 && !seen[x, y] && (x * y) % 7 != 3)
                {
                    seen[x, y] = true;
                    queue.Enqueue((x, y));
                }
            }
        }

        Stack<int> stack = new();
        for (int i = 0; i < 3000; i++)
        {
            stack.Push(i);
            steps += i % 3 == 0 ? stack.Pop() & 1 : stack.Peek() & 1;
        }

        return steps + stack.Count;
    }

    public static double Priorities()
    {
        PriorityQueue<string, int> queue = new();
        PriorityQueue<(int, int), double> places = new();
        for (int i = 0; i < 1000; i++)
        {
            queue.Enqueue(s_words[i], i * 7919 % 1009);
            places.Enqueue((i, i), i * 31 % 97 * 0.5);
        }

        long sum = 0;
        while (queue.TryDequeue(out string? word, out int priority))
        {
            sum = (sum * 3 + word.Length + priority) % 1_000_003;
        }

        while (places.Count > 0)
        {
            sum += places.Dequeue().Item1 & 1;
        }

        return sum;
    }

    public static double Sorted()
    {
        SortedDictionary<int, string> tree = [];
        SortedList<string, int> list = new(StringComparer.Ordinal);
        SortedSet<int> set = [];
        for (int i = 0; i < 700; i++)
        {
            tree[i * 7919 % 1009] = s_words[i];
            list[s_words[i]] = i;
            set.Add(i * 31 % 541);
        }

        long sum = list.Count + set.Max + set.GetViewBetween(10, 20).Count;
        foreach ((int key, string value) in tree)
        {
            sum = (sum * 3 + key + value.Length) % 1_000_003;
        }

        foreach (int n in set)
        {
            sum += n;
        }

        return sum + list.IndexOfKey("word5");
    }

    public static double Linked()
    {
        LinkedList<int> list = new();
        for (int i = 0; i < 2000; i++)
        {
            if (i % 3 == 0)
            {
                list.AddFirst(i);
            }
            else
            {
                list.AddLast(i);
            }
        }

        long sum = 0;
        for (LinkedListNode<int>? node = list.First; node is not null; node = node.Next)
        {
            sum = (sum * 3 + node.Value) % 1_000_003;
        }

        list.Remove(500);
        list.RemoveFirst();
        return sum + list.Count;
    }

    public static double Concurrent()
    {
        ConcurrentDictionary<string, int> counts = new();
        foreach (string word in s_words)
        {
            counts.AddOrUpdate(word, 1, (_, count) => count + 1);
        }

        ConcurrentDictionary<int, long> numbers = new();
        ConcurrentQueue<int> queue = new();
        ConcurrentBag<int> bag = [];
        long sum = 0;
        for (int i = 0; i < 1500; i++)
        {
            sum += numbers.GetOrAdd(i % 300, key => key * 2L);
            queue.Enqueue(i);
            bag.Add(i);
        }

        while (queue.TryDequeue(out int number))
        {
            sum += number;
        }

        return sum + counts.Count + counts["word5"] + bag.Count + counts.Values.Sum() + (numbers.TryRemove(5, out _) ? 1 : 0);
    }

    public static double Immutable()
    {
        ImmutableList<int> list = [];
        ImmutableDictionary<string, int> map = ImmutableDictionary<string, int>.Empty;
        ImmutableArray<int>.Builder array = ImmutableArray.CreateBuilder<int>();
        for (int i = 0; i < 250; i++)
        {
            list = list.Add(i);
            map = map.SetItem(s_words[i], i);
            array.Add(i);
        }

        return list[100] + map.Count + array.ToImmutable().Length + list.Sum();
    }
}
