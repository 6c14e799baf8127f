using System;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <content>Where fields are, which C knows.</content>
internal static partial class Raw
{
    private static readonly int HeaderSize = 2 * IntPtr.Size;

    /// <summary>Offset of a field from <see cref="Data"/>, or from the start of a struct.</summary>
    public static int OffsetOf(FieldInfo field) => Bridge.Current.FieldOffset(field.FieldHandle.Value) - HeaderSize;
}
