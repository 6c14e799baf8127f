using System;
using System.Collections.Concurrent;

namespace Isolator.Runtime.Wire.Graph;

/// <content>Where forms are kept: there are many threads.</content>
internal static partial class GraphTypes
{
    private static readonly ConcurrentDictionary<Type, GraphType> Known = new();

    /// <summary>The form of a type.</summary>
    public static GraphType Of(Type type) => Known.TryGetValue(type, out GraphType? form) ? form : Known.GetOrAdd(type, Make);
}
