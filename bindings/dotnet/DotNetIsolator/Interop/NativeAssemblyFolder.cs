using System;
using System.IO;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>A folder with assemblies, which the native library reads: below it, no link is followed, and only files are opened.</summary>
internal sealed unsafe class NativeAssemblyFolder : SafeHandle
{
    public NativeAssemblyFolder()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none, or it cannot be opened.</exception>
    public static NativeAssemblyFolder Open(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException(
                $"There is no folder '{path}' from which assemblies could be loaded. Create it first, or name the one that they are in.");
        }

        NativeAssemblyFolder folder = new();
        using Utf8Texts texts = new();
        nint opened;
        NativeErrors.Check(NativeMethods.isolator_assembly_folder_open(texts.Add(path), &opened));
        folder.SetHandle(opened);
        return folder;
    }

    /// <summary>Answers the request that this thread is asked by.</summary>
    /// <returns>The answer, or null if there is no such file or it is refused: the log says why.</returns>
    public LoadedImage? Answer()
    {
        nint request = NativeHost.Request;
        if (request == 0)
        {
            return null;
        }

        using NativeUse use = new(this);
        return NativeMethods.isolator_assembly_folder_answer(use.Pointer, request) != 0 ? new LoadedImage([], null) { Request = request } : null;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_assembly_folder_free(handle);
        return true;
    }
}
