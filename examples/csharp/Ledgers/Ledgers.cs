// The application that every tenant gets in a runtime of its own.
namespace Ledgers;

public static class Ledger
{
    // Each tenant's runtime has its own: statics are no danger between tenants.
    private static readonly List<long> s_amounts = [];

    public static async Task<long> Book(long amount)
    {
        await Task.Delay(20); // A tenant that waits holds no thread of the host.
        s_amounts.Add(amount);
        return s_amounts.Sum();
    }

    /// <summary>Never ends: the host's limit of time ends it.</summary>
    public static long AuditForEver()
    {
        for (long number = 0; ; number++)
        {
            if (number < 0)
            {
                return number;
            }
        }
    }

    /// <summary>Takes memory until the host's limit refuses it.</summary>
    public static long Hoard()
    {
        var kept = new List<byte[]>();
        while (true)
        {
            kept.Add(new byte[1 << 20]);
        }
    }

    /// <summary>Waits until the host has enough, and notices.</summary>
    public static async Task<string> Follow(CancellationToken enough)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, enough);
            return "not reached";
        }
        catch (OperationCanceledException)
        {
            s_amounts.Add(0); // Code of the tenant's that cleans up.
            throw;
        }
    }

    public static int Entries() => s_amounts.Count;
}
