using System.Threading;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>How many instances of .NET's generic types one guest may have this process make by naming them: none is ever freed.</summary>
internal sealed class NameBudget
{
    /// <summary>Most types that nobody has named before, for one runtime.</summary>
    public const int Most = 256;

    private int _taken;

    /// <summary>For bytes that come from no runtime.</summary>
    public static NameBudget Nobodys { get; } = new();

    /// <summary>Takes one, if one is left.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Most)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }
}
