using System;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>How an object comes into being before or after its members are read.</summary>
/// <remarks>
/// A constructor without parameters is run first. Otherwise the one with the most parameters that all match members is
/// run with them. A constructor that does nothing but store (as a positional record's) is not run but done: the
/// members are stored where it would have put them. Where no constructor fits, the object starts with its fields.
/// </remarks>
internal sealed class ObjectConstructor
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Type _type;
    private readonly ConstructorInvoker? _invoker;
    private readonly object?[] _defaults;

    private ObjectConstructor(Type type, ConstructorInfo? constructor, bool takesMembers)
    {
        _type = type;
        TakesMembers = takesMembers;
        _invoker = constructor is null ? null : ConstructorInvoker.Create(constructor);
        ParameterInfo[] parameters = constructor?.GetParameters() ?? [];
        _defaults = Array.ConvertAll(parameters, p => Plans.DefaultOf(p));
    }

    /// <summary>Whether the members must be known first.</summary>
    public bool TakesMembers { get; }

    /// <summary>Whether no code needs to run.</summary>
    public bool IsPlain => _invoker is null;

    /// <summary>Chooses for a type.</summary>
    public static ObjectConstructor For(Type type, Member[] members)
    {
        if (type.IsAbstract)
        {
            return new ObjectConstructor(type, null, takesMembers: false);
        }

        ConstructorInfo[] constructors = type.GetConstructors(Plans.MayRunPrivateConstructorsOf(type) ? All : All & ~BindingFlags.NonPublic);
        ConstructorInfo? best = null;
        foreach (ConstructorInfo constructor in constructors)
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            if (parameters.Length == 0)
            {
                return new ObjectConstructor(type, TrivialConstructor.IsTrivial(constructor) ? null : constructor, takesMembers: false);
            }

            bool better = best is null
                || (constructor.IsPublic, parameters.Length).CompareTo((best.IsPublic, best.GetParameters().Length)) > 0;
            if (better && Array.TrueForAll(parameters, p => Match(p, type, members) >= 0))
            {
                best = constructor;
            }
        }

        if (best is null || TrivialConstructor.IsTrivial(best))
        {
            return new ObjectConstructor(type, null, takesMembers: false);
        }

        foreach (ParameterInfo parameter in best.GetParameters())
        {
            members[Match(parameter, type, members)].Parameter = parameter.Position;
        }

        return new ObjectConstructor(type, best, takesMembers: true);
    }

    /// <summary>Makes the object before its members are read.</summary>
    public object Create() => _invoker is null ? RuntimeHelpers.GetUninitializedObject(_type) : _invoker.Invoke();

    /// <summary>Reads the members, runs the constructor, and sets what it did not take.</summary>
    public object Run(ObjectShape shape, WireReader reader)
    {
        Member[] members = shape.Members;
        bool[] present = new bool[members.Length];
        object?[] values = shape.ReadValues(reader, present);
        object?[] args = (object?[])_defaults.Clone();
        for (int i = 0; i < members.Length; i++)
        {
            if (present[i] && members[i].Parameter >= 0)
            {
                args[members[i].Parameter] = values[i];
            }
        }

        object created = _invoker!.Invoke(args.AsSpan());
        for (int i = 0; i < members.Length; i++)
        {
            if (present[i] && members[i].Parameter < 0)
            {
                members[i].Set(ref Raw.Data(created), created, values[i]);
            }
        }

        return created;
    }

    private static int Match(ParameterInfo parameter, Type type, Member[] members)
    {
        // A record's copy constructor takes the record.
        if (parameter.ParameterType == type || parameter.Name is not { Length: > 0 } name)
        {
            return -1;
        }

        return Array.FindIndex(
            members,
            m => m.Type == parameter.ParameterType
                && (string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase)
                    || (m.Name[0] == '_' && string.Equals(m.Name[1..], name, StringComparison.OrdinalIgnoreCase))
                    || (m.Name.StartsWith("m_", StringComparison.Ordinal) && string.Equals(m.Name[2..], name, StringComparison.OrdinalIgnoreCase))));
    }
}
