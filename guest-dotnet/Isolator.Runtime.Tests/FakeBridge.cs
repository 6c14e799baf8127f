using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Isolator.Runtime;

[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

namespace Isolator.Runtime.Tests;

/// <summary>Stands in for the C side, so that the dispatcher runs natively.</summary>
internal sealed unsafe class FakeBridge : Bridge
{
    private readonly Dictionary<ulong, (nint GcHandle, int Kind)> _handles = [];
    private ulong _last;

    public static FakeBridge Install()
    {
        FakeBridge bridge = new();
        Current = bridge;
        return bridge;
    }

    public Dictionary<string, byte[]> Assemblies { get; } = new(StringComparer.Ordinal);

    public List<string> Asked { get; } = [];

    public Func<string, byte[], (bool Ok, byte[] Bytes)> OnCall { get; set; } = (_, _) => (false, []);

    public List<(ulong Id, string Name)> Started { get; } = [];

    public List<ulong> Cancelled { get; } = [];

    public Dictionary<ulong, string> Scalars { get; } = [];

    public string? CommandLine { get; private set; }

    public override ulong NewHandle(nint gcHandle, int kind)
    {
        _handles.Add(++_last | (1UL << 32), (gcHandle, kind));
        return _last | (1UL << 32);
    }

    public override nint GetHandle(ulong handle, int* kind)
    {
        bool found = _handles.TryGetValue(handle, out (nint GcHandle, int Kind) entry);
        *kind = found ? entry.Kind : 0;
        return found ? entry.GcHandle : 0;
    }

    public override void ReleaseHandle(ulong handle)
    {
        if (_handles.Remove(handle, out (nint GcHandle, int Kind) entry))
        {
            GCHandle.FromIntPtr(entry.GcHandle).Free();
        }
    }

    public override uint HandleCount() => (uint)_handles.Count;

    public override void SetScalar(ulong handle, nint method, nint function, byte* signature) =>
        Scalars[handle] = Marshal.PtrToStringUTF8((nint)signature)!;

    /// <summary>
    /// The offset in CoreCLR's <c>FieldDesc</c>: 27 bits after the type's pointer and the token. The C side counts from
    /// the start of the object, past a header of two words.
    /// </summary>
    public override int FieldOffset(nint field) => (int)(*(uint*)(field + IntPtr.Size + 4) & 0x7ffffff) + (2 * IntPtr.Size);

    public override int ResolveAssembly(byte* name, int nameLength, byte* culture, int cultureLength, byte** bytes, int* length)
    {
        string key = $"{Text(culture, cultureLength)}/{Text(name, nameLength)}";
        Asked.Add(key);
        if (!Assemblies.TryGetValue(key, out byte[]? image))
        {
            return 0;
        }

        Give(image, bytes, length);
        return 1;
    }

    public override int ResolveSymbols(byte* name, int nameLength, byte** bytes, int* length) => 0;

    public override int HostCall(byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length)
    {
        (bool ok, byte[] result) = OnCall(Text(name, nameLength), new ReadOnlySpan<byte>(args, argsLength).ToArray());
        Give(result, bytes, length);
        return ok ? 0 : 1;
    }

    public override int HostStartCall(ulong id, byte* name, int nameLength, byte* args, int argsLength, byte** bytes, int* length)
    {
        string text = Text(name, nameLength);
        if (text == "unknown")
        {
            Give(Wire.Pack(w =>
            {
                w.WriteMapHeader(1);
                w.WriteString("Message");
                w.WriteString("No callback 'unknown' is registered.");
            }), bytes, length);
            return 1;
        }

        Started.Add((id, text));
        return 0;
    }

    public override void HostCancelCall(ulong id) => Cancelled.Add(id);

    public override void HostLog(int level, byte* category, int categoryLength, byte* message, int messageLength)
    {
    }

    public override void Free(void* bytes) => NativeMemory.Free(bytes);

    public override int Preopens() => 0;

    public override void LimitHeap(ulong bytes)
    {
    }

    public override void SetArguments(byte* strings, int count)
    {
        int length = 0;
        for (int left = count; left > 0; length++)
        {
            left -= strings[length] == 0 ? 1 : 0;
        }

        CommandLine = Text(strings, length);
    }

    private static string Text(byte* bytes, int length) => length == 0 ? string.Empty : Encoding.UTF8.GetString(bytes, length);

    private static void Give(byte[] from, byte** bytes, int* length)
    {
        *bytes = (byte*)NativeMemory.Alloc((nuint)Math.Max(from.Length, 1));
        from.CopyTo(new Span<byte>(*bytes, from.Length));
        *length = from.Length;
    }
}
