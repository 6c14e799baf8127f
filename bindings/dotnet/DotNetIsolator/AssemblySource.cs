using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>An assembly's bytes.</summary>
internal sealed unsafe record LoadedImage(byte[] Image, byte[]? Symbols)
{
    /// <summary>Its compiled code; null: none.</summary>
    public byte[]? Compiled { get; init; }

    /// <summary>The native library's request that holds the bytes; 0 if they are here.</summary>
    public nint Request { get; init; }

    /// <summary>Which .NET it was compiled for, if that is newer than the guest's.</summary>
    public Version? NewerThan(int guestMajor)
    {
        if (Request == 0)
        {
            return HostAssemblies.NewerThan(Image, guestMajor);
        }

        BorrowedBytes image = NativeMethods.isolator_assembly_request_image(Request);
        return HostAssemblies.NewerThan(image.Data, checked((int)image.Length), guestMajor);
    }
}

/// <summary>All loaders of a host, asked in their order. It is called on any thread, several at once.</summary>
/// <param name="failures">Told of loaders that throw.</param>
internal sealed partial class AssemblySource(FailureLog failures)
{
    private readonly FailureLog _failures = failures;
    private readonly Refusals _refusals = new();
    private ImmutableList<Func<string, string, LoadedImage?>> _loaders = [];
    private ImmutableList<string> _folders = [];

    /// <summary>Folders that some of them load from, for messages only.</summary>
    public IReadOnlyList<string> Folders => _folders;

    /// <summary>Says that a loader is one of a folder.</summary>
    public void Name(string folder) => ImmutableInterlocked.Update(ref _folders, f => f.Add(folder));

    /// <summary>Whether there are any.</summary>
    public bool HasLoaders => !_loaders.IsEmpty;

    /// <summary>The guest's .NET: images for newer ones are refused.</summary>
    public int GuestMajor { get; set; } = int.MaxValue;

    /// <summary>Adds a loader for a name and a culture.</summary>
    public void Add(Func<string, string, LoadedImage?> loader) => ImmutableInterlocked.Update(ref _loaders, l => l.Add(loader));

    /// <summary>Why an assembly was refused that a loader gave; null if none was.</summary>
    public string? Refusal(string assembly) => _refusals.Find(assembly);

    /// <summary>The first image that a loader gives; null if none does.</summary>
    public LoadedImage? Find(string name, string culture)
    {
        foreach (Func<string, string, LoadedImage?> loader in _loaders)
        {
            LoadedImage? found;
            try
            {
                found = loader(name, culture);
            }
            catch (Exception e)
            {
                // Nothing may leave a call from the sandbox; and what one loader cannot do, another may.
                _refusals.Add(name, $"a loader failed with {e.GetType().Name}: {FailureLog.MessageOf(e)}");
                _failures.LoaderFailed(name, e);
                continue;
            }

            if (found is null)
            {
                continue;
            }

            if (found.NewerThan(GuestMajor) is { } version)
            {
                _refusals.Add(
                    name,
                    $"it was compiled for .NET {version.Major}.{version.Minor}, but the guest's is .NET {GuestMajor}. "
                        + $"Compile it for net{GuestMajor}.0, or use a guest image of .NET {version.Major}.");
                return null;
            }

            return found;
        }

        return null;
    }

    /// <summary>A loader of the <c>.dll</c> files of a folder, with the <c>.pdb</c> files beside them.</summary>
    /// <exception cref="System.IO.DirectoryNotFoundException">There is no such folder.</exception>
    public static Func<string, string, LoadedImage?> FromDirectory(string folder)
    {
        // The names come from guest code, and what lies in the folder may, too: only the native library makes paths of them.
        NativeAssemblyFolder opened = NativeAssemblyFolder.Open(folder);
        return (_, _) => opened.Answer();
    }

    /// <summary>Why assemblies were refused lately. Guests choose the names, so only so many are kept.</summary>
    private sealed class Refusals
    {
        private const int Most = 1000;

        private readonly Lock _lock = new();
        private readonly Dictionary<string, string> _reasons = new(StringComparer.OrdinalIgnoreCase);
        private readonly Queue<string> _order = new();

        public string? Find(string assembly)
        {
            lock (_lock)
            {
                return _reasons.GetValueOrDefault(assembly);
            }
        }

        public void Add(string assembly, string reason)
        {
            lock (_lock)
            {
                if (_reasons.TryAdd(assembly, reason))
                {
                    _order.Enqueue(assembly);
                }
                else
                {
                    _reasons[assembly] = reason;
                }

                if (_reasons.Count > Most)
                {
                    _reasons.Remove(_order.Dequeue());
                }
            }
        }
    }
}
