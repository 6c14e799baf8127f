using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Wire.Graph;

/// <content>Where forms are kept: there is one thread.</content>
internal static partial class GraphTypes
{
    private static readonly Dictionary<Type, GraphType> Known = [];

    /// <summary>The form of a type.</summary>
    public static GraphType Of(Type type)
    {
        if (!Known.TryGetValue(type, out GraphType? form))
        {
            form = Make(type);
            Known[type] = form;
        }

        return form;
    }
}
