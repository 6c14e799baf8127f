using System;
using System.Runtime.InteropServices;

namespace Isolator.Runtime;

/// <summary>What a handle names.</summary>
internal enum HandleKind
{
    /// <summary>Any object, delegates included.</summary>
    Object = 1,

    /// <summary>A <see cref="System.Type"/>.</summary>
    Type = 2,

    /// <summary>A <see cref="Members.MethodTarget"/>.</summary>
    Method = 3,

    /// <summary>A <see cref="System.Reflection.Assembly"/>.</summary>
    Assembly = 4,

    /// <summary>A <see cref="Hosting.TaskState"/>.</summary>
    Task = 5,

    /// <summary>A <see cref="Hosting.StreamState"/>.</summary>
    Enumerator = 6,
}

/// <summary>The C side, as the managed side sees it. Tests put another one in <see cref="Current"/>.</summary>
internal abstract unsafe class Bridge
{
    /// <summary>The bridge in use.</summary>
    public static Bridge Current { get; set; } = new NativeBridge();

    /// <summary>Puts an object into the handle table.</summary>
    public abstract ulong NewHandle(nint gcHandle, int kind);

    /// <summary>The GC handle behind a handle, or 0.</summary>
    public abstract nint GetHandle(ulong handle, int* kind);

    /// <summary>Frees a handle.</summary>
    public abstract void ReleaseHandle(ulong handle);

    /// <summary>Number of live handles.</summary>
    public abstract uint HandleCount();

    /// <summary>Makes a method handle callable with numbers; through <paramref name="function"/>, if that is not 0.</summary>
    public abstract void SetScalar(ulong handle, nint method, nint function, byte* signature);

    /// <summary>Offset of an instance field from the start of its object, header included.</summary>
    public abstract int FieldOffset(nint field);

    /// <summary>Asks the host for an assembly's image. 1: found.</summary>
    public abstract int ResolveAssembly(byte* name, int nameLength, byte* culture, int cultureLength, byte** bytes, int* length);

    /// <summary>Asks the host for an assembly's portable PDB. 1: found.</summary>
    public abstract int ResolveSymbols(byte* name, int nameLength, byte** bytes, int* length);

    /// <summary>Calls a host callback. 0: ok, 1: the bytes are a failure.</summary>
    public abstract int HostCall(byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length);

    /// <summary>Starts a host callback. 0: started, 1: the bytes are a failure.</summary>
    public abstract int HostStartCall(ulong id, byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length);

    /// <summary>Gives up a started callback.</summary>
    public abstract void HostCancelCall(ulong id);

    /// <summary>Writes to the host's log.</summary>
    public abstract void HostLog(int level, byte* category, int categoryLength, byte* message, int messageLength);

    /// <summary>Frees bytes that this bridge returned.</summary>
    public abstract void Free(void* bytes);

    /// <summary>Registers the granted directories.</summary>
    public abstract int Preopens();

    /// <summary>Limits the managed heap.</summary>
    public abstract void LimitHeap(ulong bytes);

    /// <summary>Sets the command line: NUL-terminated strings one after the other.</summary>
    public abstract void SetArguments(byte* strings, int count);
}

/// <summary>The real bridge.</summary>
internal sealed unsafe class NativeBridge : Bridge
{
    public override ulong NewHandle(nint gcHandle, int kind) => Native.isolator_handle_new(gcHandle, kind);

    public override nint GetHandle(ulong handle, int* kind) => Native.isolator_handle_get(handle, kind);

    public override void ReleaseHandle(ulong handle) => Native.isolator_handle_release(handle);

    public override uint HandleCount() => Native.isolator_handle_count();

    public override void SetScalar(ulong handle, nint method, nint function, byte* signature) =>
        Native.isolator_scalar_set(handle, method, function, signature);

    public override int FieldOffset(nint field) => Native.isolator_field_offset(field);

    public override int ResolveAssembly(byte* name, int nameLength, byte* culture, int cultureLength, byte** bytes, int* length) =>
        Native.isolator_resolve_assembly(name, nameLength, culture, cultureLength, bytes, length);

    public override int ResolveSymbols(byte* name, int nameLength, byte** bytes, int* length) =>
        Native.isolator_resolve_symbols(name, nameLength, bytes, length);

    public override int HostCall(byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length) =>
        Native.isolator_host_call(name, nameLength, args, argsLength, bytes, length);

    public override int HostStartCall(ulong id, byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length) =>
        Native.isolator_host_start_call(id, name, nameLength, args, argsLength, bytes, length);

    public override void HostCancelCall(ulong id) => Native.isolator_host_cancel_call(id);

    public override void HostLog(int level, byte* category, int categoryLength, byte* message, int messageLength) =>
        Native.isolator_host_log(level, category, categoryLength, message, messageLength);

    public override void Free(void* bytes) => Native.isolator_free(bytes);

    public override int Preopens() => Native.isolator_preopens();

    public override void LimitHeap(ulong bytes) => Native.isolator_heap_limit(bytes);

    public override void SetArguments(byte* strings, int count) => Native.isolator_arguments(strings, count);
}

/// <summary>The functions that the guest shim implements in C.</summary>
internal static unsafe class Native
{
    private const string Library = "isolator";

    [DllImport(Library)]
    public static extern ulong isolator_handle_new(nint gcHandle, int kind);

    [DllImport(Library)]
    public static extern nint isolator_handle_get(ulong handle, int* kind);

    [DllImport(Library)]
    public static extern void isolator_handle_release(ulong handle);

    [DllImport(Library)]
    public static extern uint isolator_handle_count();

    [DllImport(Library)]
    public static extern void isolator_scalar_set(ulong handle, nint method, nint function, byte* signature);

    [DllImport(Library)]
    public static extern int isolator_field_offset(nint field);

    [DllImport(Library)]
    public static extern int isolator_resolve_assembly(byte* name, int nameLength, byte* culture, int cultureLength, byte** bytes, int* length);

    [DllImport(Library)]
    public static extern int isolator_resolve_symbols(byte* name, int nameLength, byte** bytes, int* length);

    [DllImport(Library)]
    public static extern int isolator_host_call(byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length);

    [DllImport(Library)]
    public static extern int isolator_host_start_call(ulong id, byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length);

    [DllImport(Library)]
    public static extern void isolator_host_cancel_call(ulong id);

    [DllImport(Library)]
    public static extern void isolator_host_log(int level, byte* category, int categoryLength, byte* message, int messageLength);

    [DllImport(Library)]
    public static extern void isolator_free(void* bytes);

    [DllImport(Library)]
    public static extern int isolator_preopens();

    [DllImport(Library)]
    public static extern void isolator_heap_limit(ulong bytes);

    [DllImport(Library)]
    public static extern void isolator_arguments(byte* strings, int count);
}
