namespace Isolator.Runtime.Wire.Graph;

/// <content>There is one thread.</content>
internal sealed unsafe partial class GraphWriter
{
    private static GraphWriter? s_spare;
}
