using System.Runtime.InteropServices;
using DotNetIsolator;

namespace Demo;

public static class Environment
{
    public static string Architecture() => RuntimeInformation.ProcessArchitecture.ToString();

    public static string Framework() => RuntimeInformation.FrameworkDescription;
}

public record Order(int Id, string Item, double Price, bool Paid, long Stamp);

public static class Shop
{
    private static int s_sold;

    public static int Add(int a, int b) => a + b;

    public static int Sell(int count) => s_sold += count;

    public static Order Discount(Order order) => order with { Price = order.Price * 0.9 };

    public static string AskHost(string question) => DotNetIsolatorHost.Invoke<string>("ask", question);

    public static void Deliver(string address)
    {
        if (address.Length == 0)
        {
            throw new ArgumentException("No address.", nameof(address));
        }
    }
}

public class Counter
{
    private int _value;

    public int Increment(int by) => _value += by;
}
