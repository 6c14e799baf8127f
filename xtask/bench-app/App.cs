using System.Globalization;
using System.Text;
using Newtonsoft.Json;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace App;

/// <summary>An application of some size: it reads its settings once, and answers orders.</summary>
public static class Endpoint
{
    private const string Settings = """
        currency: EUR
        taxes:
          - { country: DE, rate: 0.19 }
          - { country: FR, rate: 0.2 }
          - { country: CH, rate: 0.081 }
        discounts:
          - { from: 100, percent: 2 }
          - { from: 500, percent: 5 }
        """;

    private static Rules? rules;

    /// <summary>Reads the settings.</summary>
    public static int Load()
    {
        rules = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<Rules>(Settings);
        return rules.Taxes.Count;
    }

    /// <summary>An order of two kilobytes.</summary>
    public static string Sample()
    {
        StringBuilder text = new("{\"Id\":4711,\"Customer\":{\"Name\":\"Ada\",\"Address\":{\"Street\":\"Main Street 1\",\"City\":\"Bern\",\"Country\":\"CH\"},\"Since\":\"2021-03-04\"},\"Lines\":[");
        for (int i = 0; i < 20; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "")}{{\"Item\":{{\"Number\":\"N-{1000 + i}\",\"Name\":\"thing number {i}\",\"Price\":{1.5 * (i + 1)}}},\"Count\":{1 + (i % 4)}}}");
        }

        return text.Append("]}").ToString();
    }

    /// <summary>Parses, computes, serializes.</summary>
    public static string Answer(string json)
    {
        Rules known = rules ?? throw new InvalidOperationException("The settings were not read.");
        Order order = JsonConvert.DeserializeObject<Order>(json)!;
        decimal net = order.Lines.Sum(line => line.Item.Price * line.Count);
        decimal percent = known.Discounts.Where(discount => net >= discount.From).Select(discount => discount.Percent).DefaultIfEmpty().Max();
        decimal rate = known.Taxes.First(tax => tax.Country == order.Customer.Address.Country).Rate;
        Invoice invoice = new()
        {
            Order = order.Id,
            Currency = known.Currency,
            Total = new Total { Net = net, Discount = net * percent / 100, Tax = (net - (net * percent / 100)) * rate },
            Lines = [.. order.Lines.OrderByDescending(line => line.Item.Price).Select(line => new InvoiceLine { Text = $"{line.Count} x {line.Item.Name}", Amount = line.Count * line.Item.Price })],
        };
        return JsonConvert.SerializeObject(invoice);
    }

    /// <summary>The same in a process: as often as asked.</summary>
    public static void Main(string[] args)
    {
        Load();
        string answer = "";
        for (int i = int.Parse(args[0], CultureInfo.InvariantCulture); i > 0; i--)
        {
            answer = Answer(Sample());
        }

        Console.WriteLine(answer.Length);
    }
}

public sealed class Rules
{
    public string Currency { get; set; } = "";

    public List<TaxRule> Taxes { get; set; } = [];

    public List<DiscountRule> Discounts { get; set; } = [];
}

public sealed class TaxRule
{
    public string Country { get; set; } = "";

    public decimal Rate { get; set; }
}

public sealed class DiscountRule
{
    public decimal From { get; set; }

    public decimal Percent { get; set; }
}

public sealed class Order
{
    public int Id { get; set; }

    public Customer Customer { get; set; } = new();

    public List<OrderLine> Lines { get; set; } = [];
}

public sealed class Customer
{
    public string Name { get; set; } = "";

    public Address Address { get; set; } = new();

    public DateOnly Since { get; set; }
}

public sealed class Address
{
    public string Street { get; set; } = "";

    public string City { get; set; } = "";

    public string Country { get; set; } = "";
}

public sealed class OrderLine
{
    public Item Item { get; set; } = new();

    public int Count { get; set; }
}

public sealed class Item
{
    public string Number { get; set; } = "";

    public string Name { get; set; } = "";

    public decimal Price { get; set; }
}

public sealed class Invoice
{
    public int Order { get; set; }

    public string Currency { get; set; } = "";

    public Total Total { get; set; } = new();

    public List<InvoiceLine> Lines { get; set; } = [];
}

public sealed class Total
{
    public decimal Net { get; set; }

    public decimal Discount { get; set; }

    public decimal Tax { get; set; }
}

public sealed class InvoiceLine
{
    public string Text { get; set; } = "";

    public decimal Amount { get; set; }
}

/// <summary>A small program, for what copies and writes down live runtimes.</summary>
public static class Small
{
    private static readonly Dictionary<string, int> Words = [];

    public static int Count(string text)
    {
        foreach (string word in text.Split(' '))
        {
            Words[word] = Words.GetValueOrDefault(word) + 1;
        }

        return Words.Count;
    }

    /// <summary>Waits for an answer that takes two days.</summary>
    public static async Task<int> Wait(string text)
    {
        int words = Count(text);
        await Task.Delay(TimeSpan.FromDays(2));
        return words;
    }

    public static bool Catch()
    {
        try
        {
            throw new InvalidOperationException("caught");
        }
        catch (InvalidOperationException e)
        {
            return e.Message.Length > 0;
        }
    }
}
