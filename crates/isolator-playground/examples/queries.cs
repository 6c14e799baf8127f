var orders = new List<Order>
{
    new("Ada", "lamp", 2, 39.90m),
    new("Ben", "chair", 4, 89.00m),
    new("Ada", "table", 1, 249.00m),
    new("Cleo", "lamp", 1, 39.90m),
};

var perCustomer = orders
    .GroupBy(order => order.Customer)
    .Select(group => (Customer: group.Key, Total: group.Sum(order => order.Total), Pieces: group.Sum(order => order.Count)))
    .OrderByDescending(row => row.Total);

foreach (var (customer, total, pieces) in perCustomer)
    Console.WriteLine($"{customer,-6}{pieces,3} pieces {total,8:0.00}");

var best = orders.MaxBy(order => order.Total)!;
Console.WriteLine(best with { Count = best.Count + 1 });

record Order(string Customer, string Item, int Count, decimal Price)
{
    public decimal Total => Count * Price;
}
