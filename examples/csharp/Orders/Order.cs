using DotNetIsolator;

/// <summary>An order, as one would write it down: that days pass in it, and that its process comes and goes, it does not know.</summary>
public static class Order
{
    private static readonly List<string> s_log = [];

    public static string Log() => string.Join(", ", s_log);

    /// <summary>Waits for a payment, and then for a person, who has only so much time.</summary>
    public static async Task<string> Process(string what, int patience)
    {
        s_log.Add($"{what} ordered");
        decimal paid = await DotNetIsolatorHost.InvokeAsync<decimal>("pay", what, 12.50m);
        s_log.Add($"{paid} paid");

        using CancellationTokenSource enough = new();
        Task<string> approval = DotNetIsolatorHost.InvokeAsync<string>("approve", enough.Token, what);
        if (await Task.WhenAny(approval, Task.Delay(patience)) == approval)
        {
            s_log.Add($"approved by {await approval}");
            return $"{what} is on its way";
        }

        enough.Cancel();
        s_log.Add("nobody approved it in time");
        return $"{paid} go back";
    }
}
