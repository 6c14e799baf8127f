// What a customer uploads: code that computes. It finds the cheapest way through a grid, over structs of its own.
public readonly record struct Place(int X, int Y);

public static class PlugIn
{
    public static long Cheapest(int size)
    {
        var cheapest = new Dictionary<Place, long>();
        var queue = new PriorityQueue<Place, long>();
        queue.Enqueue(new(0, 0), 0);
        while (queue.TryDequeue(out Place place, out long cost))
        {
            if (!cheapest.TryAdd(place, cost))
            {
                continue;
            }

            if (place == new Place(size - 1, size - 1))
            {
                return cost;
            }

            foreach ((int x, int y) in new[] { (1, 0), (0, 1), (-1, 0), (0, -1) })
            {
                Place next = new(place.X + x, place.Y + y);
                if (next.X >= 0 && next.Y >= 0 && next.X < size && next.Y < size)
                {
                    queue.Enqueue(next, cost + 1 + (next.X * 7 + next.Y * 13) % 10);
                }
            }
        }

        throw new ArgumentException("a grid has one place at least", nameof(size));
    }
}
