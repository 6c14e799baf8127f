using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>Which of several names was probably meant.</summary>
internal static class Nearest
{
    private const int LongestName = 200;

    /// <summary>Names that differ from one in a few letters, at most three and at most a third of what follows its namespace; nearest first.</summary>
    public static List<string> Of(string wanted, IEnumerable<string> names)
    {
        int ownName = wanted.Length - (wanted.LastIndexOf('.') + 1);
        int most = Math.Clamp(ownName / 3, 1, 3);
        List<(int Distance, string Name)> near = [];
        foreach (string name in names)
        {
            int distance = Distance(wanted, name, most);
            if (distance <= most && !near.Contains((distance, name)))
            {
                near.Add((distance, name));
            }
        }

        near.Sort((a, b) => a.Distance != b.Distance ? a.Distance - b.Distance : string.CompareOrdinal(a.Name, b.Name));
        return near.ConvertAll(entry => entry.Name);
    }

    /// <summary>Letters to change, add or leave out, without regard to case; more than <paramref name="most"/> is any number above it.</summary>
    private static int Distance(string a, string b, int most)
    {
        if (Math.Abs(a.Length - b.Length) > most || Math.Max(a.Length, b.Length) > LongestName)
        {
            return most + 1;
        }

        Span<int> row = stackalloc int[LongestName + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = i;
            row[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int above = row[j + 1];
                int same = char.ToLowerInvariant(a[i]) == char.ToLowerInvariant(b[j]) ? 0 : 1;
                row[j + 1] = Math.Min(diagonal + same, Math.Min(above, row[j]) + 1);
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
