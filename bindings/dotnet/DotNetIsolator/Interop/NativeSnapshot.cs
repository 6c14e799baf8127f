using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>A snapshot of the native library.</summary>
internal sealed unsafe class NativeSnapshot : SafeHandle
{
    public NativeSnapshot(nint snapshot)
        : base(0, ownsHandle: true) => SetHandle(snapshot);

    public override bool IsInvalid => handle == 0;

    /// <summary>Bytes that runtimes start with.</summary>
    public ulong MemorySize
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_snapshot_memory_size(use.Pointer);
        }
    }

    /// <summary>How it holds the memory.</summary>
    public SnapshotForm Form
    {
        get
        {
            using NativeUse use = new(this);
            return (SnapshotForm)NativeMethods.isolator_snapshot_get_form(use.Pointer);
        }
    }

    /// <summary>Bytes that are copied into each runtime.</summary>
    public ulong Copied
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_snapshot_copied(use.Pointer);
        }
    }

    /// <summary>Names under which handles were kept.</summary>
    public List<string> KeptNames()
    {
        using NativeUse use = new(this);
        return BorrowedBytes.All(use.Pointer, &NativeMethods.isolator_snapshot_kept_name);
    }

    /// <summary>What was added, by name.</summary>
    public Dictionary<string, string> Notes()
    {
        using NativeUse use = new(this);
        return NativeNote.All(use.Pointer, &NativeMethods.isolator_snapshot_note);
    }

    /// <summary>The same snapshot with another text.</summary>
    public NativeSnapshot WithNote(string name, string text)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint noted;
        NativeErrors.Check(NativeMethods.isolator_snapshot_with_note(use.Pointer, texts.Add(name), texts.Add(text), &noted));
        return new NativeSnapshot(noted);
    }

    /// <summary>Writes it to a file.</summary>
    public void Save(string path)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_snapshot_save(use.Pointer, texts.Add(path)));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_snapshot_free(handle);
        return true;
    }
}

/// <content>Snapshots in files.</content>
internal sealed unsafe partial class NativeHost
{
    /// <summary>Loads a snapshot.</summary>
    public NativeSnapshot LoadSnapshot(string path)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint snapshot;
        NativeErrors.Check(NativeMethods.isolator_host_load_snapshot(use.Pointer, texts.Add(path), &snapshot));
        return new NativeSnapshot(snapshot);
    }
}

/// <content>What runtimes start from, and what they find there by name.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Makes a snapshot of the runtime, which ends with that.</summary>
    public NativeSnapshot Freeze(SnapshotForm form = SnapshotForm.Mapped)
    {
        using NativeUse use = new(this);
        nint snapshot;
        NativeErrors.Check(NativeMethods.isolator_runtime_freeze_as(use.Pointer, (uint)form, &snapshot));
        return new NativeSnapshot(snapshot);
    }

    /// <summary>Keeps what a handle names under a name.</summary>
    public void Keep(string name, GuestHandle handle)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(handle);
        NativeErrors.Check(NativeMethods.isolator_runtime_keep(use.Pointer, texts.Add(name), of.Pointer));
    }

    /// <summary>What was kept under a name; <paramref name="kind"/> is a <see cref="HandleKind"/>.</summary>
    public GuestHandle Kept(string name, uint kind)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint found;
        NativeErrors.Check(NativeMethods.isolator_runtime_kept(use.Pointer, texts.Add(name), (int)kind, &found));
        return new GuestHandle(found);
    }

    /// <summary>As <see cref="Kept"/>; null if it cannot be had, as within a callback.</summary>
    public GuestHandle? TryKept(byte[] name, uint kind)
    {
        using NativeUse use = new(this);
        nint found;
        nint error;
        fixed (byte* text = name)
        {
            error = NativeMethods.isolator_runtime_kept(use.Pointer, new BorrowedBytes(text, (nuint)name.Length), (int)kind, &found);
        }

        if (error != 0)
        {
            NativeMethods.isolator_error_free(error);
            return null;
        }

        return new GuestHandle(found);
    }

    /// <summary>Lets a runtime start from a snapshot.</summary>
    public static void From(nint builder, NativeSnapshot? snapshot)
    {
        if (snapshot is not null)
        {
            using NativeUse use = new(snapshot);
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_from(builder, use.Pointer));
        }
    }
}
