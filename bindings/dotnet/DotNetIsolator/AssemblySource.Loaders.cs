using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>Loaders of the embedder.</content>
internal sealed partial class AssemblySource
{
    /// <summary>A loader of assemblies by name alone.</summary>
    public static Func<string, string, LoadedImage?> From(AssemblyLoadCallback callback) =>
        (name, culture) => culture.Length == 0 && callback(name) is { } image ? new LoadedImage(image, null) : null;

    /// <summary>A loader of assemblies by name and culture, with symbols.</summary>
    public static Func<string, string, LoadedImage?> From(AssemblyRequestCallback callback) =>
        (name, culture) => callback(new AssemblyRequest(name, culture.Length == 0 ? null : culture)) is { Image: { } image } found
            ? new LoadedImage(image, found.Symbols) { Compiled = found.Compiled }
            : null;

    /// <summary>The loaders of one runtime.</summary>
    public static AssemblySource Of(IEnumerable<Func<string, string, LoadedImage?>> loaders, AssemblySource host)
    {
        AssemblySource source = new(host._failures) { GuestMajor = host.GuestMajor };
        foreach (Func<string, string, LoadedImage?> loader in loaders)
        {
            source.Add(loader);
        }

        return source;
    }
}
