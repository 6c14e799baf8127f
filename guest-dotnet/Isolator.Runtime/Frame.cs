using System.Runtime.InteropServices;

namespace Isolator.Runtime;

/// <summary>What C hands to an <see cref="Entry"/> method, and where the method leaves its outcome.</summary>
/// <remarks>The C twin is <c>struct frame</c> in the guest shim's bridge.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Frame
{
    /// <summary>First integer or handle parameter.</summary>
    public ulong A;

    /// <summary>Second integer or handle parameter.</summary>
    public ulong B;

    /// <summary>First string or byte-list parameter. C owns the bytes.</summary>
    public byte* P;

    /// <summary>Length of <see cref="P"/> in bytes.</summary>
    public uint PLength;

    /// <summary>Second string or byte-list parameter; null where an option is absent.</summary>
    public byte* Q;

    /// <summary>Length of <see cref="Q"/> in bytes.</summary>
    public uint QLength;

    /// <summary>In: third integer parameter. Out: integer or handle result.</summary>
    public ulong Value;

    /// <summary>Out: bytes from malloc, freed by C.</summary>
    public byte* Result;

    /// <summary>Out: length of <see cref="Result"/> in bytes.</summary>
    public uint ResultLength;

    /// <summary>Out: one of <see cref="FrameCode"/>.</summary>
    public int Code;
}

/// <summary>Outcomes of an <see cref="Entry"/> method.</summary>
internal static class FrameCode
{
    /// <summary>It worked.</summary>
    public const int Ok = 0;

    /// <summary>The result holds a failure.</summary>
    public const int Failure = 1;

    /// <summary>It worked, and there is no value (an absent option).</summary>
    public const int None = 2;
}
