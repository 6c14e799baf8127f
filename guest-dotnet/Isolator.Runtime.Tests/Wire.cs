using System;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Tests;

/// <summary>Bytes to values and back, in one line.</summary>
internal static unsafe class Wire
{
    static Wire()
    {
        if (Bridge.Current is not FakeBridge)
        {
            FakeBridge.Install();
        }
    }

    public static byte[] Pack(Action<WireWriter> write)
    {
        WireWriter writer = new();
        try
        {
            write(writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Free();
        }
    }

    public static byte[] Write(object? value, Type? declared = null) =>
        Pack(w => Plans.For(declared ?? value!.GetType()).WriteBoxed(w, value));

    public static object? Read(byte[] bytes, Type type)
    {
        fixed (byte* p = bytes.Length == 0 ? new byte[1] : bytes)
        {
            WireReader reader = new(p, bytes.Length);
            object? value = Plans.For(type).ReadBoxed(reader);
            reader.ExpectEnd();
            return value;
        }
    }

    public static T Read<T>(byte[] bytes) => (T)Read(bytes, typeof(T))!;

    public static T Round<T>(T value) => (T)Read(Write(value, typeof(T)), typeof(T))!;

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
