using System.Collections.Generic;

namespace System.IO;

/// <summary>Looks at a directory, and tells what is different since it last did.</summary>
/// <param name="root">The directory.</param>
/// <param name="deep">Whether to look at the directories in it, too.</param>
internal sealed class Looker(string root, bool deep)
{
    /// <summary>Nanoseconds by which the times of files may be behind the clock.</summary>
    private const int Coarse = 20_000_000;

    /// <summary>Nanoseconds by which those of other machines and of simple file systems may differ from it, which know two seconds apart.</summary>
    private const long Apart = 2_000_000_000;

    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    private Int128 _looked = Now();
    private SortedDictionary<string, Entry> _known = Look(root, deep) ?? new(StringComparer.Ordinal);

    /// <summary>Whether the directory is there.</summary>
    public bool IsThere { get; private set; } = true;

    /// <summary>Looks again. What happened comes in an order in which it may have: what is gone, new names, what is new, what was written.</summary>
    public List<Difference> Again(NotifyFilters watched)
    {
        List<Difference> differences = [];
        Int128 began = Now();
        SortedDictionary<string, Entry>? now = Look(root, deep);
        (Int128 since, Int128 until) = (_looked - Apart, Now() + Apart);
        IsThere = now is not null;
        now ??= new(StringComparer.Ordinal);
        List<Difference> renamed = Renamed(now);
        List<string> gone = [], made = [];
        foreach ((string path, Entry before) in _known)
        {
            if (!now.TryGetValue(path, out Entry after) || IsOther(before, after))
            {
                gone.Add(path);
            }
            else if (after.IsChanged(before, watched, since, until))
            {
                differences.Add(new(WatcherChangeTypes.Changed, path, null, after.IsDirectory));
            }
        }

        foreach ((string path, Entry after) in now)
        {
            if (!_known.TryGetValue(path, out Entry before) || IsOther(before, after))
            {
                made.Add(path);
            }
        }

        List<Difference> all = [];
        for (int i = gone.Count - 1; i >= 0; i--)
        {
            all.Add(new(WatcherChangeTypes.Deleted, gone[i], null, _known[gone[i]].IsDirectory));
        }

        all.AddRange(renamed);
        foreach (string path in made)
        {
            Entry entry = now[path];
            all.Add(new(WatcherChangeTypes.Created, path, null, entry.IsDirectory));
            // One that was moved here was written before.
            if (entry is { IsDirectory: false, Size: > 0 } && entry.Written >= _looked - Coarse && (watched & Entry.OfContent) != 0)
            {
                differences.Add(new(WatcherChangeTypes.Changed, path, null, false));
            }
        }

        all.AddRange(differences);
        (_known, _looked) = (now, began);
        return all;
    }

    private static bool IsOther(Entry before, Entry after) => (before.Device, before.Node, before.IsDirectory) != (after.Device, after.Node, after.IsDirectory);

    // Finds what has another name now, and gives it that in what is known, with all that is in it.
    private List<Difference> Renamed(SortedDictionary<string, Entry> now)
    {
        List<Difference> renamed = [];
        Dictionary<Identity, string> gone = [];
        foreach ((string path, Entry before) in _known)
        {
            if (!now.TryGetValue(path, out Entry after) || IsOther(before, after))
            {
                gone[before.Identity] = path;
            }
        }

        if (gone.Count == 0)
        {
            return renamed;
        }

        // In order, so that a directory comes before what is in it.
        foreach ((string path, Entry after) in now)
        {
            bool isNew = !_known.TryGetValue(path, out Entry there) || IsOther(there, after);
            if (isNew && gone.Remove(after.Identity, out string? from) && _known.ContainsKey(from))
            {
                renamed.Add(new(WatcherChangeTypes.Renamed, path, from, after.IsDirectory));
                Move(from, path, gone);
            }
        }

        return renamed;
    }

    private void Move(string from, string to, Dictionary<Identity, string> gone)
    {
        List<(string Path, Entry Entry)> moved = [];
        foreach ((string path, Entry entry) in _known)
        {
            if (path == from || path.StartsWith(from + "/", StringComparison.Ordinal))
            {
                moved.Add((path, entry));
            }
        }

        foreach ((string path, _) in moved)
        {
            _known.Remove(path);
        }

        foreach ((string path, Entry entry) in moved)
        {
            _known[to + path[from.Length..]] = entry;
            gone.Remove(entry.Identity);
        }
    }

    // Paths below the directory; null if that is gone.
    private static SortedDictionary<string, Entry>? Look(string root, bool deep)
    {
        if (!Directory.Exists(root))
        {
            return null;
        }

        SortedDictionary<string, Entry> found = new(StringComparer.Ordinal);
        Stack<string> left = new([""]);
        while (left.TryPop(out string? below))
        {
            string directory = below.Length == 0 ? root : FileSystemEventArgs.Below(root, below);
            try
            {
                foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", All))
                {
                    if (Entry.At(path) is { } entry)
                    {
                        string name = below.Length == 0 ? Path.GetFileName(path) : $"{below}/{Path.GetFileName(path)}";
                        found[name] = entry;
                        if (deep && entry.IsDirectory)
                        {
                            left.Push(name);
                        }
                    }
                }
            }
            catch (IOException)
            {
                // It went while it was looked at.
            }
            catch (UnauthorizedAccessException)
            {
                // What cannot be listed is not watched.
            }
        }

        return found;
    }

    private static Int128 Now() => ((Int128)DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}

/// <summary>What a look found to be different.</summary>
internal readonly record struct Difference(WatcherChangeTypes Kind, string Path, string? Before, bool IsDirectory);
