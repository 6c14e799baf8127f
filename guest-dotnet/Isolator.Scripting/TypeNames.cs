using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Isolator.Scripting;

/// <summary>The public types of what a compilation refers to, by their names: for those that no using brings. They are read from metadata, since symbols of all of them are many.</summary>
internal static class TypeNames
{
    private static readonly ConditionalWeakTable<MetadataReference, Entry[]> s_known = [];

    internal readonly record struct Entry(string Name, string Space, int Arity)
    {
        internal string MetadataName => Arity == 0 ? $"{Space}.{Name}" : $"{Space}.{Name}`{Arity}";
    }

    internal static IEnumerable<Entry> StartingWith(string prefix, Compilation compilation) =>
        References(compilation).SelectMany(reference => s_known.GetValue(reference, Read))
            .Where(entry => entry.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Those of submissions before are its own, too.</summary>
    private static IEnumerable<MetadataReference> References(Compilation compilation)
    {
        for (Compilation? one = compilation; one != null; one = one.ScriptCompilationInfo?.PreviousScriptCompilation)
        {
            foreach (MetadataReference reference in one.ExternalReferences)
            {
                yield return reference;
            }
        }
    }

    private static Entry[] Read(MetadataReference reference)
    {
        if (reference is not PortableExecutableReference file || file.GetMetadata() is not AssemblyMetadata assembly)
        {
            return [];
        }
        var entries = new List<Entry>();
        try
        {
            MetadataReader reader = assembly.GetModules()[0].GetMetadataReader();
            foreach (TypeDefinitionHandle handle in reader.TypeDefinitions)
            {
                TypeDefinition type = reader.GetTypeDefinition(handle);
                if ((type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public && !type.Namespace.IsNil)
                {
                    string space = reader.GetString(type.Namespace);
                    // Public to .NET's own assemblies.
                    if (space != "Internal" && !space.StartsWith("Internal.", StringComparison.Ordinal))
                    {
                        string[] parts = reader.GetString(type.Name).Split('`');
                        entries.Add(new Entry(parts[0], space, parts is [_, var arity] && int.TryParse(arity, out int count) ? count : 0));
                    }
                }
            }
        }
        catch (BadImageFormatException)
        {
            // A library that is damaged has no more to offer than what was read of it.
        }
        return [.. entries];
    }
}
