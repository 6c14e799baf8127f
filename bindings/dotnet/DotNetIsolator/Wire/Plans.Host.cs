using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.ConstrainedExecution;
using System.Threading;
using DotNetIsolator;
using DotNetIsolator.Proxies;

namespace Isolator.Runtime.Wire;

/// <content>What is the host's own: many threads, a guest that is not trusted, and types on what is written.</content>
internal static partial class Plans
{
    private static readonly ConcurrentDictionary<Type, TypePlan> Known = new();
    private static readonly Lock Making = new();

    /// <summary>Most keys that are compared in a moment if all of them collide.</summary>
    private const int MostKeys = 20_000;

    static Plans()
    {
        foreach (TypePlan plan in BuiltInPlans.All())
        {
            Known.TryAdd(plan.Type, plan);
        }

        Known.TryAdd(typeof(IsolatedObject), new HandlePlan());
        foreach (Type type in new[] { typeof(IsolatedRuntime), typeof(IsolatedRuntimeHost), typeof(IsolatedMethod) })
        {
            Known.TryAdd(type, new UnsupportedPlan(type, "it belongs to the host. Register a callback for what the guest is to do with it."));
        }
    }

    /// <summary>The plan of a type.</summary>
    public static TypePlan For(Type type)
    {
        if (Known.TryGetValue(type, out TypePlan? plan))
        {
            return plan;
        }

        if (typeof(GuestProxy).IsAssignableFrom(type))
        {
            // It stands for an object of the guest, and passes as that.
            return For(typeof(IsolatedObject));
        }

        lock (Making)
        {
            plan = IsResource(type)
                ? new UnsupportedPlan(type, "it holds a resource of this process.")
                : Make(type);

            // Making it may have made it already, through a type that refers to itself.
            return Known.GetOrAdd(type, plan);
        }
    }

    /// <summary>
    /// The plan of a field of an object that is read member by member: what the insides of the framework's own types rest on is not a guest's to
    /// say.
    /// </summary>
    public static TypePlan ForField(FieldInfo field) =>
        FrameworkFields.Of(field) switch
        {
            FieldUse.Open => For(field.FieldType),
            FieldUse.Skipped => new GuardedPlan(For(field.FieldType), field, skips: true),
            _ => new GuardedPlan(For(field.FieldType), field, skips: false),
        };

    /// <summary>Whether a constructor that is not public may be run for a type.</summary>
    public static bool MayRunPrivateConstructorsOf(Type type) => !FrameworkFields.IsFramework(type.Assembly);

    /// <summary>How keys of a type are compared, if that is not to be by their own hash codes, which can be made to collide.</summary>
    public static object? KeyComparerOf(Type key) => SeededComparers.Of(key);

    /// <summary>Refuses more keys than are compared in a moment if all of them collide.</summary>
    public static void CheckKeys(Type key, int count)
    {
        if (count > MostKeys && key != typeof(string) && key != typeof(object) && SeededComparers.Of(key) is null)
        {
            throw new FailureException(
                FailureKind.Value,
                $"The guest sent more than {MostKeys} keys of type {key}, whose hash codes it may have chosen to collide. Let it send a list of pairs, or use keys that are "
                + "strings, numbers, dates or Guids.") { TypeName = key.ToString() };
        }
    }

    /// <summary>The same for the elements of a collection, if it is a set.</summary>
    public static void CheckElements(Type collection, Type element, int count)
    {
        if (count > MostKeys && (IsSet(collection) || Array.Exists(collection.GetInterfaces(), IsSet)))
        {
            CheckKeys(element, count);
        }

        static bool IsSet(Type each) =>
            each.IsGenericType
            && (each.GetGenericTypeDefinition() == typeof(ISet<>) || each.GetGenericTypeDefinition() == typeof(IReadOnlySet<>));
    }

    /// <summary>The culture of a name: one that there is, for .NET keeps each that it was ever asked for.</summary>
    public static CultureInfo CultureOf(string? name)
    {
        try
        {
            return CultureInfo.GetCultureInfo(name ?? string.Empty, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            throw new FailureException(FailureKind.Value, $"There is no culture '{Shown(name!)}' here.");
        }
    }

    /// <summary>Writes a value whose type is not the declared one.</summary>
    public static void WriteOther(TypePlan declared, WireWriter writer, object value)
    {
        switch (declared)
        {
            case DynamicPlan:
                DynamicPlan.WriteAny(writer, value);
                break;
            case SequencePlan or DictionaryPlan or UnsupportedPlan
                or CustomReferencePlan<Uri> or CustomReferencePlan<System.Globalization.CultureInfo>:
                // The guest makes what was declared; the elements keep what they are declared as, too.
                ((ReferencePlan)declared).WriteObject(writer, value);
                break;
            default:
                WriteUndeclared(writer, value);
                break;
        }
    }

    /// <summary>Writes a value with its type, unless its form alone says it.</summary>
    public static void WriteUndeclared(WireWriter writer, object value)
    {
        Type type = value.GetType();
        TypePlan plan = For(type);
        if (SaysItsType(plan) || type == typeof(object) || type == typeof(object[]) || type == typeof(Dictionary<string, object>))
        {
            plan.WriteBoxed(writer, value);
            return;
        }

        int start = writer.BeginTyped(TypeNames.Qualified(type));
        plan.WriteBoxed(writer, value);
        writer.EndTyped(start);
    }

    /// <summary>Reads an extension value that says its type, if it says one that it may.</summary>
    public static unsafe object? ReadTyped(WireReader reader, Type declared)
    {
        int length = reader.ReadExtensionHeader(out _);
        WireReader inner = new(reader.Pointer, length) { Scope = reader.Scope, Root = reader.Root, Names = reader.Names };
        inner.Nest(reader);
        string name = inner.ReadString() ?? throw new FailureException(FailureKind.Value, "A typed value has no type name.");
        Type type = reader.Scope.Find(name, reader.Root ?? declared) ?? throw new FailureException(
            FailureKind.Value,
            $"The guest named the type '{Shown(name)}', which is not one that a {reader.Root ?? declared} leads to. "
            + "Register it with IsolatedRuntimeHost.WithWireType if guests may make it here.") { TypeName = Shown(name) };
        if (!declared.IsAssignableFrom(type))
        {
            throw new FailureException(FailureKind.Value, $"A value of type {type} is not a {declared}.") { TypeName = Shown(name) };
        }

        object? value = For(type).ReadBoxed(inner);
        inner.ExpectEnd();
        reader.Advance(length);
        return value;
    }

    /// <summary>Bytes that a value of a type takes in a field or an array.</summary>
    public static int SizeOf(Type type) => Raw.SizeOf(type);

    /// <summary>Whether a value in this form is read as the same type again where nothing else says it.</summary>
    private static bool SaysItsType(TypePlan plan) =>
        plan is StringPlan or BytesPlan or CustomValuePlan<DateTime> or HandlePlan or UnsupportedPlan or UnsupportedValuePlan
        || (plan is ScalarPlan { Type.IsEnum: false } scalar && scalar.Code != MemberCode.Char);

    private static bool IsResource(Type type) =>
        typeof(MarshalByRefObject).IsAssignableFrom(type)
        || typeof(CriticalFinalizerObject).IsAssignableFrom(type)
        || FrameworkFields.IsFinalized(type)
        || type == typeof(CancellationTokenSource);

    private static string Shown(string name) => name.Length <= 200 ? name : name[..200] + "…";
}
