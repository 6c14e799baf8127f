using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Isolator.Runtime.Wire.Graph;

/// <content>In a guest the sender is trusted: it owns the guest.</content>
internal static partial class GraphRules
{
    private static readonly Dictionary<Assembly, bool> Frameworks = [];

    /// <summary>A list literal of an interface's type is of a type that nobody can name: an array goes out in its place.</summary>
    public const bool GathersLiterals = true;

    /// <summary>What is dropped from the options of a pattern that was sent.</summary>
    public const RegexOptions DroppedRegexOptions = RegexOptions.None;

    /// <summary>Whether an assembly is a part of .NET, going by its name.</summary>
    public static bool IsFramework(Type type)
    {
        if (!Frameworks.TryGetValue(type.Assembly, out bool known))
        {
            string name = type.Assembly.GetName().Name ?? string.Empty;
            known = name is "System" or "mscorlib" or "netstandard"
                || name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Microsoft.", StringComparison.Ordinal);
            Frameworks.Add(type.Assembly, known);
        }

        return known;
    }

    /// <summary>Whether a field must be empty in what is read.</summary>
    public static bool Guards(FieldInfo field) => false;

    /// <summary>Whether code of .NET's own goes on to what is in a field, calling itself; of no interest here.</summary>
    public static bool Nests(FieldInfo field) => false;

    /// <summary>The same for the elements of an array.</summary>
    public static bool NestsElements(Type array) => false;

    /// <summary>Whether objects that are read must not be finalized.</summary>
    public static bool IsFinalizedHere(Type type) => false;

    /// <summary>The comparer for keys that were sent.</summary>
    public static object? CheckKeys(Type key, object? comparer, Array items) => comparer;

    /// <summary>Whether a comparer stands in for the default one.</summary>
    public static bool IsOwnComparer(object comparer) => false;

    private static string? RefusesHere(Type type) => null;
}
