using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Isolator.Runtime.Members.Images;

namespace Isolator.Runtime.Members;

/// <summary>Default values of parameters for people, without running anything.</summary>
/// <remarks>
/// <see cref="ParameterInfo.DefaultValue"/> makes attributes of the guest's own (<see cref="CustomConstantAttribute"/>) and asks them:
/// constructors, getters and module initializers would run where somebody only looks.
/// </remarks>
internal static class DefaultValues
{
    /// <summary>As C# spells it; <c>default</c> where the metadata holds none.</summary>
    public static string Text(ParameterInfo parameter)
    {
        if ((parameter.Attributes & ParameterAttributes.HasDefault) == 0)
        {
            return Allowance.Cut(FromAttribute(parameter), Allowance.LongestValue);
        }

        // A browser's runtime keeps the constant in the field, and its `RawDefaultValue` asks attributes too.
        object? value = OperatingSystem.IsBrowser() ? Constant(parameter) : parameter.RawDefaultValue;
        Type type = parameter.ParameterType;
        return value switch
        {
            null => type.IsValueType ? "default" : "null",
            string text => $"\"{Allowance.Cut(text, Allowance.LongestValue)}\"",
            bool flag => flag ? "true" : "false",
            IConvertible number when (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } names && number is not (float or double) =>
                NameOf(names, ToNumber(number)),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => "default",
        };
    }

    /// <summary>The name of an enum's value; its number where there is none.</summary>
    public static string NameOf(Type type, decimal number)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (field.IsLiteral && field.GetRawConstantValue() is IConvertible constant && ToNumber(constant) == number)
            {
                return field.Name;
            }
        }

        return number.ToString(CultureInfo.InvariantCulture);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "DefaultValueImpl")]
    private static extern ref object? Constant(ParameterInfo parameter);

    private static decimal ToNumber(IConvertible value) => value switch
    {
        char letter => letter,
        bool flag => flag ? 1 : 0,
        _ => value.ToDecimal(CultureInfo.InvariantCulture),
    };

    /// <summary>Two of the base class library's own attributes stand for constants that metadata has no form for. They are read, not made.</summary>
    private static string FromAttribute(ParameterInfo parameter)
    {
        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (type != typeof(decimal) && type != typeof(DateTime))
        {
            return "default";
        }

        foreach (CustomAttributeData attribute in parameter.GetCustomAttributesData())
        {
            IList<CustomAttributeTypedArgument> arguments;
            if (attribute.AttributeType == typeof(DecimalConstantAttribute)
                && (arguments = attribute.ConstructorArguments) is [{ Value: byte scale }, { Value: byte sign }, ..]
                && arguments.Count == 5
                && scale <= 28)
            {
                return new decimal(Bits(arguments[4]), Bits(arguments[3]), Bits(arguments[2]), sign != 0, scale).ToString(CultureInfo.InvariantCulture);
            }

            if (attribute.AttributeType == typeof(DateTimeConstantAttribute)
                && attribute.ConstructorArguments is [{ Value: long ticks }]
                && ticks >= 0
                && ticks <= DateTime.MaxValue.Ticks)
            {
                return new DateTime(ticks).ToString(CultureInfo.InvariantCulture);
            }
        }

        return "default";
    }

    private static int Bits(CustomAttributeTypedArgument argument) => argument.Value switch
    {
        int signed => signed,
        uint unsigned => unchecked((int)unsigned),
        _ => 0,
    };
}
