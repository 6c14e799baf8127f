using System;

namespace DotNetIsolator.Interop;

/// <summary>Texts as they can cross: in UTF-8, which has no halves of surrogate pairs.</summary>
internal static class WholeText
{
    /// <summary>Refuses a text that would be another one on the other side.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, at the beginning of a sentence.</param>
    /// <param name="parameter">The parameter that it came in.</param>
    /// <exception cref="ArgumentException">It has half of a surrogate pair.</exception>
    public static void Check(string text, string what, string? parameter)
    {
        int at = IndexOfHalf(text);
        if (at >= 0)
        {
            throw new ArgumentException(
                $"{what} cannot be passed on: at index {at} stands \\u{(int)text[at]:x4}, half of a surrogate pair without its other half, which UTF-8 cannot hold. Leave it out; in C# code, write it as an escape.",
                parameter);
        }
    }

    /// <summary>Where a half stands that has no other half beside it; -1: nowhere.</summary>
    public static int IndexOfHalf(string text)
    {
        int first = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff');
        if (first < 0)
        {
            return -1;
        }

        for (int i = first; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }
}
