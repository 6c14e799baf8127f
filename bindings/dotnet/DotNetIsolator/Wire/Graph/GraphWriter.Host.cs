using System;

namespace Isolator.Runtime.Wire.Graph;

/// <content>Each thread keeps one for its next message.</content>
internal sealed unsafe partial class GraphWriter
{
    [ThreadStatic]
    private static GraphWriter? s_spare;
}
