using System;
using System.Collections.Generic;
using System.Reflection;

namespace Isolator.Runtime.Members;

/// <summary>What was probably meant by a name that nothing has, nearest first.</summary>
internal static class Similar
{
    private const int Most = 5;

    /// <summary>Types are compared in assemblies of at most so many, names of at most so many letters: it is only an error's message.</summary>
    private const int MostTypes = 5000;
    private const int LongestName = 200;

    /// <summary>Methods and constructors of a type and its bases with a name like this one.</summary>
    public static List<string> Methods(Type type, string name)
    {
        const BindingFlags Declared =
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        Ranking<MethodBase> ranking = new(name);
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            foreach (MethodInfo method in level.GetMethods(Declared))
            {
                ranking.Add(method.Name, method);
            }
        }

        return ranking.Best(method => Signatures.Of(method));
    }

    /// <summary>Types of an assembly with a full name like this one, or with the same simple name elsewhere.</summary>
    public static List<string> Types(Assembly assembly, string name)
    {
        Type?[] types;
        try
        {
            types = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            types = e.Types;
        }
        catch (Exception)
        {
            // Whatever is wrong with the assembly, the type is not found.
            return [];
        }

        if (types.Length > MostTypes)
        {
            return [];
        }

        Ranking<string> ranking = new(name);
        string simple = SimpleOf(name);
        foreach (Type? type in types)
        {
            if (type?.FullName is not { } full)
            {
                continue;
            }

            if (string.Equals(SimpleOf(full), simple, StringComparison.OrdinalIgnoreCase))
            {
                ranking.AddNear(full);
            }
            else
            {
                ranking.Add(full, full);
            }
        }

        return ranking.Best(full => full);
    }

    /// <summary>Names of fields like this one.</summary>
    public static List<string> Order(string name, List<string> names, List<string> shown)
    {
        List<(int Distance, int Index)> order = [];
        for (int i = 0; i < names.Count; i++)
        {
            order.Add((Distance(name, names[i], int.MaxValue), i));
        }

        order.Sort();
        return order.ConvertAll(entry => shown[entry.Index]);
    }

    private static string SimpleOf(string name) => name[(name.AsSpan().LastIndexOfAny('.', '+') + 1)..];

    /// <summary>Letters to change, add or leave out to make one of the other, without regard to case; <see cref="int.MaxValue"/>: more than <paramref name="most"/>.</summary>
    private static int Distance(string a, string b, int most)
    {
        if (Math.Abs(a.Length - b.Length) > most || Math.Max(a.Length, b.Length) > LongestName)
        {
            return int.MaxValue;
        }

        Span<int> row = stackalloc int[LongestName + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = i;
            int least = row[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int above = row[j + 1];
                int same = char.ToLowerInvariant(a[i]) == char.ToLowerInvariant(b[j]) ? 0 : 1;
                row[j + 1] = Math.Min(diagonal + same, Math.Min(above, row[j]) + 1);
                least = Math.Min(least, row[j + 1]);
                diagonal = above;
            }

            if (least > most)
            {
                return int.MaxValue;
            }
        }

        return row[b.Length] <= most ? row[b.Length] : int.MaxValue;
    }

    private sealed class Ranking<T>(string wanted)
    {
        private readonly int _most = Math.Clamp((wanted.Length + 2) / 3, 1, 3);
        private readonly List<(int Distance, int Order, T Item)> _near = [];

        public void Add(string name, T item)
        {
            int distance = Distance(wanted, name, _most);
            if (distance != int.MaxValue)
            {
                _near.Add((distance, _near.Count, item));
            }
        }

        /// <summary>Something that is near for another reason than its letters; it comes last.</summary>
        public void AddNear(T item) => _near.Add((_most + 1, _near.Count, item));

        public List<string> Best(Func<T, string> show)
        {
            _near.Sort((a, b) => (a.Distance, a.Order).CompareTo((b.Distance, b.Order)));
            List<string> best = [];
            foreach ((_, _, T item) in _near)
            {
                string shown = show(item);
                if (best.Count < Most && !best.Contains(shown))
                {
                    best.Add(shown);
                }
            }

            return best;
        }
    }
}
