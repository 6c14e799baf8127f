using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

string text = """
    [
      { "id": 1, "customer": "Anna", "lines": [ { "item": "lamp", "price": 40.5, "count": 2 } ] },
      { "id": 2, "customer": "Ben", "lines": [] },
      { "id": 3, "customer": "Cleo", "lines": [ { "item": "chair", "price": 12, "count": 4 }, { "item": "desk", "price": 99.9, "count": 1 } ] }
    ]
    """;

var options = new JsonSerializerOptions { PropertyNameCaseInsensitive = true, WriteIndented = true };
List<Order>? orders = JsonSerializer.Deserialize<List<Order>>(text, options);
if (orders is null or { Count: 0 })
{
    Console.Error.WriteLine("nothing to do");
    return 1;
}

var totals = new Dictionary<string, decimal>(StringComparer.OrdinalIgnoreCase);
foreach (Order order in orders)
{
    decimal total = 0;
    foreach (var (item, price, count) in order.Lines)
    {
        total += price * count;
        Console.WriteLine($"{order.Id,4} {item,-10} {price,8:F2} x {count}");
    }
    totals[order.Customer] = totals.TryGetValue(order.Customer, out decimal before) ? before + total : total;
}

var report = from pair in totals
             let size = Sizes.Of(pair.Value)
             where pair.Value > 0
             group pair by size into sizes
             orderby sizes.Key descending
             select new { Size = sizes.Key, Names = sizes.Select(p => p.Key).ToArray(), Sum = sizes.Sum(p => p.Value) };

foreach (var line in report)
{
    Console.WriteLine($"{line.Size}: {string.Join(", ", line.Names)} = {line.Sum.ToString("N2", CultureInfo.InvariantCulture)}");
}

var builder = new StringBuilder();
for (int i = 0, n = orders.Count; i < n; i++)
{
    if (i > 0)
        builder.Append(", ");
    builder.Append(orders[i].Customer[..1]).AppendFormat(CultureInfo.InvariantCulture, "{0:000}", orders[i].Id);
}
Console.WriteLine(builder);
Console.WriteLine(JsonSerializer.Serialize(orders[^1] with { Customer = "Dora" }, options));
return 0;

enum Size { None, Small, Large }

static class Sizes
{
    private const decimal Limit = 100m;

    public static Size Of(decimal value) => value switch
    {
        <= 0 => Size.None,
        < Limit => Size.Small,
        _ => Size.Large,
    };
}

record Line(string Item, decimal Price, [property: JsonPropertyName("count")] int Count);

record Order(int Id, string Customer, IReadOnlyList<Line> Lines)
{
    public decimal Total => Lines.Sum(line => line.Price * line.Count);
    public override string ToString() => $"{nameof(Order)} {Id}: {Total}";
}
