using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>Copies a struct whose type is known at run time only, references by reference.</summary>
internal sealed class StructCopy
{
    private readonly int[] _references;
    private readonly int _size;

    public StructCopy(Type type)
    {
        List<int> references = [];
        Collect(type, 0, references);
        _references = references.ToArray();
        _size = Plans.SizeOf(type);
    }

    public void Copy(ref byte from, ref byte to)
    {
        int at = 0;
        foreach (int reference in _references)
        {
            Unsafe.CopyBlockUnaligned(ref Raw.At(ref to, at), ref Raw.At(ref from, at), (uint)(reference - at));
            Raw.Reference(ref Raw.At(ref to, reference)) = Raw.Reference(ref Raw.At(ref from, reference));
            at = reference + IntPtr.Size;
        }

        Unsafe.CopyBlockUnaligned(ref Raw.At(ref to, at), ref Raw.At(ref from, at), (uint)(_size - at));
    }

    private static void Collect(Type type, int start, List<int> references)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            Type fieldType = field.FieldType;
            if (!fieldType.IsValueType && !fieldType.IsPointer)
            {
                references.Add(start + Raw.OffsetOf(field));
            }
            else if (fieldType is { IsValueType: true, IsPrimitive: false, IsEnum: false })
            {
                Collect(fieldType, start + Raw.OffsetOf(field), references);
            }
        }

        references.Sort();
    }
}
