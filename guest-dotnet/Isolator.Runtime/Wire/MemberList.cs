using System;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Wire;

/// <summary>Which members of a type cross, and under which names.</summary>
/// <remarks>
/// Every instance field does, whatever its visibility, for closures and private types cross, too. The field behind an
/// automatic property goes by the property's name. A property with code of its own crosses if it is public and can be
/// read and written; it is written through its setter and read through its getter. Delegates that compilers cache in closures
/// are left out.
/// </remarks>
internal static class MemberList
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The metadata bit of <c>[NonSerialized]</c>.</summary>
    private const int NotSerialized = 0x80;

    /// <summary>The members of a type, those of its base types first.</summary>
    public static Member[] Of(Type type)
    {
        List<Type> levels = [];
        for (Type? level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            levels.Insert(0, level);
        }

        List<Member> members = [];
        Dictionary<string, int> byName = new(StringComparer.Ordinal);
        foreach (Type level in levels)
        {
            foreach (FieldInfo field in level.GetFields(Declared))
            {
                if ((((int)field.Attributes & NotSerialized) == 0 || IsBacking(field.Name)) && !IsCachedDelegate(field))
                {
                    Add(members, byName, level, new Member(NameOf(field.Name), field));
                }
            }

            foreach (PropertyInfo property in level.GetProperties(Declared))
            {
                if (IsComputed(property, byName))
                {
                    Add(members, byName, level, new Member(property.Name, property));
                }
            }
        }

        return members.ToArray();
    }

    /// <summary>The name under which a field is known to people.</summary>
    public static string NameOf(string field)
    {
        // <Name>k__BackingField of a property, <Name>i__Field of an anonymous type, <name>P of a captured parameter,
        // <>4__this and the like of closures keep what is not a name.
        if (field.Length > 2 && field[0] == '<' && field[1] != '>')
        {
            int end = field.IndexOf('>', 1);
            string rest = end < 0 ? string.Empty : field[(end + 1)..];
            if (rest is "k__BackingField" or "i__Field" or "P")
            {
                return field[1..end];
            }
        }

        return field;
    }

    private static bool IsBacking(string field) => field.EndsWith(">k__BackingField", StringComparison.Ordinal);

    /// <summary>Whether a closure keeps a delegate there that its code has made once, and makes again where it is missing.</summary>
    public static bool IsCachedDelegate(FieldInfo field) =>
        field.Name.StartsWith("<>9__", StringComparison.Ordinal) && typeof(Delegate).IsAssignableFrom(field.FieldType);

    private static bool IsComputed(PropertyInfo property, Dictionary<string, int> byName)
    {
        MethodInfo? getter = property.GetMethod;
        MethodInfo? setter = property.SetMethod;
        return getter is { IsPublic: true, IsAbstract: false }
            && setter is { IsPublic: true }
            && getter.GetParameters().Length == 0
            && !property.PropertyType.IsByRef
            && !property.PropertyType.IsPointer
            && !property.PropertyType.IsByRefLike
            && !byName.ContainsKey(property.Name);
    }

    private static void Add(List<Member> members, Dictionary<string, int> byName, Type level, Member member)
    {
        if (byName.TryAdd(member.Name, members.Count))
        {
            members.Add(member);
            return;
        }

        // A private field of a base type has the same name: the derived one keeps it.
        int at = byName[member.Name];
        byName[member.Name] = members.Count;
        members[at] = members[at].Renamed($"{level.BaseType?.Name}.{member.Name}");
        members.Add(member);
    }
}
