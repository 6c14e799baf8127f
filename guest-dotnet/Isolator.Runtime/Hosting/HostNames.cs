using System;
using System.Runtime.InteropServices;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>Names of host functions as UTF-8. The names of recent calls are kept encoded: most are literals of the program.</summary>
internal static unsafe class HostNames
{
    /// <summary>A power of two.</summary>
    private const int Slots = 16;

    /// <summary>Longer names are encoded each time, in UTF-16 units.</summary>
    private const int LongestKept = 128;

    private static readonly Slot[] Kept = new Slot[Slots];

    /// <summary>A name in the memory of the C library. Valid until the next call of this method.</summary>
    public static byte* Encode(string name, out int length)
    {
        ref Slot slot = ref Kept[name.Length & (Slots - 1)];
        if (ReferenceEquals(slot.Name, name))
        {
            length = slot.Length;
            return slot.Bytes;
        }

        return EncodeAnew(ref slot, name, out length);
    }

    private static byte* EncodeAnew(ref Slot slot, string name, out int length)
    {
        // One buffer for each slot: a longer name's takes its place, and goes with the next one.
        int capacity = Math.Max(name.Length, LongestKept) * 3;
        if (slot.Capacity != capacity)
        {
            NativeMemory.Free(slot.Bytes);
            slot = default;
            slot.Bytes = (byte*)NativeMemory.Alloc((nuint)capacity);
            slot.Capacity = capacity;
        }

        slot.Name = null;
        length = slot.Length = Utf8.Encode(name, slot.Bytes, capacity);
        if (name.Length <= LongestKept)
        {
            slot.Name = name;
        }

        return slot.Bytes;
    }

    private struct Slot
    {
        public string? Name;
        public byte* Bytes;
        public int Length;
        public int Capacity;
    }
}
