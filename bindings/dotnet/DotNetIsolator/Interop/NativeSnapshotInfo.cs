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
            List<string> kept = [];
            for (nuint i = 0; NativeMethods.isolator_snapshot_info_kept_name(info, i) is { IsNull: false } name; i++)
            {
                kept.Add(name.Text);
            }

            List<string> compiled = [];
            for (nuint i = 0; NativeMethods.isolator_snapshot_info_compiled(info, i) is { IsNull: false } name; i++)
            {
                compiled.Add(name.Text);
            }

            Dictionary<string, string> notes = [];
            for (nuint i = 0; NativeMethods.isolator_snapshot_info_note(info, i) is { Name.IsNull: false } note; i++)
            {
                notes[note.Name.Text] = note.Text.Text;
            }

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
internal struct NativeNote
{
    public BorrowedBytes Name;
    public BorrowedBytes Text;
}
