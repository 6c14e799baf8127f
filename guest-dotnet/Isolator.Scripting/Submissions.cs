using System.Collections;
using System.Reflection;

namespace Isolator.Scripting;

/// <summary>
/// What runs a session's submissions. It is loaded into the runtime that they run in, which has no compiler: so this file and <c>Display.cs</c> refer to the base
/// library alone.
/// </summary>
public static class Submissions
{
    /// <summary>Elements of a sequence that is no collection, and may have no end, which are a value.</summary>
    private const int MostElements = 10_000;

    /// <summary>What each submission declared, as the compiler's code looks it up: the first place is for globals, which there are none of.</summary>
    private static object?[] s_states = new object?[16];

    private static object? s_value;

    /// <summary>Runs a submission, which is loaded. What it comes to is shown, if it has a value.</summary>
    /// <param name="assembly">Name of its assembly.</param>
    /// <param name="type">Its class.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="hasValue">Whether it has a value.</param>
    public static async Task<string?> Run(string assembly, string type, int number, bool hasValue)
    {
        s_value = null;
        if (number >= s_states.Length)
        {
            Array.Resize(ref s_states, 2 * number);
        }
        MethodInfo factory = Assembly.Load(assembly).GetType(type, throwOnError: true)!
            .GetMethod("<Factory>", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        object? value = await factory.CreateDelegate<Func<object?[], Task<object?>>>()(s_states).ConfigureAwait(false);
        if (!hasValue)
        {
            return null;
        }
        s_value = value;
        return Display.Of(value);
    }

    /// <summary>The value of the submission that ran last, for those who can read it.</summary>
    public static object? Value()
    {
        object? value = s_value;
        s_value = null;
        return value is IEnumerable and not string and not ICollection && !IsCounted(value) ? Bounded((IEnumerable)value) : value;
    }

    private static bool IsCounted(object value) =>
        value.GetType().GetInterfaces().Any(type => type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(ICollection<>) || type.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>)));

    private static List<object?> Bounded(IEnumerable sequence)
    {
        var elements = new List<object?>();
        foreach (object? element in sequence)
        {
            if (elements.Count == MostElements)
            {
                throw new InvalidOperationException($"the sequence has more than {MostElements} elements");
            }
            elements.Add(element);
        }
        return elements;
    }
}
