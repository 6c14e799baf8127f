using System.Reflection;
using System.Reflection.Metadata;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Isolator.Scripting;

/// <summary>What sources may refer to: the base class library, as it is in memory, and the libraries that the host gave.</summary>
internal static class References
{
    /// <summary>
    /// A compilation without sources. Those that are made of it share what was read of the references: all have its name, since another
    /// would make Roslyn bind them anew.
    /// </summary>
    internal static CSharpCompilation Base { get; private set; } = CSharpCompilation.Create(Naming.Placeholder);

    internal static void Set(IEnumerable<string> assemblies, IEnumerable<byte[]> libraries)
    {
        var references = new List<MetadataReference>();
        foreach (string name in assemblies)
        {
            references.Add(OfLoaded(Assembly.Load(name)));
        }
        foreach (byte[] image in libraries)
        {
            references.Add(AssemblyMetadata.CreateFromImage(image).GetReference());
        }
        Base = CSharpCompilation.Create(Naming.Placeholder, references: references);
    }

    private static unsafe PortableExecutableReference OfLoaded(Assembly assembly)
    {
        if (!assembly.TryGetRawMetadata(out byte* start, out int length))
        {
            throw new InvalidOperationException($"{assembly.FullName} has no metadata in memory");
        }
        // The base class library is never unloaded, so the memory stays.
        ModuleMetadata module = ModuleMetadata.CreateFromMetadata((nint)start, length);
        return AssemblyMetadata.Create(module).GetReference();
    }
}
