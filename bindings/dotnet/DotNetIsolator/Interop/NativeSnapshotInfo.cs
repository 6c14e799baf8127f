using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>What files of snapshots say of themselves, as the native library reads it.</summary>
internal static unsafe class NativeSnapshotInfo
{
    /// <summary>Reads a file.</summary>
    public static SnapshotInfo Read(string path)
    {
        using Utf8Texts texts = new();
        nint info;
        NativeErrors.Check(NativeMethods.isolator_snapshot_info_read(texts.Add(path), &info));
        try
        {
            List<string> kept = BorrowedBytes.All(info, &NativeMethods.isolator_snapshot_info_kept_name);
            List<string> compiled = BorrowedBytes.All(info, &NativeMethods.isolator_snapshot_info_compiled);
            Dictionary<string, string> notes = NativeNote.All(info, &NativeMethods.isolator_snapshot_info_note);
            return new SnapshotInfo
            {
                DotNetVersion = NativeMethods.isolator_snapshot_info_dotnet_version(info).Text,
                CodeDigest = NativeMethods.isolator_snapshot_info_code_digest(info).Text,
                FileSize = (long)Math.Min(NativeMethods.isolator_snapshot_info_file_size(info), long.MaxValue),
                MemorySize = (long)Math.Min(NativeMethods.isolator_snapshot_info_memory_size(info), long.MaxValue),
                KeptNames = kept.FindAll(name => !SnapshotCache.Has(name)).AsReadOnly(),
                CompiledNames = compiled.AsReadOnly(),
                Notes = new ReadOnlyDictionary<string, string>(notes),
            };
        }
        finally
        {
            NativeMethods.isolator_snapshot_info_free(info);
        }
    }
}

/// <summary><c>isolator_note</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeNote
{
    public BorrowedBytes Name;
    public BorrowedBytes Text;

    /// <summary>All of a list of the native library's, by name.</summary>
    public static Dictionary<string, string> All(nint of, delegate*<nint, nuint, NativeNote> one)
    {
        Dictionary<string, string> notes = [];
        for (nuint i = 0; one(of, i) is { Name.IsNull: false } note; i++)
        {
            notes[note.Name.Text] = note.Text.Text;
        }

        return notes;
    }
}
