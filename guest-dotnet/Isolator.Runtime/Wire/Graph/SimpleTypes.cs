using System;
using System.Numerics;
using System.Text;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Types whose values are exact as MessagePack, and shorter.</summary>
internal static class SimpleTypes
{
    /// <summary>Whether a type is one.</summary>
    public static bool Contains(Type type)
    {
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare.IsPrimitive || bare.IsEnum || bare == typeof(void) || bare == typeof(string) || bare == typeof(byte[])
            || bare == typeof(decimal) || bare == typeof(Guid) || bare == typeof(DateTime) || bare == typeof(DateTimeOffset) || bare == typeof(TimeSpan)
            || bare == typeof(DateOnly) || bare == typeof(TimeOnly) || bare == typeof(Int128) || bare == typeof(UInt128) || bare == typeof(BigInteger)
            || bare == typeof(Rune) || Values.IsHandleType(bare);
    }
}
