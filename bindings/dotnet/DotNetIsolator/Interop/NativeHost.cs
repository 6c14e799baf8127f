using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary>A host of the native library.</summary>
internal sealed unsafe partial class NativeHost : SafeHandle
{
    public NativeHost()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>What is asked on this thread just now, while a loader runs; 0 otherwise.</summary>
    [field: ThreadStatic]
    public static nint Request { get; private set; }

    /// <summary>The guest's .NET version, such as <c>10.0.15</c>.</summary>
    public string DotNetVersion { get; private set; } = string.Empty;

    /// <summary>How many runtimes of the host live.</summary>
    public uint LiveRuntimes
    {
        get
        {
            using NativeUse use = new(this);
            return NativeMethods.isolator_host_live_runtimes(use.Pointer);
        }
    }

    /// <summary>Makes a host whose assemblies come from a loader of ours.</summary>
    public static NativeHost Create(IsolatedRuntimeHostOptions options, AssemblySource source)
    {
        uint version = NativeMethods.isolator_abi_version();
        if (version != NativeMethods.AbiVersion)
        {
            throw new IsolatedException($"The native library has version {version} of its interface, but this one needs {NativeMethods.AbiVersion}. "
                + "Use the library that came with this package, or one that was built from the same source.") { Kind = IsolatedErrorKind.Host };
        }

        NativeHost host = new();
        using Utf8Texts texts = new();
        nint builder = NativeMethods.isolator_host_builder_new();
        try
        {
            string? guest = options.GuestDirectory
                ?? (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(NativeLibraryFinder.GuestVariable)) ? NativeLibraryFinder.GuestDirectory() : null);
            if (guest is not null)
            {
                NativeErrors.Check(NativeMethods.isolator_host_builder_set_text(builder, HostText.Guest, texts.Add(guest)));
            }

            if (options.MaxRuntimes > 0)
            {
                NativeErrors.Check(NativeMethods.isolator_host_builder_set_number(builder, HostNumber.MaxRuntimes, (ulong)options.MaxRuntimes));
            }

            if (options.CallbackErrorDetails)
            {
                NativeErrors.Check(NativeMethods.isolator_host_builder_set_number(builder, HostNumber.CallbackErrorDetails, 1));
            }

            SetNumbers(builder, options, texts);
            NativeErrors.Check(NativeMethods.isolator_host_builder_assembly_loader(builder, &Load, UserData.New(source), &UserData.Drop));
            nint made;
            NativeErrors.Check(NativeMethods.isolator_host_builder_build(builder, &made));
            host.SetHandle(made);
            host.DotNetVersion = NativeMethods.isolator_host_dotnet_version(made).Text;
            return host;
        }
        finally
        {
            NativeMethods.isolator_host_builder_free(builder);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.isolator_host_free(handle);
        return true;
    }

    /// <summary>Answers a request for an assembly, if the source knows it.</summary>
    internal static void Answer(AssemblySource source, nint request)
    {
        string name = NativeMethods.isolator_assembly_request_name(request).Text;
        string culture = NativeMethods.isolator_assembly_request_culture(request).Text;
        if (source.Find(name, culture) is not { } found)
        {
            NativeMethods.isolator_assembly_request_forget(request);
            return;
        }

        if (found.Request != 0)
        {
            // The native library has it: nothing is copied through this side.
            return;
        }

        fixed (byte* image = found.Image, symbols = found.Symbols)
        {
            NativeMethods.isolator_assembly_request_found(
                request,
                new BorrowedBytes(image, (nuint)found.Image.Length),
                new BorrowedBytes(symbols, (nuint)(found.Symbols?.Length ?? 0)));
        }

        if (found.Compiled is { } code)
        {
            fixed (byte* compiled = code)
            {
                NativeMethods.isolator_assembly_request_compiled(request, new BorrowedBytes(compiled, (nuint)code.Length));
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Load(nint userData, nint request)
    {
        nint outer = Request;
        try
        {
            Request = request;
            Answer(UserData.Get<AssemblySource>(userData), request);
        }
        catch (Exception)
        {
            // Loaders' own exceptions were told already. The frames below are not .NET's, and no answer is one: there is no such assembly.
            return;
        }
        finally
        {
            Request = outer;
        }
    }
}

/// <summary>Objects of this side behind pointers of the other.</summary>
internal static unsafe class UserData
{
    /// <summary>A pointer that keeps an object alive until <see cref="Drop"/>.</summary>
    public static nint New(object value) => GCHandle.ToIntPtr(GCHandle.Alloc(value));

    /// <summary>The object.</summary>
    public static T Get<T>(nint userData)
        where T : class => Unsafe.As<T>(GCHandle.FromIntPtr(userData).Target!);

    /// <summary>Lets the object go.</summary>
    public static void Free(nint userData) => GCHandle.FromIntPtr(userData).Free();

    /// <summary>As <see cref="Free"/>, for the native library to call.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Drop(nint userData) => Free(userData);
}
