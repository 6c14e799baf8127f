using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members;

/// <summary>Lists what an assembly, a type or a method consists of: an <c>Inspection</c>.</summary>
internal static class Inspector
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Writes the inspection of what a handle names; of an object, that of its type.</summary>
    /// <remarks>
    /// No code of the subject's runs: attributes are looked for and not made, default values are those that metadata holds
    /// (<see cref="DefaultValues"/>), and what guest code derived from <see cref="Type"/> or <see cref="Assembly"/> is an object like
    /// any other.
    /// </remarks>
    public static void Write(WireWriter writer, object subject)
    {
        switch (subject)
        {
            case Assembly assembly when IsOurs(assembly):
                WriteAssembly(writer, assembly);
                break;
            case MethodTarget method:
                WriteMethod(writer, method.Method);
                break;
            case Type type when IsOurs(type):
                WriteType(writer, type, withMembers: true);
                break;
            default:
                WriteType(writer, subject.GetType(), withMembers: true);
                break;
        }
    }

    private static void WriteAssembly(WireWriter writer, Assembly assembly)
    {
        Type?[] types;
        try
        {
            types = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            // Types whose references are missing are left out; the others are still worth listing.
            types = e.Types;
        }

        List<Type> listed = [];
        foreach (Type? type in types)
        {
            if (type is not null && !IsGenerated(type))
            {
                listed.Add(type);
            }
        }

        WriteHead(writer, assembly.FullName ?? string.Empty, "assembly", string.Empty, string.Empty, isPublic: true, listed.Count);
        foreach (Type type in listed)
        {
            WriteType(writer, type, withMembers: false);
        }
    }

    private static void WriteType(WireWriter writer, Type type, bool withMembers)
    {
        List<MemberInfo> members = [];
        if (withMembers)
        {
            foreach (MemberInfo member in type.GetMembers(Declared))
            {
                if (member is MethodBase or FieldInfo or PropertyInfo && !IsGenerated(member))
                {
                    members.Add(member);
                }
            }
        }

        WriteHead(
            writer,
            type.FullName ?? type.Name,
            "type",
            $"{Category(type)} {Signatures.Of(type)}",
            "T:" + DocumentationId.Of(type),
            type.IsVisible,
            members.Count);
        foreach (MemberInfo member in members)
        {
            switch (member)
            {
                case MethodBase method:
                    WriteMethod(writer, method);
                    break;
                case FieldInfo field:
                    WriteHead(
                        writer,
                        field.Name,
                        "field",
                        $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty)}{Signatures.Of(field.FieldType)} {field.Name}",
                        $"F:{DocumentationId.Of(type)}.{field.Name}",
                        field.IsPublic,
                        0);
                    break;
                case PropertyInfo property:
                    WriteProperty(writer, type, property);
                    break;
            }
        }
    }

    private static void WriteProperty(WireWriter writer, Type type, PropertyInfo property)
    {
        MethodInfo? getter = property.GetMethod;
        MethodInfo? setter = property.SetMethod;
        string accessors = $"{(getter is null ? string.Empty : "get; ")}{(setter is null ? string.Empty : "set; ")}";
        WriteHead(
            writer,
            property.Name,
            "property",
            $"{((getter ?? setter)?.IsStatic == true ? "static " : string.Empty)}{Signatures.Of(property.PropertyType)} {property.Name} {{ {accessors}}}",
            $"P:{DocumentationId.Of(type)}.{property.Name}{DocumentationId.Parameters(property.GetIndexParameters())}",
            getter?.IsPublic == true || setter?.IsPublic == true,
            0);
    }

    private static void WriteMethod(WireWriter writer, MethodBase method) =>
        WriteHead(writer, method.Name, "method", Signatures.Of(method), "M:" + DocumentationId.Of(method), method.IsPublic, 0);

    /// <summary>Writes what an <c>Inspection</c> says before its members, whose number is given.</summary>
    public static void WriteHead(
        WireWriter writer, string name, string kind, string signature, string documentationId, bool isPublic, int members)
    {
        writer.WriteMapHeader(6);
        Put(writer, "Name", name);
        Put(writer, "Kind", kind);
        Put(writer, "Signature", signature);
        Put(writer, "DocumentationId", documentationId);
        writer.WriteString("IsPublic");
        writer.WriteBoolean(isPublic);
        writer.WriteString("Members");
        writer.WriteArrayHeader(members);
    }

    private static void Put(WireWriter writer, string name, string value)
    {
        writer.WriteString(name);
        writer.WriteString(value);
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal)
        && (member.IsDefined(typeof(CompilerGeneratedAttribute), false) || member.Name.StartsWith('<'));

    /// <summary>Whether an object's members are those of the base class library, and none of the guest's own.</summary>
    private static bool IsOurs(object reflected) => reflected.GetType().Assembly == typeof(object).Assembly;

    private static string Category(Type type) =>
        type.IsInterface ? "interface"
        : type.IsEnum ? "enum"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : "class";
}
