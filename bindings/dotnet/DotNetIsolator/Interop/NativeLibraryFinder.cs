using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;

namespace DotNetIsolator.Interop;

/// <summary>Finds the native library, and the guest image that comes with it.</summary>
internal static class NativeLibraryFinder
{
    /// <summary>The library's name, without what each platform adds.</summary>
    public const string Name = "isolator_capi";

    /// <summary>Names a file, or a folder that has it.</summary>
    public const string LibraryVariable = "ISOLATOR_NATIVE";

    /// <summary>Names the folder of a guest image.</summary>
    public const string GuestVariable = "ISOLATOR_GUEST";

    /// <summary>Names the folder of the compiler of scripts.</summary>
    public const string ScriptingVariable = "ISOLATOR_SCRIPTING";

    private static int s_registered;

    /// <summary>The file's name on this platform.</summary>
    public static string FileName =>
        OperatingSystem.IsWindows() ? $"{Name}.dll" : OperatingSystem.IsMacOS() ? $"lib{Name}.dylib" : $"lib{Name}.so";

    /// <summary>Has this assembly's imports resolved here.</summary>
    public static void Register()
    {
        if (Interlocked.Exchange(ref s_registered, 1) == 0)
        {
            NativeLibrary.SetDllImportResolver(typeof(NativeLibraryFinder).Assembly, Resolve);
        }
    }

    /// <summary>Where the library may be, the most particular place first.</summary>
    public static IEnumerable<string> LibraryCandidates(string? variable, IReadOnlyList<string> folders)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            yield return Directory.Exists(variable) ? Path.Combine(variable, FileName) : variable;
        }

        foreach (string folder in folders)
        {
            yield return Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", FileName);
            yield return Path.Combine(folder, "runtimes", PortableIdentifier, "native", FileName);
            yield return Path.Combine(folder, FileName);
        }
    }

    /// <summary>The folder of the guest image that was installed with the package; null if there is none.</summary>
    public static string? GuestDirectory()
    {
        foreach (string folder in Folders())
        {
            foreach (string candidate in new[] { "isolator-guest", Path.Combine("runtimes", PortableIdentifier, "native", "isolator-guest") })
            {
                string path = Path.Combine(folder, candidate);
                if (Directory.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    /// <summary>The folder of the compiler of scripts; null: the native library is to look for it.</summary>
    /// <param name="named">The one that the embedder names.</param>
    /// <param name="looked">Where it was looked for, one place a line.</param>
    public static string? ScriptingDirectory(string? named, out string looked)
    {
        looked = string.Empty;
        if (named is not null || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(ScriptingVariable)))
        {
            return named;
        }

        foreach (string folder in Folders())
        {
            string path = Path.Combine(folder, "isolator-scripting");
            if (Directory.Exists(path))
            {
                return path;
            }

            looked += $"\n  `{path}`, which is not there";
        }

        return null;
    }

    private static string PortableIdentifier
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
#pragma warning disable CA1308 // runtime identifiers are lower case
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
#pragma warning restore CA1308
        }
    }

    private static List<string> Folders()
    {
        List<string> folders = [];
#pragma warning disable IL3000 // empty in a single file, where the application's own folder is right
        string? beside = Path.GetDirectoryName(typeof(NativeLibraryFinder).Assembly.Location);
#pragma warning restore IL3000
        if (!string.IsNullOrEmpty(beside))
        {
            folders.Add(beside);
        }

        if (!folders.Contains(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))
        {
            folders.Add(AppContext.BaseDirectory);
        }

        return folders;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths)
    {
        if (name != Name)
        {
            return 0;
        }

        List<string> tried = [];
        foreach (string candidate in LibraryCandidates(Environment.GetEnvironmentVariable(LibraryVariable), Folders()))
        {
            tried.Add(candidate);
            if (File.Exists(candidate))
            {
                return NativeLibrary.Load(candidate);
            }
        }

        // What the application's own .deps.json says, which is how a package is used that is not published.
        return NativeLibrary.TryLoad(name, assembly, DllImportSearchPath.AssemblyDirectory, out nint handle)
            ? handle
            : throw new DllNotFoundException(
                $"The native library {FileName} was not found. The package Isolator.DotNet has it for the platforms that it supports; otherwise set "
                + $"{LibraryVariable} to it. These places were looked at: {string.Join(", ", tried)}");
    }
}
