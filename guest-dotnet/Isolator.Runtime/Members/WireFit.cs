using System;
using System.Collections;
using System.Reflection;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Members;

/// <summary>How well arguments on the wire fit parameters.</summary>
internal static class WireFit
{
    /// <summary>0 is a perfect fit; <see cref="int.MaxValue"/> is none.</summary>
    public static int Score(ParameterInfo[] parameters, WireReader args)
    {
        int count = args.ReadArrayHeader();
        bool isOpen = parameters.Length > 0 && MethodFinder.IsParamArray(parameters[^1]);
        int total = 0;
        for (int i = 0; i < count; i++)
        {
            int score;
            if (isOpen && i >= parameters.Length - 1)
            {
                Type array = parameters[^1].ParameterType;
                score = Score(array.GetElementType()!, args);
                int whole = count == parameters.Length ? Score(array, args) : -1;
                score = whole >= 0 && (score < 0 || whole <= score) ? whole : score < 0 ? -1 : score + 10;
            }
            else
            {
                score = Score(parameters[i].ParameterType, args);
            }

            if (score < 0)
            {
                return int.MaxValue;
            }

            total += score;
            args.Skip();
        }

        // Fewer defaults to fill in are better.
        return (total * 8) + Math.Max(0, parameters.Length - count);
    }

    /// <summary>How well the next value fits a type: 0 exactly, more: with a conversion, negative: not at all.</summary>
    private static int Score(Type type, WireReader args)
    {
        byte code = args.Peek();
        bool isNullable = !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        int asObject = bare == typeof(object) ? 5 : -1;
        if (code == Codes.Nil)
        {
            return isNullable ? bare == typeof(object) ? 1 : 0 : -1;
        }

        MemberCode scalar = ScalarPlan.CodeOf(bare.IsEnum ? Enum.GetUnderlyingType(bare) : bare);
        switch (code)
        {
            case Codes.True or Codes.False:
                return scalar == MemberCode.Boolean ? 0 : asObject;
            case Codes.Float32 or Codes.Float64:
                return scalar switch
                {
                    MemberCode.Double => code == Codes.Float64 ? 0 : 1,
                    MemberCode.Single => code == Codes.Float32 ? 0 : 2,
                    _ => bare == typeof(decimal) ? 3 : bare == typeof(Half) ? 4 : asObject,
                };
            case Codes.Str8 or Codes.Str16 or Codes.Str32 or (>= Codes.FixStr and <= 0xbf):
                return bare == typeof(string) ? 0
                    : scalar == MemberCode.Char ? (code == (Codes.FixStr | 1) ? 1 : -1)
                    : IsTextual(bare) ? 2
                    : asObject;
            case >= Codes.Bin8 and <= Codes.Bin32:
                return bare == typeof(byte[]) ? 0 : bare == typeof(Memory<byte>) || bare == typeof(ReadOnlyMemory<byte>) ? 1 : asObject;
            case Codes.Array16 or Codes.Array32 or (>= Codes.FixArray and <= 0x9f):
                return bare.IsArray ? 0
                    : bare != typeof(string) && typeof(IEnumerable).IsAssignableFrom(bare) && !typeof(IDictionary).IsAssignableFrom(bare) ? 1
                    : typeof(System.Runtime.CompilerServices.ITuple).IsAssignableFrom(bare) || bare == typeof(DateTimeOffset) ? 1
                    : asObject;
            case Codes.Map16 or Codes.Map32 or (>= Codes.FixMap and <= 0x8f):
                return typeof(IDictionary).IsAssignableFrom(bare) ? 1
                    : scalar == MemberCode.Plan && bare != typeof(object) && bare != typeof(string) && !bare.IsArray && !IsTextual(bare) ? 1
                    : asObject;
            case (>= Codes.Ext8 and <= Codes.Ext32) or (>= Codes.FixExt1 and <= Codes.FixExt16):
                return ScoreExtension(bare, args, asObject);
            default:
                return ScoreInteger(bare, scalar, args, asObject);
        }
    }

    private static int ScoreExtension(Type type, WireReader args, int asObject)
    {
        if (Values.IsExtended(args))
        {
            // The value itself is there, so its type decides.
            object? value = Values.IsBlock(args) ? null : args.PeekObject();
            return value is null ? (type.IsArray ? 0 : type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) ? 1 : asObject)
                : value.GetType() == type ? 0
                : type.IsInstanceOfType(value) ? (type == typeof(object) ? 5 : 1)
                : value is IEnumerable and not IDictionary && type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) && !typeof(IDictionary).IsAssignableFrom(type) ? 3
                : -1;
        }

        if (args.PeekExtension() != Codes.Handle)
        {
            return type == typeof(DateTime) ? 0 : type == typeof(DateTimeOffset) ? 1 : asObject;
        }

        object target = Handles.GetObject(args.PeekHandle());
        return target.GetType() == type ? 0 : type.IsInstanceOfType(target) ? (type == typeof(object) ? 5 : 1) : -1;
    }

    private static int ScoreInteger(Type type, MemberCode scalar, WireReader args, int asObject) => scalar switch
    {
        MemberCode.Int32 => args.FitsInt32() ? type.IsEnum ? 3 : 0 : -1,
        MemberCode.Int64 => type.IsEnum ? 4 : 1,
        MemberCode.UInt64 or MemberCode.UInt32 => type.IsEnum ? 4 : 2,
        MemberCode.Int16 or MemberCode.UInt16 or MemberCode.Byte or MemberCode.SByte => type.IsEnum ? 4 : 3,
        MemberCode.Double or MemberCode.Single => 4,
        MemberCode.Char => 6,
        _ => type == typeof(decimal) || type == typeof(nint) || type == typeof(Int128) || type == typeof(System.Numerics.BigInteger) ? 3
            : type == typeof(TimeSpan) ? 6
            : asObject,
    };

    private static bool IsTextual(Type type) =>
        type == typeof(Guid) || type == typeof(decimal) || type == typeof(Version) || type == typeof(Uri)
        || type == typeof(Int128) || type == typeof(UInt128) || type == typeof(System.Text.StringBuilder);
}
