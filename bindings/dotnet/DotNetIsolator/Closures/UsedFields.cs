using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DotNetIsolator.Closures;

/// <summary>Which fields of closures a lambda's code uses.</summary>
/// <remarks>
/// A compiler puts all variables that the lambdas of a scope capture into one object. So a lambda's object may hold what only another
/// lambda needs, an <see cref="IsolatedRuntime"/> for one. Only what is used has to cross.
/// </remarks>
internal static class UsedFields
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<MethodInfo, HashSet<(Module Module, int Token)>?> Known = new();

    /// <summary>Whether a class is one that a compiler made for captured variables.</summary>
    public static bool IsClosure(Type type) =>
        type is { IsClass: true, IsNested: true } && type.Name.StartsWith("<>c__DisplayClass", StringComparison.Ordinal)
        && type.IsDefined(typeof(CompilerGeneratedAttribute), false);

    /// <summary>The fields' tokens; null if the code cannot be read, so that any may be used.</summary>
    public static HashSet<(Module Module, int Token)>? Of(MethodInfo lambda) => Known.GetOrAdd(lambda, Find);

    private static HashSet<(Module Module, int Token)>? Find(MethodInfo lambda)
    {
        HashSet<(Module, int)> used = [];
        HashSet<MethodBase> seen = [lambda];
        Queue<MethodBase> next = new([lambda]);
        while (next.TryDequeue(out MethodBase? method))
        {
            if (IlReader.MembersOf(method) is not { } members)
            {
                return null;
            }

            foreach (MemberInfo member in members)
            {
                switch (member)
                {
                    case FieldInfo field:
                        used.Add((field.Module, field.MetadataToken));
                        break;
                    case MethodBase called when IsGenerated(called) && seen.Add(called):
                        // A local function, another lambda of the same scope, the start of an asynchronous one.
                        next.Enqueue(called);
                        break;
                }

                // Of state machines and closures that are made here, all methods may run.
                if ((member as Type ?? member.DeclaringType) is { } type && IsGeneratedType(type))
                {
                    foreach (MethodInfo own in type.GetMethods(All))
                    {
                        if (!IsClosure(type) && own.Name.EndsWith("MoveNext", StringComparison.Ordinal) && seen.Add(own))
                        {
                            next.Enqueue(own);
                        }
                    }
                }
            }
        }

        return used;
    }

    private static bool IsGenerated(MethodBase method) =>
        method.DeclaringType is { } type && method.GetMethodBody() is not null
        && (IsGeneratedType(type) || method.Name.StartsWith('<'));

    /// <summary>No name in C# begins like this; not all generated types have the attribute.</summary>
    private static bool IsGeneratedType(Type type) => type.Name.StartsWith('<');
}
