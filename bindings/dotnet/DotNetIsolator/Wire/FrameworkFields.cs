using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Numerics;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>What a guest's bytes may do to a field.</summary>
internal enum FieldUse
{
    /// <summary>They fill it.</summary>
    Open,

    /// <summary>They are passed over.</summary>
    Skipped,

    /// <summary>They are an error, unless they are nil.</summary>
    Refused,
}

/// <summary>Which fields of types that are not the application's own a guest may fill.</summary>
/// <remarks>
/// .NET's own code reads some of its private fields without a check: a <c>StringValues</c> takes what is in its <c>object</c> for a <c>string[]</c>, an exception
/// follows the pointers in its stack trace, a weak reference the handle in its integer. So of the framework's types only that is filled which
/// cannot mislead such code: numbers and strings, what is public, and what has a public setter.
/// </remarks>
internal static class FrameworkFields
{
    private static readonly ConcurrentDictionary<Assembly, bool> Assemblies = new();

    /// <summary>What a guest may do with a field.</summary>
    public static FieldUse Of(FieldInfo field)
    {
        Type owner = field.DeclaringType!;
        if (!IsFramework(owner.Assembly) || field.IsPublic || IsHarmless(field.FieldType) || HasSetter(field, owner))
        {
            return FieldUse.Open;
        }

        if (owner == typeof(Exception))
        {
            return field.Name == "_innerException" ? FieldUse.Open : FieldUse.Skipped;
        }

        // The property says the same, through code of its own.
        return IsSettable(owner.GetProperty(field.Name.TrimStart('_'), BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase))
            ? FieldUse.Skipped
            : FieldUse.Refused;
    }

    /// <summary>Whether an assembly is a part of .NET, going by its name.</summary>
    public static bool IsFramework(Assembly assembly) => Assemblies.GetOrAdd(assembly, each =>
    {
        string name = each.GetName().Name ?? string.Empty;
        return name is "System" or "mscorlib" or "netstandard" or "WindowsBase" or "PresentationCore" or "PresentationFramework"
            || name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.", StringComparison.Ordinal);
    });

    /// <summary>Whether code of .NET's own runs when an object of the type is collected, on whatever is in its fields.</summary>
    public static bool IsFinalized(Type type) =>
        type.IsClass
        && type.GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic, Type.EmptyTypes) is { } finalizer
        && finalizer.DeclaringType != typeof(object)
        && IsFramework(finalizer.DeclaringType!.Assembly);

    /// <summary>Whether a value of the type is no more than numbers and strings, or is checked when it is read.</summary>
    private static bool IsHarmless(Type type)
    {
        if (type == typeof(string) || type.IsEnum || type == typeof(BigInteger) || type == typeof(Version) || type == typeof(Uri))
        {
            return true;
        }

        if (type.IsPrimitive)
        {
            return type != typeof(nint) && type != typeof(nuint);
        }

        return type.IsValueType
            && !type.IsByRefLike
            && Array.TrueForAll(
                type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
                each => !each.FieldType.IsPointer && !each.FieldType.IsFunctionPointer && IsHarmless(each.FieldType));
    }

    private static bool HasSetter(FieldInfo field, Type owner) =>
        field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
        && IsSettable(owner.GetProperty(MemberList.NameOf(field.Name), BindingFlags.Instance | BindingFlags.Public));

    private static bool IsSettable(PropertyInfo? property) => property?.SetMethod is { IsPublic: true };
}

/// <summary>The plan of a field that a guest may not fill. It is written as ever.</summary>
internal sealed class GuardedPlan(TypePlan inner, FieldInfo field, bool skips) : TypePlan(inner.Type)
{
    public override void Read(WireReader reader, ref byte slot) => Pass(reader);

    public override object? ReadBoxed(WireReader reader)
    {
        Pass(reader);
        return null;
    }

    public override void Write(WireWriter writer, ref byte slot) => inner.Write(writer, ref slot);

    public override void WriteBoxed(WireWriter writer, object? value) => inner.WriteBoxed(writer, value);

    private void Pass(WireReader reader)
    {
        if (skips)
        {
            reader.Skip();
        }
        else if (!reader.TryNil())
        {
            throw new FailureException(
                FailureKind.Value,
                $"A guest may not fill the private field {field.Name} of {field.DeclaringType}, on which .NET's own code rests. Let the method return a type of your "
                + "own with what is needed of it, or the object itself as an IsolatedObject.") { TypeName = field.DeclaringType!.ToString() };
        }
    }
}
