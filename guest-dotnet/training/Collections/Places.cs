using System.Collections.Generic;
using System.Linq;

namespace Training.Collections;

/// <summary>Pairs in collections: places on a grid, what is known of them, and ways between them.</summary>
internal static class Places
{
    public static void Run(Checksum sum)
    {
        Queue<(int X, int Y)> queue = new();
        Stack<(int X, int Y)> stack = new();
        HashSet<(int X, int Y)> seen = [];
        List<(int X, int Y)> path = [];
        Dictionary<(int X, int Y), int> costs = [];
        Dictionary<(int X, int Y), (int X, int Y)> from = [];
        Dictionary<(int X, int Y), string> names = [];
        Dictionary<(int X, int Y), char> marks = [];
        Dictionary<(int X, int Y), bool> walls = [];
        Dictionary<(int X, int Y), double> heights = [];
        PriorityQueue<(int X, int Y), int> open = new();
        PriorityQueue<(int X, int Y), double> far = new();
        PriorityQueue<int, double> nearest = new();
        PriorityQueue<int, long> later = new();
        for (int i = 0; i < 40; i++)
        {
            (int X, int Y) at = (i * 7 % 11, i % 5);
            queue.Enqueue(at);
            stack.Push(at);
            sum.Add(seen.Add(at));
            path.Add(at);
            costs[at] = i;
            from[at] = (i, i);
            names[at] = "n";
            marks[at] = '#';
            walls[at] = true;
            heights[at] = i;
            open.Enqueue(at, i % 7);
            far.Enqueue(at, i * 0.5 % 3);
            nearest.Enqueue(i, i * 0.5 % 3);
            later.Enqueue(i, i % 9);
        }

        sum.Add(queue.Peek().X + stack.Peek().Y + queue.Count);
        while (queue.TryDequeue(out (int X, int Y) next) && stack.TryPop(out (int X, int Y) top))
        {
            sum.Add(next.X + top.Y);
        }

        queue.Enqueue((1, 2));
        stack.Push(queue.Dequeue());
        sum.Add(stack.Pop());
        sum.Add(seen.Contains((1, 2)) || seen.Remove((0, 0)) || seen.Overlaps([(1, 1)]));
        sum.Add(costs.TryGetValue((7, 1), out int cost) ? cost : costs.GetValueOrDefault((1, 1), 5) + costs.Count);
        sum.Add(costs.ContainsKey((1, 1)) || costs.TryAdd((50, 1), 5) || costs.Remove((7, 1)));
        sum.Add(from.TryGetValue((7, 1), out (int X, int Y) before) ? before.X : from.Count);
        sum.Add(names.TryGetValue((7, 1), out string? name) ? name : "none");
        sum.Add(marks.TryGetValue((7, 1), out char mark) ? mark : 'x');
        sum.Add(walls.ContainsKey((7, 1)) && walls.TryGetValue((7, 1), out bool wall) && wall);
        sum.Add(heights.TryGetValue((7, 1), out double height) ? height : 0);
        foreach (((int x, int y), int value) in costs)
        {
            sum.Add(x + y + value);
        }

        foreach ((int x, int y) in seen)
        {
            sum.Add(x + y);
        }

        foreach ((int x, int y) in path)
        {
            sum.Add(x + y);
        }

        while (open.TryDequeue(out (int X, int Y) place, out int priority))
        {
            sum.Add(place.X + priority);
        }

        while (far.Count > 0)
        {
            sum.Add(far.Peek().X + far.Dequeue().Y);
        }

        while (nearest.TryDequeue(out int node, out double distance))
        {
            sum.Add(node + distance);
        }

        while (later.TryDequeue(out int node, out long time))
        {
            sum.Add(node + time);
        }

        path.Reverse();
        path.RemoveAt(0);
        path.Sort();
        sum.Add(path[3].X + path.Count + path.IndexOf((1, 1)));
        sum.Add(path.Contains((3, 3)));
        sum.Add(path.Select(p => p.X).Sum() + path.Count(p => p.Y == 1) + path.Where(p => p.X > 3).ToList().Count + path.Distinct().Count());
        (int Number, string Name) pair = (1, "a");
        HashSet<(int, string)> pairs = [pair, (2, "b")];
        List<(int, string)> rows = [pair];
        List<(string, int)> words = [("a", 1)];
        Dictionary<(string, int), int> counts = new() { [("a", 1)] = 2 };
        sum.Add(pairs.Contains(pair) && rows.Contains(pair) && words.Contains(("a", 1)) && counts.ContainsKey(("a", 1)) && pair.Equals((1, "a")) && ("a", 1).Equals(("a", 1)));
        sum.Add(pair.CompareTo((1, "b")) + ("a", 1).CompareTo(("b", 1)) + (1, 2).CompareTo((1, 3)));
        sum.Add((1, 2).Equals((1, 2)) && (1, 2).GetHashCode() == (1, 2).GetHashCode() && pair.GetHashCode() == pair.GetHashCode() && (1, 2, 3).Equals((1, 2, 3)) && (1, 2, 3).GetHashCode() == (1, 2, 3).GetHashCode());
        HashSet<(int, int, int)> cubes = [(1, 2, 3), (3, 2, 1)];
        Queue<(int, int, int)> steps = new();
        steps.Enqueue((1, 2, 3));
        sum.Add(cubes.Contains(steps.Dequeue()) && steps.Count == 0);
    }
}
