// Guest code that asks its host: for a price, for a page that takes its time, for rows one by one.
using System.Runtime.CompilerServices;
using DotNetIsolator;

namespace Shop;

public record Line(string Item, int Count);

public static class Till
{
    /// <summary>A call of the host for each line: it costs about a microsecond.</summary>
    public static int Total(Line[] lines) =>
        lines.Sum(line => line.Count * DotNetIsolatorHost.Invoke<int>("price", line.Item));

    /// <summary>What the host's function failed with is the host's to know; this code learns only that it did.</summary>
    public static string PriceOrNot(string item)
    {
        try
        {
            return $"{DotNetIsolatorHost.Invoke<int>("price", item)} cents";
        }
        catch (HostCallException e)
        {
            return $"no price: {e.Message}";
        }
    }

    /// <summary>Two calls under way at once: the runtime waits for both, and holds no thread meanwhile.</summary>
    public static async Task<string> Both(string first, string second)
    {
        string[] pages = await Task.WhenAll(
            DotNetIsolatorHost.InvokeAsync<string>("fetch", first),
            DotNetIsolatorHost.InvokeAsync<string>("fetch", second));
        return string.Join(" and ", pages);
    }

    /// <summary>From the host row by row, to the host line by line: neither side ever holds all of it.</summary>
    public static async IAsyncEnumerable<string> Report(string table, [EnumeratorCancellation] CancellationToken gone = default)
    {
        for (int number = 1; await DotNetIsolatorHost.InvokeAsync<Line?>("row", table, number) is { } row; number++)
        {
            gone.ThrowIfCancellationRequested();
            yield return $"{number}. {row.Count} × {row.Item}";
        }
    }
}
