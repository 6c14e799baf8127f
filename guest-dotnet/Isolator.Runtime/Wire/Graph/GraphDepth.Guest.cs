using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>In a guest nothing is too deep: what runs out of stack there is its own.</summary>
[SuppressMessage("Performance", "CA1822", Justification = "The host's has something to do.")]
internal sealed class GraphDepth
{
    public static GraphDepth None { get; } = new();

    public static GraphDepth Of(List<Pending>? pending, List<Late>? late) => None;

    public void CheckChains(object[] objects, GraphType[] kinds, int count)
    {
    }

    public void CheckKeys(Pending pending)
    {
    }
}
