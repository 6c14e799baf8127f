using System;
using System.Runtime.InteropServices;

namespace Isolator.Runtime;

/// <summary>The host's names for things in here; the table itself is in C.</summary>
internal static unsafe class Handles
{
    /// <summary>A new handle for a thing; the host owns it from then on.</summary>
    public static ulong New(object thing, HandleKind kind) =>
        Bridge.Current.NewHandle(GCHandle.ToIntPtr(GCHandle.Alloc(thing)), (int)kind);

    /// <summary>The thing behind a handle of one kind.</summary>
    /// <exception cref="FailureException">The handle is stale, forged, or of another kind.</exception>
    public static T Get<T>(ulong handle, HandleKind kind)
        where T : class
    {
        int found;
        nint gcHandle = Bridge.Current.GetHandle(handle, &found);
        if (gcHandle == 0 || found != (int)kind)
        {
            throw Bad(handle, gcHandle == 0 ? null : (HandleKind)found, kind.ToString());
        }

        return (T)GCHandle.FromIntPtr(gcHandle).Target!;
    }

    /// <summary>The object behind a handle of any kind that is a value to guest code: objects, types, assemblies.</summary>
    public static object GetObject(ulong handle)
    {
        int found;
        nint gcHandle = Bridge.Current.GetHandle(handle, &found);
        if (gcHandle == 0 || (HandleKind)found is not (HandleKind.Object or HandleKind.Type or HandleKind.Assembly))
        {
            throw Bad(handle, gcHandle == 0 ? null : (HandleKind)found, "Object");
        }

        return GCHandle.FromIntPtr(gcHandle).Target!;
    }

    /// <summary>The thing behind a handle of any kind.</summary>
    public static object GetAny(ulong handle)
    {
        int found;
        nint gcHandle = Bridge.Current.GetHandle(handle, &found);
        return gcHandle == 0 ? throw Bad(handle, null, "handle") : GCHandle.FromIntPtr(gcHandle).Target!;
    }

    private static FailureException Bad(ulong handle, HandleKind? found, string wanted)
    {
        string name = $"0x{handle:x}";
        return new FailureException(
            FailureKind.BadHandle,
            found is { } kind
                ? $"The handle {name} names a {Lower(kind.ToString())}, but a {Lower(wanted)} is needed here."
                : $"The handle {name} is not valid: it was released, belongs to another runtime, or never existed.");
    }

    private static string Lower(string text) => text.ToLowerInvariant();
}
