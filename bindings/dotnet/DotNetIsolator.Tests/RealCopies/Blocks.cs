using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>The insides of arrays, inline arrays and fixed buffers, which reflection does not show.</summary>
internal static class Blocks
{
    /// <summary>The bytes of an array of numbers, whatever its rank.</summary>
    public static ReadOnlySpan<byte> Bytes(Array array) => MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), Buffer.ByteLength(array));

    /// <summary>The elements of an inline array that is boxed.</summary>
    public static Array ElementsOf(object boxed, int length)
    {
        Type type = boxed.GetType();
        Type element = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Single().FieldType;
        return (Array)typeof(Blocks).GetMethod(nameof(Elements), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type, element).Invoke(null, [boxed, length])!;
    }

    /// <summary>The bytes of a fixed buffer that is boxed.</summary>
    public static byte[] BytesOf(object boxed, FixedBufferAttribute buffer)
    {
        int size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(buffer.ElementType).Invoke(null, null)!;
        return (byte[])typeof(Blocks).GetMethod(nameof(Elements), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(boxed.GetType(), typeof(byte)).Invoke(null, [boxed, size * buffer.Length])!;
    }

    private static TElement[] Elements<T, TElement>(object boxed, int length)
        where T : struct
    {
        ref TElement first = ref Unsafe.As<T, TElement>(ref Unsafe.Unbox<T>(boxed));
        TElement[] all = new TElement[length];
        for (int i = 0; i < length; i++)
        {
            all[i] = Unsafe.Add(ref first, i);
        }

        return all;
    }
}
