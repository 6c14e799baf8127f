using System.Collections.Generic;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Members.Images;

/// <summary>An <c>Inspection</c> that is being put together: an assembly, a type or a member.</summary>
internal sealed class Inspected(string name, string kind, string signature, string documentationId, bool isPublic)
{
    /// <summary>Types of an assembly, members of a type.</summary>
    public List<Inspected> Members { get; } = [];

    /// <summary>Writes it with all that it consists of: two levels at most, so this recursion is bounded.</summary>
    public void Write(WireWriter writer)
    {
        Inspector.WriteHead(writer, name, kind, signature, documentationId, isPublic, Members.Count);
        foreach (Inspected member in Members)
        {
            member.Write(writer);
        }
    }
}
