using System;
using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolator.Runtime.Wire;

/// <content>Where fields are, which the JIT knows.</content>
internal static partial class Raw
{
    /// <summary>A place to measure on: it never moves, and a field that lies beyond its end is not used.</summary>
    private static readonly byte[] Ruler = GC.AllocateUninitializedArray<byte>(1 << 16, pinned: true);

    private static readonly ConcurrentDictionary<Type, int> Sizes = new();

    private delegate ref byte FieldOf(ref byte start);

    private delegate ref byte FieldOfObject(object start);

    /// <summary>Offset of a field from <see cref="Data"/>, or from the start of a struct.</summary>
    /// <remarks>
    /// A method that does nothing but <c>ldflda</c> is applied to memory of ours. Nothing is read or written through the result:
    /// its distance from the start is the offset.
    /// </remarks>
    public static int OffsetOf(FieldInfo field)
    {
        Type owner = field.DeclaringType!;
        Type first = owner.IsValueType ? typeof(byte).MakeByRefType() : typeof(object);
        DynamicMethod method = new("OffsetOf", typeof(byte).MakeByRefType(), [first], typeof(Raw).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Ret);
        ref byte start = ref owner.IsValueType ? ref MemoryMarshal.GetArrayDataReference(Ruler) : ref Data(Ruler);
        ref byte place = ref owner.IsValueType
            ? ref method.CreateDelegate<FieldOf>()(ref start)
            : ref method.CreateDelegate<FieldOfObject>()(Ruler);
        nint offset = Unsafe.ByteOffset(ref start, ref place);
        return offset >= 0 && offset < Ruler.Length
            ? (int)offset
            : throw new FailureException(FailureKind.Value, $"The field {field.Name} of {owner} is too far from its start to cross.");
    }

    /// <summary>Bytes that a value of a type takes in a field or an array.</summary>
    public static int SizeOf(Type type) => type.IsValueType ? Sizes.GetOrAdd(type, Measure) : IntPtr.Size;

    private static int Measure(Type type)
    {
        DynamicMethod method = new("SizeOf", typeof(int), [], typeof(Raw).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Sizeof, type);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }
}
