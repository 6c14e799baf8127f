using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Threading;

namespace DotNetIsolator;

/// <summary>An assembly's bytes.</summary>
internal sealed record LoadedImage(byte[] Image, byte[]? Symbols);

/// <summary>All loaders of a host, asked in their order. It is called on any thread, several at once.</summary>
/// <param name="failures">Told of loaders that throw.</param>
internal sealed partial class AssemblySource(FailureLog failures)
{
    private readonly FailureLog _failures = failures;
    private readonly Refusals _refusals = new();
    private ImmutableList<Func<string, string, LoadedImage?>> _loaders = [];

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

            if (HostAssemblies.NewerThan(found.Image, GuestMajor) is { } version)
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
    public static Func<string, string, LoadedImage?> FromDirectory(string folder) => (name, culture) =>
    {
        // Both come from guest code: they must be names, not paths.
        if (!IsName(name) || !(culture.Length == 0 || IsName(culture)))
        {
            return null;
        }

        string path = Path.Combine(folder, culture, name + ".dll");
        if (!File.Exists(path))
        {
            return null;
        }

        string symbols = Path.ChangeExtension(path, ".pdb");
        return new LoadedImage(File.ReadAllBytes(path), File.Exists(symbols) ? File.ReadAllBytes(symbols) : null);
    };

    private static bool IsName(string text) =>
        text.Length is > 0 and < 256 && text is not ("." or "..") && text.AsSpan().IndexOfAny("/\\:\0") < 0;

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
