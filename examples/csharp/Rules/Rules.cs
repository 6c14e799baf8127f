// What customers upload: a rule each. Some are good, some are not, and the server must survive them all.
namespace Rules;

public record Order(string Item, int Count, double Price);

public record Decision(bool Accepted, double Discount, string Reason);

public static class Careful
{
    public static Decision Decide(Order order) => (order.Count * order.Price) switch
    {
        <= 0 => throw new ArgumentException($"an order of {order.Count} {order.Item} for {order.Price} is none"),
        > 1000 => new(true, 0.1, "large orders get 10 %"),
        _ => new(true, 0, "the ordinary price"),
    };
}

public static class Endless
{
    public static Decision Decide(Order order)
    {
        while (true)
        {
        }
    }
}

public static class Greedy
{
    public static Decision Decide(Order order)
    {
        var kept = new List<byte[]>();
        while (true)
        {
            kept.Add(new byte[1 << 20]);
        }
    }
}

public static class Crashing
{
    public static Decision Decide(Order order)
    {
        Environment.FailFast("nothing makes sense any more");
        return new(false, 0, "not reached");
    }
}
