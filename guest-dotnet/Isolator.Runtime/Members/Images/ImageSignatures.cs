using System;
using System.Collections.Generic;
using System.Reflection.Metadata;
using System.Text;

namespace Isolator.Runtime.Members.Images;

// Not that of the contract.
using HandleKind = System.Reflection.Metadata.HandleKind;

/// <summary>Spells the types in an image's signatures.</summary>
/// <remarks>
/// The decoder of <c>System.Reflection.Metadata</c> goes as deep as a signature does, which a few hundred kilobytes make too deep for
/// any stack. This one stops at <see cref="Allowance.Deepest"/>.
/// </remarks>
internal sealed class ImageSignatures(MetadataReader metadata, ImageNames names, Allowance allowance)
{
    private const int FunctionPointer = 0x1b;
    private const int ClassKind = 0x12;
    private const int ValueTypeKind = 0x11;

    /// <summary>Reads one type.</summary>
    public Spelling Type(ref BlobReader blob, Scope scope, int depth = 0)
    {
        allowance.Step();
        if (depth > Allowance.Deepest)
        {
            throw new BadImageFormatException($"a signature nests deeper than {Allowance.Deepest} levels");
        }

        int code = blob.ReadCompressedInteger();
        switch (code)
        {
            case (int)SignatureTypeCode.Pointer:
                return Suffix(Type(ref blob, scope, depth + 1), "*", "*");
            case (int)SignatureTypeCode.ByReference:
                return Reference(Type(ref blob, scope, depth + 1));
            case (int)SignatureTypeCode.SZArray:
                return Suffix(Type(ref blob, scope, depth + 1), "[]", "[]");
            case (int)SignatureTypeCode.Array:
                return Array(ref blob, scope, depth);
            case (int)SignatureTypeCode.Pinned:
                return Type(ref blob, scope, depth + 1);
            case (int)SignatureTypeCode.RequiredModifier or (int)SignatureTypeCode.OptionalModifier:
                _ = blob.ReadTypeHandle();
                return Type(ref blob, scope, depth + 1);
            case (int)SignatureTypeCode.GenericTypeParameter:
                return Parameter(scope.OfType, blob.ReadCompressedInteger(), "`");
            case (int)SignatureTypeCode.GenericMethodParameter:
                return Parameter(scope.OfMethod, blob.ReadCompressedInteger(), "``");
            case (int)SignatureTypeCode.GenericTypeInstance:
                return Instance(ref blob, scope, depth);
            case FunctionPointer:
                return Function(ref blob, scope, depth);
            case ClassKind or ValueTypeKind:
                return Named(blob.ReadTypeHandle(), code == ValueTypeKind);
            default:
                return Primitive(code);
        }
    }

    private static Spelling Primitive(int code)
    {
        string name = (PrimitiveTypeCode)code switch
        {
            PrimitiveTypeCode.TypedReference => "System.TypedReference",
            PrimitiveTypeCode known when Enum.IsDefined(known) => $"System.{known}",
            _ => throw new BadImageFormatException($"a signature has the code {code:x2}, which stands for no type"),
        };
        return new(ImageNames.Keyword(name) ?? name, name, code is not ((int)PrimitiveTypeCode.String or (int)PrimitiveTypeCode.Object));
    }

    private Spelling Named(EntityHandle handle, bool isValueType)
    {
        Spelling spelled = names.Named(handle, [], []);

        // One's own `System.Int32` is not that of the language.
        string? keyword = handle.Kind == HandleKind.TypeReference || metadata.AssemblyReferences.Count == 0
            ? ImageNames.Keyword(spelled.Id)
            : null;
        return spelled with { Text = keyword ?? spelled.Text, IsValueType = isValueType, Enum = isValueType ? new(handle) : default };
    }

    private Spelling Instance(ref BlobReader blob, Scope scope, int depth)
    {
        int kind = blob.ReadCompressedInteger();
        EntityHandle handle = blob.ReadTypeHandle();
        int count = blob.ReadCompressedInteger();
        List<string> texts = [];
        List<string> ids = [];
        Spelling last = default;
        for (int i = 0; i < count; i++)
        {
            last = Type(ref blob, scope, depth + 1);
            texts.Add(last.Text);
            ids.Add(last.Id);
        }

        Spelling spelled = names.Named(handle, texts, ids);
        return count == 1 && names.Is(handle, "System", "Nullable`1")
            ? new(Allowance.Cut(last.Text + "?"), spelled.Id, IsValueType: true, Enum: last.Enum)
            : spelled with { IsValueType = kind == ValueTypeKind };
    }

    private Spelling Array(ref BlobReader blob, Scope scope, int depth)
    {
        Spelling element = Type(ref blob, scope, depth + 1);
        int rank = blob.ReadCompressedInteger();
        if (rank is < 1 or > 32)
        {
            throw new BadImageFormatException($"a signature has an array of {rank} dimensions");
        }

        for (int sizes = blob.ReadCompressedInteger(); sizes > 0; sizes--)
        {
            _ = blob.ReadCompressedInteger();
        }

        for (int bounds = blob.ReadCompressedInteger(); bounds > 0; bounds--)
        {
            _ = blob.ReadCompressedSignedInteger();
        }

        string[] dimensions = new string[rank];
        System.Array.Fill(dimensions, "0:");
        return Suffix(element, $"[{new string(',', rank - 1)}]", $"[{string.Join(",", dimensions)}]");
    }

    private Spelling Function(ref BlobReader blob, Scope scope, int depth)
    {
        SignatureHeader header = blob.ReadSignatureHeader();
        if (header.IsGeneric)
        {
            _ = blob.ReadCompressedInteger();
        }

        int count = blob.ReadCompressedInteger();
        Spelling result = Type(ref blob, scope, depth + 1);
        StringBuilder text = new("delegate*<");
        StringBuilder id = new("=FUNC:");
        id.Append(result.Id).Append('(');
        for (int i = 0; i < count; i++)
        {
            Spelling each = Type(ref blob, scope, depth + 1);
            if (text.Length <= Allowance.LongestText)
            {
                text.Append(each.Text).Append(", ");
                id.Append(i == 0 ? string.Empty : ",").Append(each.Id);
            }
        }

        return new(Allowance.Cut(text.Append(result.Text).Append('>').ToString()), Allowance.Cut(id.Append(')').ToString()), IsValueType: true);
    }

    private static Spelling Parameter(IReadOnlyList<string> parameters, int position, string prefix) =>
        position >= 0 && position < parameters.Count
            ? new(parameters[position], $"{prefix}{position}")
            : throw new BadImageFormatException($"a signature names the type parameter {prefix}{position}, which there is not");

    private static Spelling Suffix(Spelling element, string text, string id) => new(Allowance.Cut(element.Text + text), Allowance.Cut(element.Id + id));

    private static Spelling Reference(Spelling element) => new(Allowance.Cut("ref " + element.Text), Allowance.Cut(element.Id + "@"));
}

/// <summary>Names of the type parameters that a signature can mean.</summary>
internal readonly record struct Scope(IReadOnlyList<string> OfType, IReadOnlyList<string> OfMethod);
