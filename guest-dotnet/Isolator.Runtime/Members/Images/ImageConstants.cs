using System;
using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using Isolator.Runtime.Hosting;

namespace Isolator.Runtime.Members.Images;

// Not that of the contract.
using HandleKind = System.Reflection.Metadata.HandleKind;

/// <summary>Default values of parameters, from metadata: those that an attribute computes are not asked for, since that is code.</summary>
internal sealed class ImageConstants(MetadataReader metadata, ImageNames names, Allowance allowance)
{
    /// <summary>The default value of an optional parameter as C# spells it; <c>default</c> where the metadata holds none.</summary>
    public string Text(Parameter parameter, Spelling type)
    {
        ConstantHandle handle = parameter.GetDefaultValue();
        if (!handle.IsNil)
        {
            return Allowance.Cut(OfConstant(metadata.GetConstant(handle), type), Allowance.LongestValue);
        }

        CustomAttributeHandleCollection attributes = parameter.GetCustomAttributes();
        return names.Attribute(attributes, "System.Runtime.CompilerServices", "DecimalConstantAttribute") is { } number
            ? OfDecimal(metadata.GetBlobReader(number.Value))
            : names.Attribute(attributes, "System.Runtime.CompilerServices", "DateTimeConstantAttribute") is { } time
            ? OfTime(metadata.GetBlobReader(time.Value))
            : "default";
    }

    private string OfConstant(Constant constant, Spelling type)
    {
        BlobReader blob = metadata.GetBlobReader(constant.Value);
        allowance.Step(1 + (blob.Length / 64));
        switch (constant.TypeCode)
        {
            case ConstantTypeCode.NullReference:
                return type.IsValueType ? "default" : "null";
            case ConstantTypeCode.Boolean:
                return blob.ReadByte() != 0 ? "true" : "false";
            case ConstantTypeCode.String:
                int most = Math.Min(blob.Length, Allowance.LongestValue * 4);
                return $"\"{Allowance.Cut(blob.ReadUTF16(most & ~1), Allowance.LongestValue)}\"";
            case ConstantTypeCode.Char when type.Enum.Handle.IsNil:
                return blob.ReadChar().ToString();
            case ConstantTypeCode.Single:
                return blob.ReadSingle().ToString(CultureInfo.InvariantCulture);
            case ConstantTypeCode.Double:
                return blob.ReadDouble().ToString(CultureInfo.InvariantCulture);
            default:
                Int128 value = Integer(ref blob, constant.TypeCode);
                return (type.Enum.Handle.IsNil ? null : NameOf(type.Enum.Handle, value)) ?? value.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static Int128 Integer(ref BlobReader blob, ConstantTypeCode code) => code switch
    {
        ConstantTypeCode.SByte => blob.ReadSByte(),
        ConstantTypeCode.Byte => blob.ReadByte(),
        ConstantTypeCode.Int16 => blob.ReadInt16(),
        ConstantTypeCode.UInt16 or ConstantTypeCode.Char => blob.ReadUInt16(),
        ConstantTypeCode.Int32 => blob.ReadInt32(),
        ConstantTypeCode.UInt32 => blob.ReadUInt32(),
        ConstantTypeCode.Int64 => blob.ReadInt64(),
        ConstantTypeCode.UInt64 => blob.ReadUInt64(),
        _ => throw new BadImageFormatException($"a default value has the type {(int)code:x2}, which is none"),
    };

    /// <summary>The name of an enum's value: from this image or from the base class library. Other assemblies are not looked into.</summary>
    private string? NameOf(EntityHandle handle, Int128 value)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            foreach (FieldDefinitionHandle each in metadata.GetTypeDefinition((TypeDefinitionHandle)handle).GetFields())
            {
                allowance.Step();
                FieldDefinition field = metadata.GetFieldDefinition(each);
                if ((field.Attributes & FieldAttributes.Literal) != 0 && field.GetDefaultValue() is { IsNil: false } constant)
                {
                    Constant found = metadata.GetConstant(constant);
                    BlobReader blob = metadata.GetBlobReader(found.Value);
                    if (Integer(ref blob, found.TypeCode) == value)
                    {
                        return names.Text(field.Name);
                    }
                }
            }

            return null;
        }

        if (names.Simple(handle) is not { } simple
            || metadata.GetTypeReference((TypeReferenceHandle)handle).ResolutionScope is not { Kind: HandleKind.AssemblyReference } scope)
        {
            return null;
        }

        string assembly = names.Text(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name);
        return Assemblies.BuiltIn(assembly)?.GetType($"{simple.Space}.{simple.Name}") is { IsEnum: true } type
            ? DefaultValues.NameOf(type, (decimal)value)
            : null;
    }

    private static string OfDecimal(BlobReader blob)
    {
        // Prolog, scale, sign, then 96 bits in three parts, the highest first.
        _ = blob.ReadUInt16();
        byte scale = blob.ReadByte();
        bool negative = blob.ReadByte() != 0;
        int high = blob.ReadInt32();
        int middle = blob.ReadInt32();
        int low = blob.ReadInt32();
        return scale > 28 ? "default" : new decimal(low, middle, high, negative, scale).ToString(CultureInfo.InvariantCulture);
    }

    private static string OfTime(BlobReader blob)
    {
        _ = blob.ReadUInt16();
        long ticks = blob.ReadInt64();
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks ? "default" : new DateTime(ticks).ToString(CultureInfo.InvariantCulture);
    }
}
