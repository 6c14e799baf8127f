using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Hosting;

/// <summary>Names that somebody may have meant by one that is not there.</summary>
internal static class NearNames
{
    private const int Most = 5;

    /// <summary>A sentence that names some; empty where none is like it.</summary>
    public static string Hint(string wanted, IEnumerable<string> known)
    {
        List<(int Distance, string Name)> near = [];
        foreach (string name in known)
        {
            int distance = name.Length == 0 ? int.MaxValue : Distance(wanted, name);
            if (distance <= Math.Max(2, Math.Min(wanted.Length, name.Length) / 4))
            {
                near.Add((distance, name));
            }
        }

        near.Sort(static (a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : string.CompareOrdinal(a.Name, b.Name));
        if (near.Count > Most)
        {
            near.RemoveRange(Most, near.Count - Most);
        }

        return near.Count == 0 ? string.Empty : $" Near it are: {string.Join(", ", near.ConvertAll(static each => each.Name))}.";
    }

    /// <summary>
    /// How many letters have to be changed, put in or left out, whatever their case; none where one is the end of the other
    /// (<c>Zurich</c> for <c>Europe/Zurich</c>).
    /// </summary>
    private static int Distance(string wanted, string name)
    {
        string a = wanted.ToUpperInvariant().Replace('_', '-');
        string b = name.ToUpperInvariant().Replace('_', '-');
        if (a == b || a.EndsWith("/" + b, StringComparison.Ordinal) || b.EndsWith("/" + a, StringComparison.Ordinal))
        {
            return 0;
        }

        if (Math.Abs(a.Length - b.Length) > 3)
        {
            return int.MaxValue;
        }

        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
