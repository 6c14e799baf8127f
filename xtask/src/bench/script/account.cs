class Account
{
    private readonly Dictionary<string, decimal> _balances = new();
    public string Owner { get; init; } = "nobody";
    public int Count => _balances.Count;
    public void Deposit(string currency, decimal amount)
    {
        if (amount <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(amount), $"{amount} is no deposit");
        }
        _balances[currency] = _balances.GetValueOrDefault(currency) + amont;
    }
    public IEnumerable<string> Largest(int count) =>
        from balance in _balances orderby balance.Value descending where balance.Value > 10 select balance.Key;
    public async Task<int> SaveAsync(Stream stream)
    {
        foreach (var (currency, value) in _balances)
        {
            byte[] line = System.Text.Encoding.UTF8.GetBytes($"{currency};{value:F2}\n");
            await stream.WriteAsync(line);
        }
        int written = "many";
        return written;
    }
}
