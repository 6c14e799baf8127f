using System;
using System.IO;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DotNetIsolator;

/// <summary>Whether assemblies of this process can be given to a guest, and why not.</summary>
internal static class HostAssemblies
{
    /// <summary>Refuses a process that was compiled ahead of time.</summary>
    /// <param name="dynamicCode">Whether this process can compile IL.</param>
    public static void CheckPlatform(bool dynamicCode)
    {
        if (!dynamicCode)
        {
            throw new PlatformNotSupportedException(
                "This application was compiled with NativeAOT, so it has no IL that a guest could run. Publish it without PublishAot, "
                + "or call methods by name, of assemblies that WithAssemblyLoader gives.");
        }
    }

    /// <summary>Refuses an assembly that is not in a file because it was made at run time.</summary>
    public static void Check(Assembly assembly)
    {
        if (assembly.IsDynamic)
        {
            throw new ArgumentException($"The assembly '{assembly.GetName().Name}' was made at run time: there are no bytes of it that a guest could load.");
        }
    }

    /// <summary>Why an assembly that this process itself has was not found by the loaders; null if nothing special is known.</summary>
    public static string? WhyNotFound(Assembly? own)
    {
        if (own is null)
        {
            return null;
        }

#pragma warning disable IL3000 // empty in a single file: this is how it is told
        string location = own.Location;
#pragma warning restore IL3000
        if (location.Length == 0)
        {
            return "this process has it without a file of its own, as an application has that is published as a single file. "
                + "Publish without PublishSingleFile, or give its bytes with WithAssemblyLoader.";
        }

        return null;
    }

    /// <summary>Which .NET an image was compiled for, if it is newer than the guest's.</summary>
    /// <param name="image">The assembly's bytes, from whatever loader.</param>
    /// <param name="guestMajor">The guest's .NET version.</param>
    /// <returns>The version, or null if the guest can run it.</returns>
    public static Version? NewerThan(byte[] image, int guestMajor)
    {
        try
        {
            using PEReader pe = new(new MemoryStream(image, writable: false));
            return NewerThan(pe, guestMajor);
        }
        catch (Exception)
        {
            // Tenants' bytes may fail in any way, and the guest will say what is wrong with them.
            return null;
        }
    }

    /// <summary>As above, for bytes that are not .NET's.</summary>
    public static unsafe Version? NewerThan(byte* image, int length, int guestMajor)
    {
        try
        {
            using PEReader pe = new(image, length);
            return NewerThan(pe, guestMajor);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static Version? NewerThan(PEReader pe, int guestMajor)
    {
        if (!pe.HasMetadata)
        {
            return null;
        }

        MetadataReader metadata = pe.GetMetadataReader();
        foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
        {
            AssemblyReference reference = metadata.GetAssemblyReference(handle);
            if (reference.Version.Major > guestMajor && metadata.StringComparer.Equals(reference.Name, "System.Runtime"))
            {
                return reference.Version;
            }
        }

        return null;
    }
}
