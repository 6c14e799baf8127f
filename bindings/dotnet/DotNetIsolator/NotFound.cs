using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace DotNetIsolator;

/// <summary>Errors for what is not there, with what was probably meant and what to do.</summary>
/// <remarks>
/// The first sentences are those of the original DotNetIsolator, which tests of its users compare as a whole. So a message says more only where a
/// name is nearly right; all that is known is in <see cref="IsolatedException.Hint"/> and <see cref="IsolatedException.Candidates"/>.
/// </remarks>
internal static class NotFound
{
    /// <summary>Most files of a folder that are looked at for a name.</summary>
    private const int MostFiles = 5000;

    /// <summary>The error for an assembly.</summary>
    public static IsolatedException Assembly(string name, IsolatedException cause, string? why, AssemblySource source, bool isOwn)
    {
        if (why is not null)
        {
            return new IsolatedException($"{cause.Message}: {why}", cause) { Kind = cause.Kind };
        }

        List<string> near = Nearest.Of(name, source.HasLoaders ? NamesIn(source.Folders) : []);
        string hint = (source.HasLoaders, isOwn) switch
        {
            (false, true) => $"The host has no assembly loader: call {Bin}() on it, and guests can load this application's assemblies.",
            (false, false) => $"The host has no assembly loader: say where assemblies come from with {Bin}, "
                + $"{nameof(IsolatedRuntimeHost.WithDirectoryAssemblyLoader)} or {nameof(IsolatedRuntimeHost.WithAssemblyLoader)}.",
            (true, true) => $"None of the host's assembly loaders has it: call {Bin}() on the host, if it is one of the application's folder.",
            _ => "None of the host's assembly loaders has it.",
        };
        return new IsolatedException(cause.Message + Listed(near), cause) { Kind = cause.Kind, Candidates = near, Hint = hint };
    }

    /// <summary>The error for a type.</summary>
    public static IsolatedException Type(string assembly, TypePath path, IsolatedException cause)
    {
        List<string> near = Nearest.Of(path.Reflection, cause.Candidates);
        return new IsolatedException($"Could not find type '{path.Display}' in assembly '{assembly}'{Listed(near)}", cause)
        {
            Kind = cause.Kind,
            Candidates = cause.Candidates,
            Hint = cause.Candidates is [var first, ..] ? $"Did you mean '{first}'?" : null,
        };
    }

    /// <summary>An error for what was looked up on the way to something else, with a sentence of its own.</summary>
    public static IsolatedException Because(string sentence, IsolatedException cause) => new(sentence + Listed(cause.Kind switch
    {
        IsolatedErrorKind.MethodNotFound => cause.Candidates,
        _ => [],
    }), cause)
    {
        Kind = cause.Kind,
        Candidates = cause.Candidates,
        Hint = cause.Hint,
    };

    /// <summary>The same error with its hint in the message.</summary>
    public static IsolatedException Told(IsolatedException error) => error.Hint is null ? error : new IsolatedException($"{error.Message}. {error.Hint}", error)
    {
        Kind = error.Kind,
        Candidates = error.Candidates,
        Hint = error.Hint,
    };

    private const string Bin = nameof(IsolatedRuntimeHost.WithBinDirectoryAssemblyLoader);

    private static string Listed(IReadOnlyList<string> candidates) => string.Concat(candidates.Select(candidate => $"\n  - {candidate}"));

    private static List<string> NamesIn(IEnumerable<string> folders)
    {
        List<string> names = [];
        foreach (string folder in folders)
        {
            try
            {
                names.AddRange(Directory.EnumerateFiles(folder, "*.dll").Take(MostFiles).Select(file => Path.GetFileNameWithoutExtension(file)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The error is another one.
                continue;
            }
        }

        return names;
    }
}
