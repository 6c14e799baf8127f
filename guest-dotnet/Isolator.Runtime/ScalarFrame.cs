using System.Runtime.InteropServices;

namespace Isolator.Runtime;

/// <summary>What C hands to <see cref="Entry.CallScalar"/>, and where the call leaves its outcome.</summary>
/// <remarks>The C twin is <c>struct scalar_frame</c> in the guest shim's bridge.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ScalarFrame
{
    /// <summary>The arguments, extended to 64 bits each.</summary>
    public fixed ulong Arguments[8];

    /// <summary>Out: the result in the low bits, as many as its type has. The rest means nothing.</summary>
    public ulong Result;

    /// <summary>Out: a handle to the exception that the method threw; 0: none.</summary>
    public ulong Exception;

    /// <summary>The method, as <c>RuntimeMethodHandle.GetFunctionPointer</c> gives it.</summary>
    public nint Function;

    /// <summary>Where a reference to the object lies that the method is called on; 0 for a static method.</summary>
    public nint Self;

    /// <summary>Number of arguments.</summary>
    public int Count;
}
