using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Isolator.Scripting;

/// <summary>
/// Names of assemblies. What is compiled without a name of its own is given one afterwards: all that Roslyn has bound of its references belongs to an assembly of
/// one name, and with another it would bind them anew, for each script.
/// </summary>
internal static class Naming
{
    /// <summary>The name that sources are compiled under: as long as those that they get.</summary>
    internal const string Placeholder = "Script_0000000000000000";

    /// <summary>Writes this name over the other one, where the assembly says its own.</summary>
    internal static void Rename(byte[] assembly, string name)
    {
        if (name.Length != Placeholder.Length || !Ascii.IsValid(name))
        {
            throw new OptionException($"`{name}` is no name that a script could have: it has {Placeholder.Length} letters");
        }
        using var reader = new PEReader(new MemoryStream(assembly, writable: false));
        MetadataReader metadata = reader.GetMetadataReader();
        Write(assembly, reader, metadata, metadata.GetAssemblyDefinition().Name, name);
        Write(assembly, reader, metadata, metadata.GetModuleDefinition().Name, name);
    }

    private static void Write(byte[] assembly, PEReader reader, MetadataReader metadata, StringHandle handle, string name)
    {
        // A module's name has the suffix of a file.
        if (!metadata.GetString(handle).StartsWith(Placeholder, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"an assembly is called {metadata.GetString(handle)}, not {Placeholder}");
        }
        int start = reader.PEHeaders.MetadataStartOffset + metadata.GetHeapMetadataOffset(HeapIndex.String) + metadata.GetHeapOffset(handle);
        Encoding.ASCII.GetBytes(name, assembly.AsSpan(start, name.Length));
    }
}
