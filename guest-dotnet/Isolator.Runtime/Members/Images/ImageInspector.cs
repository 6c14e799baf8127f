using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members.Images;

// Not that of the contract.
using HandleKind = System.Reflection.Metadata.HandleKind;

/// <summary>Lists what an assembly consists of, from its metadata alone: it is not loaded, and none of its code can run.</summary>
/// <remarks>The host calls it as it calls any method. Whoever made the image is not trusted: see <see cref="Allowance"/>.</remarks>
internal sealed class ImageInspector
{
    private const int MostForwards = 8;

    private readonly MetadataReader _metadata;
    private readonly Allowance _allowance = new();
    private readonly ImageNames _names;
    private readonly ImageSignatures _signatures;
    private readonly ImageConstants _constants;

    private ImageInspector(MetadataReader metadata)
    {
        _metadata = metadata;
        _names = new(metadata, _allowance);
        _signatures = new(metadata, _names, _allowance);
        _constants = new(metadata, _names, _allowance);
    }

    /// <summary>The <c>Inspection</c> of an image as MessagePack: all types with their members, or one type.</summary>
    public static byte[] OfImage(byte[] image, string? type) => Of(image, type, MostForwards);

    /// <summary>As <see cref="OfImage"/>, of an assembly by its name: one of the base class library, or one that the host has.</summary>
    public static byte[] OfAssembly(string name, string? type) => OfName(name, type, MostForwards);

    private static byte[] OfName(string name, string? type, int forwards)
    {
        if (Assemblies.BuiltIn(name) is { } builtIn)
        {
            return Write(writer => Inspector.Write(writer, type is null ? builtIn : Assemblies.FindType(builtIn, type)));
        }

        return Of(Assemblies.ImageOf(name), type, forwards);
    }

    private static byte[] Of(byte[] image, string? type, int forwards)
    {
        string? forward = null;
        string name;
        try
        {
            using PEReader pe = new(ImmutableCollectionsMarshal.AsImmutableArray(image));
            if (!pe.HasMetadata)
            {
                throw new BadImageFormatException("it is a native PE file: it has no .NET metadata");
            }

            ImageInspector inspector = new(pe.GetMetadataReader(MetadataReaderOptions.None));
            name = inspector.SimpleName();
            Inspected? found = type is null ? inspector.Assembly() : inspector.FindType(type, out forward);
            if (found is not null)
            {
                return Write(found.Write);
            }
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or IOException or ArgumentException
            or OverflowException or IndexOutOfRangeException or InvalidCastException)
        {
            throw new FailureException(
                FailureKind.BadImage,
                $"The {image.Length} bytes given as an assembly cannot be read: {e.Message.TrimEnd('.')}. They are no .NET assembly, or damaged.",
                e);
        }

        if (forward is not null && forwards > 0)
        {
            return OfName(forward, type, forwards - 1);
        }

        throw new FailureException(FailureKind.TypeNotFound, $"Could not find type '{type}' in assembly '{name}'") { Assembly = name, TypeName = type };
    }

    private static byte[] Write(Action<WireWriter> write)
    {
        WireWriter writer = new();
        try
        {
            write(writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Free();
        }
    }

    private string SimpleName() => _metadata.IsAssembly
        ? _names.Text(_metadata.GetAssemblyDefinition().Name)
        : throw new BadImageFormatException("it is a module without a manifest");

    private Inspected Assembly()
    {
        string name = FullName(_metadata.GetAssemblyDefinition());
        Inspected assembly = new(name, "assembly", string.Empty, string.Empty, isPublic: true);
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            _allowance.Step();
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            if (!IsGenerated(type.Name, type.GetCustomAttributes()))
            {
                assembly.Members.Add(Type(handle));
            }
        }

        return assembly;
    }

    private string FullName(AssemblyDefinition assembly)
    {
        AssemblyName name = new() { Name = _names.Text(assembly.Name), Version = assembly.Version, CultureName = _names.Text(assembly.Culture) };
        BlobReader key = _metadata.GetBlobReader(assembly.PublicKey);
        if (key.Length is > 0 and <= 1 << 14)
        {
            name.SetPublicKey(key.ReadBytes(key.Length));
        }
        else
        {
            name.SetPublicKeyToken([]);
        }

        return Allowance.Cut(name.FullName);
    }

    private Inspected? FindType(string name, out string? forward)
    {
        forward = null;
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            _allowance.Step();
            if (_names.FullName(handle) == name)
            {
                return Type(handle);
            }
        }

        foreach (ExportedTypeHandle handle in _metadata.ExportedTypes)
        {
            _allowance.Step();
            ExportedType exported = _metadata.GetExportedType(handle);
            string space = _names.Text(exported.Namespace);
            string full = space.Length == 0 ? _names.Text(exported.Name) : $"{space}.{_names.Text(exported.Name)}";

            // Types nested in a forwarded one are where that one is.
            if (exported.Implementation.Kind == HandleKind.AssemblyReference
                && (name == full || name.StartsWith(full + "+", StringComparison.Ordinal)))
            {
                forward = _names.Text(_metadata.GetAssemblyReference((AssemblyReferenceHandle)exported.Implementation).Name);
                return null;
            }
        }

        return null;
    }

    private Inspected Type(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        Spelling spelled = _names.Declared(handle);
        Inspected listed = List(
            _names.FullName(handle), "type", $"{Category(type)} {spelled.Text}", "T:" + spelled.Id, _names.IsVisible(handle));
        Scope scope = new(_names.Parameters(type.GetGenericParameters()), []);
        AddMethods(listed, type, spelled, scope, constructors: false);
        AddMethods(listed, type, spelled, scope, constructors: true);
        foreach (PropertyDefinitionHandle property in type.GetProperties())
        {
            _allowance.Step();
            AddProperty(listed, _metadata.GetPropertyDefinition(property), spelled, scope);
        }

        foreach (FieldDefinitionHandle field in type.GetFields())
        {
            _allowance.Step();
            AddField(listed, _metadata.GetFieldDefinition(field), spelled, scope);
        }

        return listed;
    }

    private void AddMethods(Inspected listed, TypeDefinition type, Spelling declaring, Scope scope, bool constructors)
    {
        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            _allowance.Step();
            MethodDefinition method = _metadata.GetMethodDefinition(handle);
            string name = _names.Text(method.Name);
            bool isConstructor = name is ".ctor" or ".cctor" && (method.Attributes & MethodAttributes.RTSpecialName) != 0;
            if (isConstructor == constructors && !IsGenerated(method.Name, method.GetCustomAttributes()))
            {
                listed.Members.Add(Method(type, method, name, declaring, scope, isConstructor));
            }
        }
    }

    private Inspected Method(TypeDefinition type, MethodDefinition method, string name, Spelling declaring, Scope scope, bool isConstructor)
    {
        scope = scope with { OfMethod = _names.Parameters(method.GetGenericParameters()) };
        BlobReader blob = _metadata.GetBlobReader(method.Signature);
        SignatureHeader header = blob.ReadSignatureHeader();
        if (header.Kind != SignatureKind.Method)
        {
            throw new BadImageFormatException("a method has a signature that is none of a method");
        }

        if (header.IsGeneric)
        {
            _ = blob.ReadCompressedInteger();
        }

        int count = blob.ReadCompressedInteger();
        Spelling result = _signatures.Type(ref blob, scope);
        (string parameters, string ids) = Parameters(ref blob, scope, count, Rows(method));
        StringBuilder text = new();
        StringBuilder id = new("M:");
        id.Append(declaring.Id).Append('.').Append(name.Replace('.', '#'));
        text.Append((method.Attributes & MethodAttributes.Static) != 0 ? "static " : string.Empty);
        if (isConstructor)
        {
            text.Append(_names.Text(type.Name));
        }
        else
        {
            text.Append(result.Text).Append(' ').Append(name);
            if (scope.OfMethod.Count > 0)
            {
                text.Append('<').AppendJoin(", ", scope.OfMethod).Append('>');
                id.Append("``").Append(scope.OfMethod.Count);
            }
        }

        text.Append('(').Append(parameters).Append(')');
        id.Append(ids);
        if (name is "op_Implicit" or "op_Explicit")
        {
            id.Append('~').Append(result.Id);
        }

        return List(name, "method", text.ToString(), id.ToString(), IsPublic(method.Attributes));
    }

    /// <summary>What the metadata says of each parameter beyond its type, by its position from 1.</summary>
    private Dictionary<int, Parameter> Rows(MethodDefinition method)
    {
        Dictionary<int, Parameter> rows = [];
        foreach (ParameterHandle handle in method.GetParameters())
        {
            _allowance.Step();
            Parameter parameter = _metadata.GetParameter(handle);
            rows[parameter.SequenceNumber] = parameter;
        }

        return rows;
    }

    private (string Text, string Ids) Parameters(ref BlobReader blob, Scope scope, int count, Dictionary<int, Parameter> rows)
    {
        StringBuilder text = new();
        StringBuilder ids = new();
        for (int i = 0; i < count && text.Length <= Allowance.LongestText; i++)
        {
            Spelling type = _signatures.Type(ref blob, scope);
            string spelled = type.Text;
            string rest = string.Empty;
            if (rows.TryGetValue(i + 1, out Parameter row))
            {
                if ((row.Attributes & ParameterAttributes.Out) != 0 && spelled.StartsWith("ref ", StringComparison.Ordinal))
                {
                    spelled = string.Concat("out ", spelled.AsSpan(4));
                }

                if (_names.Attribute(row.GetCustomAttributes(), "System", "ParamArrayAttribute") is not null)
                {
                    spelled = $"params {spelled}";
                }

                rest = _names.Text(row.Name) is { Length: > 0 } name ? $" {name}" : string.Empty;
                if ((row.Attributes & ParameterAttributes.Optional) != 0)
                {
                    rest += $" = {_constants.Text(row, type)}";
                }
            }

            text.Append(i == 0 ? string.Empty : ", ").Append(spelled).Append(rest);
            ids.Append(i == 0 ? string.Empty : ",").Append(type.Id);
        }

        return (text.ToString(), count == 0 ? string.Empty : $"({ids})");
    }

    private void AddProperty(Inspected listed, PropertyDefinition property, Spelling declaring, Scope scope)
    {
        if (IsGenerated(property.Name, property.GetCustomAttributes()))
        {
            return;
        }

        BlobReader blob = _metadata.GetBlobReader(property.Signature);
        if (blob.ReadSignatureHeader().Kind != SignatureKind.Property)
        {
            throw new BadImageFormatException("a property has a signature that is none of a property");
        }

        int count = blob.ReadCompressedInteger();
        Spelling type = _signatures.Type(ref blob, scope);
        (_, string ids) = Parameters(ref blob, scope, count, []);
        PropertyAccessors accessors = property.GetAccessors();
        MethodAttributes? getter = accessors.Getter.IsNil ? null : _metadata.GetMethodDefinition(accessors.Getter).Attributes;
        MethodAttributes? setter = accessors.Setter.IsNil ? null : _metadata.GetMethodDefinition(accessors.Setter).Attributes;
        string name = _names.Text(property.Name);
        string isStatic = ((getter ?? setter) & MethodAttributes.Static) > 0 ? "static " : string.Empty;
        string listedAccessors = $"{(getter is null ? string.Empty : "get; ")}{(setter is null ? string.Empty : "set; ")}";
        listed.Members.Add(List(
            name,
            "property",
            $"{isStatic}{type.Text} {name} {{ {listedAccessors}}}",
            $"P:{declaring.Id}.{name}{ids}",
            (getter is { } get && IsPublic(get)) || (setter is { } set && IsPublic(set))));
    }

    private void AddField(Inspected listed, FieldDefinition field, Spelling declaring, Scope scope)
    {
        if (IsGenerated(field.Name, field.GetCustomAttributes()))
        {
            return;
        }

        BlobReader blob = _metadata.GetBlobReader(field.Signature);
        if (blob.ReadSignatureHeader().Kind != SignatureKind.Field)
        {
            throw new BadImageFormatException("a field has a signature that is none of a field");
        }

        string name = _names.Text(field.Name);
        string sort = (field.Attributes & FieldAttributes.Literal) != 0 ? "const "
            : (field.Attributes & FieldAttributes.Static) != 0 ? "static "
            : string.Empty;
        listed.Members.Add(List(
            name,
            "field",
            $"{sort}{_signatures.Type(ref blob, scope).Text} {name}",
            $"F:{declaring.Id}.{name}",
            (field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public));
    }

    private Inspected List(string name, string kind, string signature, string id, bool isPublic)
    {
        signature = Allowance.Cut(signature);
        id = Allowance.Cut(id);
        return _allowance.List(new(name, kind, signature, id, isPublic), name.Length + signature.Length + id.Length);
    }

    private static bool IsPublic(MethodAttributes attributes) => (attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public;

    private bool IsGenerated(StringHandle handle, CustomAttributeHandleCollection attributes)
    {
        string name = _names.Text(handle);
        return name.Contains('<', StringComparison.Ordinal)
            && (name.StartsWith('<')
                || _names.Attribute(attributes, "System.Runtime.CompilerServices", "CompilerGeneratedAttribute") is not null);
    }

    private string Category(TypeDefinition type)
    {
        TypeAttributes attributes = type.Attributes;
        return (attributes & TypeAttributes.Interface) != 0 ? "interface"
            : _names.Is(type.BaseType, "System", "Enum") ? "enum"
            : _names.Is(type.BaseType, "System", "MulticastDelegate") || _names.Is(type.BaseType, "System", "Delegate") ? "delegate"
            : _names.Is(type.BaseType, "System", "ValueType") ? "struct"
            : (attributes & (TypeAttributes.Abstract | TypeAttributes.Sealed)) == (TypeAttributes.Abstract | TypeAttributes.Sealed) ? "static class"
            : (attributes & TypeAttributes.Abstract) != 0 ? "abstract class"
            : "class";
    }
}
