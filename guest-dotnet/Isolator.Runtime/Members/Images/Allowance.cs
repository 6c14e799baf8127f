using System;

namespace Isolator.Runtime.Members.Images;

/// <summary>What reading one image may cost. Whoever made the image chose its numbers, so none of them is believed.</summary>
internal sealed class Allowance
{
    /// <summary>Most types and members that are listed together.</summary>
    public const int MostMembers = 200_000;

    /// <summary>Longest text of one name or signature, in UTF-16 units; the rest is cut.</summary>
    public const int LongestText = 4096;

    /// <summary>Longest default value that is shown.</summary>
    public const int LongestValue = 256;

    /// <summary>How deep types may nest, in one another and in signatures.</summary>
    public const int Deepest = 64;

    private const long MostText = 32 << 20;
    private const long MostSteps = 20_000_000;

    private long _steps = MostSteps;
    private long _text = MostText;
    private int _members = MostMembers;

    /// <summary>Something was read: rows of a table, bytes of a signature or of a name.</summary>
    public void Step(int count = 1)
    {
        if ((_steps -= count) < 0)
        {
            throw TooMuch("it takes more steps to read than any assembly that a compiler made");
        }
    }

    /// <summary>Something is listed.</summary>
    public Inspected List(Inspected item, int text)
    {
        if (--_members < 0)
        {
            throw TooMuch($"it has more than {MostMembers} types and members. Name one type");
        }

        if ((_text -= text) < 0)
        {
            throw TooMuch($"its names and signatures are longer than {MostText >> 20} MiB together. Name one type");
        }

        return item;
    }

    /// <summary>What is shown of a text.</summary>
    public static string Cut(string text, int longest = LongestText) =>
        text.Length <= longest ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest), "…");

    private static FailureException TooMuch(string why) => new(FailureKind.Value, $"The assembly cannot be listed: {why}.");
}
