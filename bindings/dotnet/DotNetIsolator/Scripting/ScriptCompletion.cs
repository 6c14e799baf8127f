namespace DotNetIsolator;

/// <summary>Something that can stand at a place in a source, for an editor to offer.</summary>
/// <param name="Text">What is to be written.</param>
/// <param name="Kind">What it is: <c>variable</c>, <c>method</c>, <c>class</c>, <c>keyword</c>…</param>
/// <param name="Detail">Its declaration; null if it has none. Names of the source are in it.</param>
/// <param name="Replaces">What it replaces: the part of the name that is there.</param>
public sealed record ScriptCompletion(string Text, string Kind, string? Detail, ScriptRange Replaces);
