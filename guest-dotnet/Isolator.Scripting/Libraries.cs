using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Isolator.Scripting;

/// <summary>Libraries that come with a compilation: the host's functions, packages.</summary>
internal static class Libraries
{
    private static byte[][] s_last = [];
    private static CSharpCompilation? s_with;

    /// <summary>A compilation without sources that refers to these, too. The last one is remembered.</summary>
    internal static CSharpCompilation With(byte[][] libraries)
    {
        if (libraries.Length == 0)
        {
            return References.Base;
        }
        if (s_with is null || !IsLast(libraries))
        {
            s_with = References.Base.AddReferences(libraries.Where(IsForeign).Select(Reference));
            s_last = libraries;
        }
        return s_with;
    }

    /// <summary>Whether the base class library has no assembly of the name: packages bring some that it has by now, and it is what is loaded.</summary>
    private static bool IsForeign(byte[] library)
    {
        using var reader = new PEReader(new MemoryStream(library, writable: false));
        MetadataReader metadata = reader.GetMetadataReader();
        string name = metadata.GetString(metadata.GetAssemblyDefinition().Name);
        return !References.Base.ReferencedAssemblyNames.Any(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsLast(byte[][] libraries) =>
        libraries.Length == s_last.Length && libraries.Zip(s_last).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private static PortableExecutableReference Reference(byte[] image) => AssemblyMetadata.CreateFromImage(image).GetReference();
}
