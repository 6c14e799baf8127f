using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Text;
using Isolator.Runtime.Members;

namespace Isolator.Runtime.Hosting;

/// <summary>Loads assemblies: what is in the image first, then what the host resolves.</summary>
internal static unsafe class Assemblies
{
    // The default context never unloads and never binds a name anew, so what was found stays right.
    private static readonly Dictionary<string, Assembly> ByName = new(StringComparer.Ordinal);
    private static readonly Dictionary<(Assembly Assembly, string Name), Type> Types = [];
    private static readonly HashSet<string> Resolving = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the host gave last that is no assembly, and why not.</summary>
    private static (string Name, string Why)? s_refused;

    /// <summary>While set, the host is not asked.</summary>
    private static bool s_onlyBuiltIn;

    /// <summary>What was asked for last and is nowhere.</summary>
    private static AssemblyName? s_missing;

    /// <summary>C calls this for the message of an exception of loading that has none: what .NET says elsewhere.</summary>
    public static string LoadMessage(string? file, int result)
    {
        string name = file ?? "(null)";
        if (s_missing is { } missing && missing.Name == file)
        {
            name = DisplayOf(missing);
        }

        const int NotFound = unchecked((int)0x80070002);
        const int BadFormat = unchecked((int)0x8007000b);
        string why = result switch
        {
            NotFound => " The system cannot find the file specified.\n",
            BadFormat => " An attempt was made to load a program with an incorrect format.\n",
            _ => string.Empty,
        };
        return $"Could not load file or assembly '{name}'.{why}";
    }

    /// <summary>Asks the host from now on for what is not in the image.</summary>
    public static void Hook() => AssemblyLoadContext.Default.Resolving += Resolve;

    /// <summary>Loads by simple or full name.</summary>
    public static Assembly Load(string name)
    {
        if (!ByName.TryGetValue(name, out Assembly? assembly))
        {
            assembly = LoadNew(name);
            ByName.Add(name, assembly);
        }

        return assembly;
    }

    private static Assembly LoadNew(string name)
    {
        AssemblyName parsed;
        try
        {
            parsed = new AssemblyName(name);
        }
        catch (Exception e) when (e is ArgumentException or FileLoadException)
        {
            throw NotFound(name, e);
        }

        s_refused = null;
        try
        {
            return Assembly.Load(parsed);
        }
        catch (FileNotFoundException e)
        {
            throw s_refused is { } refused && refused.Name == parsed.Name
                ? new FailureException(FailureKind.BadImage, $"Could not load assembly '{name}': {refused.Why}", e) { Assembly = name }
                : NotFound(name, e);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException)
        {
            throw new FailureException(FailureKind.BadImage, $"Could not load assembly '{name}': {e.Message}", e) { Assembly = name };
        }
    }

    /// <summary>Loads from an image. One that is loaded already gives the assembly that is there.</summary>
    public static Assembly LoadImage(ReadOnlySpan<byte> image, ReadOnlySpan<byte> symbols, bool hasSymbols)
    {
        byte[] bytes = image.ToArray();
        byte[]? pdb = hasSymbols ? symbols.ToArray() : null;
        try
        {
            // The runtime itself would load it a second time, with statics of its own.
            return Loaded(bytes) ?? LoadBytes(bytes, pdb);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException)
        {
            throw new FailureException(
                FailureKind.BadImage,
                $"The {bytes.Length} bytes given as an assembly are not a .NET image: {WhyNot(bytes)}.",
                e);
        }
    }

    /// <summary>An assembly that is there without the host: of the base class library, above all. Null for every other.</summary>
    public static Assembly? BuiltIn(string name)
    {
        bool before = s_onlyBuiltIn;
        s_onlyBuiltIn = true;
        try
        {
            return Assembly.Load(new AssemblyName(name));
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException or ArgumentException)
        {
            return null;
        }
        finally
        {
            s_onlyBuiltIn = before;
        }
    }

    /// <summary>The bytes that the host has for an assembly, which is not loaded.</summary>
    public static byte[] ImageOf(string name)
    {
        AssemblyName parsed;
        try
        {
            parsed = new AssemblyName(name);
        }
        catch (Exception e) when (e is ArgumentException or FileLoadException)
        {
            throw NotFound(name, e);
        }

        return Ask(parsed.Name ?? string.Empty, parsed.CultureName ?? string.Empty) ?? throw NotFound(name, null);
    }

    /// <summary>Finds a type by a name that may say its assembly.</summary>
    public static Type FindQualifiedType(string name)
    {
        try
        {
            return Type.GetType(name, throwOnError: true)!;
        }
        catch (Exception e) when (e is TypeLoadException or FileNotFoundException or FileLoadException or ArgumentException or BadImageFormatException)
        {
            throw new FailureException(FailureKind.TypeNotFound, $"Could not find type '{name}': {e.Message}", e) { TypeName = name };
        }
    }

    /// <summary>Finds a type in an assembly, or in one that it forwards to.</summary>
    public static Type FindType(Assembly assembly, string name)
    {
        if (!Types.TryGetValue((assembly, name), out Type? type))
        {
            type = FindNewType(assembly, name);
            Types.Add((assembly, name), type);
        }

        return type;
    }

    private static Type FindNewType(Assembly assembly, string name)
    {
        Exception? cause = null;
        try
        {
            if (assembly.GetType(name) is { } type)
            {
                return type;
            }
        }
        catch (Exception e) when (e is TypeLoadException or FileNotFoundException or FileLoadException or ArgumentException or BadImageFormatException)
        {
            cause = e;
        }

        string simple = assembly.GetName().Name ?? string.Empty;
        throw new FailureException(FailureKind.TypeNotFound, $"Could not find type '{name}' in assembly '{simple}'", cause)
        {
            Assembly = simple,
            TypeName = name,
            Candidates = Similar.Types(assembly, name),
        };
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName wanted)
    {
        string name = wanted.Name ?? string.Empty;
        string culture = wanted.CultureName ?? string.Empty;
        string key = $"{culture}/{name}";

        // Loading what the host gave may ask for the same name again (for its resources, say).
        if (s_onlyBuiltIn || name.Length == 0 || !Resolving.Add(key))
        {
            return null;
        }

        try
        {
            byte[]? image = Ask(name, culture);
            if (image is null)
            {
                s_missing = wanted;
                return null;
            }

            byte[]? symbols = culture.Length == 0 ? AskSymbols(name) : null;
            try
            {
                return LoadBytes(image, symbols);
            }
            catch (BadImageFormatException)
            {
                // An exception from here would reach the caller as a missing file: `Load` tells it instead.
                s_refused = (name, $"the {image.Length} bytes that the host gave for it are not a .NET image: {WhyNot(image)}.");
                return null;
            }
        }
        finally
        {
            Resolving.Remove(key);
        }
    }

    /// <summary>Goes the way of what the host gives as far as it leaves no assembly behind: the runtime refuses the bytes.</summary>
    public static void TryNoImage()
    {
        try
        {
            LoadBytes(new byte[64], null);
        }
        catch (BadImageFormatException)
        {
            return;
        }
    }

    private static Assembly LoadBytes(byte[] image, byte[]? symbols)
    {
        using MemoryStream stream = new(image, writable: false);
        if (symbols is null)
        {
            return AssemblyLoadContext.Default.LoadFromStream(stream);
        }

        using MemoryStream pdb = new(symbols, writable: false);
        return AssemblyLoadContext.Default.LoadFromStream(stream, pdb);
    }

    /// <summary>A name with its culture and key, which .NET always says.</summary>
    private static string DisplayOf(AssemblyName name)
    {
        StringBuilder text = new(name.Name);
        // The runtime gives this version to a name without one.
        if (name.Version is { } version && version != new Version(0, 0, 0, 0))
        {
            text.Append(", Version=").Append(version);
        }

        byte[]? key = name.GetPublicKeyToken();
        text.Append(", Culture=").Append(string.IsNullOrEmpty(name.CultureName) ? "neutral" : name.CultureName);
        return text.Append(", PublicKeyToken=").Append(key is { Length: > 0 } ? Convert.ToHexStringLower(key) : "null").ToString();
    }

    private static byte[]? Ask(string name, string culture)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        byte[] cultureBytes = Encoding.UTF8.GetBytes(culture);
        byte* bytes = null;
        int length = 0;
        fixed (byte* n = nameBytes, c = cultureBytes)
        {
            return Bridge.Current.ResolveAssembly(n, nameBytes.Length, c, cultureBytes.Length, &bytes, &length) == 1
                ? Take(bytes, length)
                : null;
        }
    }

    private static byte[]? AskSymbols(string name)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        byte* bytes = null;
        int length = 0;
        fixed (byte* n = nameBytes)
        {
            return Bridge.Current.ResolveSymbols(n, nameBytes.Length, &bytes, &length) == 1 ? Take(bytes, length) : null;
        }
    }

    private static byte[] Take(byte* bytes, int length)
    {
        byte[] copy = new ReadOnlySpan<byte>(bytes, length).ToArray();
        Bridge.Current.Free(bytes);
        return copy;
    }

    /// <summary>The assembly of an image's name, if there is one already.</summary>
    private static Assembly? Loaded(byte[] image)
    {
        using PEReader pe = new(new MemoryStream(image, writable: false));
        if (!pe.HasMetadata || pe.GetMetadataReader() is not { IsAssembly: true } metadata)
        {
            return null;
        }

        string name = metadata.GetString(metadata.GetAssemblyDefinition().Name);
        foreach (Assembly each in AssemblyLoadContext.Default.Assemblies)
        {
            if (string.Equals(each.GetName().Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return each;
            }
        }

        return null;
    }

    /// <summary>What keeps bytes from being an assembly: the runtime's own message does not say.</summary>
    private static string WhyNot(byte[] image)
    {
        if (image is not [(byte)'M', (byte)'Z', ..])
        {
            return image.Length == 0 ? "there are none" : "they do not begin with MZ, as a PE file does";
        }

        try
        {
            using PEReader pe = new(new MemoryStream(image, writable: false));
            return !pe.HasMetadata ? "it is a native PE file, or one that is cut off: it has no .NET metadata"
                : !pe.GetMetadataReader().IsAssembly ? "it is a module without a manifest"
                : "the runtime refuses it, as it is damaged or for another version";
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or IOException or ArgumentException)
        {
            return $"it is cut off or damaged ({e.Message.TrimEnd('.')})";
        }
    }

    private static FailureException NotFound(string name, Exception? cause) =>
        new(FailureKind.AssemblyNotFound, $"Could not load assembly '{name}'", cause) { Assembly = name };
}
