namespace Isolator.Runtime.Members.Images;

/// <summary>A type as C# spells it, as documentation files do, and whether it is a value type.</summary>
internal readonly record struct Spelling(string Text, string Id, bool IsValueType = false, EnumSource Enum = default)
{
    /// <summary>A type whose two spellings are the same.</summary>
    public Spelling(string text)
        : this(text, text)
    {
    }
}
