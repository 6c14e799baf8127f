using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Wire;

/// <content>What is the guest's own.</content>
internal sealed partial class WireReader
{
    /// <summary>The types that a graph may name.</summary>
    private static GraphScope GraphTypes => GraphScope.All;
}
