using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Finds the places of which classes and structs consist. Structs inside of others become places of these.</summary>
internal sealed class FieldOps
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The metadata bit of <c>[NonSerialized]</c>.</summary>
    private const int NotSerialized = 0x80;

    /// <summary>Most places of one type.</summary>
    private const int Most = 20_000;

    private readonly List<FieldOp> _ops = [];

    /// <summary>The places so far.</summary>
    public FieldOp[] ToArray() => _ops.ToArray();

    /// <summary>Adds the fields that one class of a chain declares.</summary>
    public void AddLevel(Type level)
    {
        int first = _ops.Count;
        foreach (FieldInfo field in Fields(level))
        {
            AddField(field, 0, string.Empty, null, guarded: false);
        }

        CheckOverlap(level, first);
    }

    /// <summary>Adds some fields of a class.</summary>
    public void AddLevel(Type level, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            FieldInfo field = level.GetField(name, Declared)
                ?? throw new FailureException(FailureKind.Internal, $"This .NET's {level} has no field {name}.");
            AddField(field, 0, string.Empty, null, guarded: false);
        }
    }

    /// <summary>Adds a value.</summary>
    /// <returns>Whether it lies the same in the memory of every .NET, without gaps.</returns>
    public bool AddValue(Type type, int offset, string name, FieldInfo? outer, bool guarded)
    {
        if (_ops.Count > Most)
        {
            throw new FailureException(FailureKind.Value, $"A {type} has more than {Most} fields, counting those of its structs.");
        }

        if (type.IsEnum)
        {
            type = Enum.GetUnderlyingType(type);
        }

        (FieldCode code, int size) = Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => (FieldCode.Boolean, 1),
            TypeCode.SByte or TypeCode.Byte => (FieldCode.One, 1),
            TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Char => (FieldCode.Two, 2),
            TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Single => (FieldCode.Four, 4),
            TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Double => (FieldCode.Eight, 8),
            _ => (FieldCode.Form, 0),
        };
        if (code != FieldCode.Form)
        {
            _ops.Add(new FieldOp(code, offset, size, type, name) { Field = outer, IsGuarded = guarded, MayBeLeftOut = IsLeftOut(outer) });
            return code != FieldCode.Boolean;
        }

        if (ValueForms.Of(type) is { } form)
        {
            _ops.Add(new FieldOp(FieldCode.Form, offset, Plans.SizeOf(type), type, name) { Form = form, Field = outer, IsGuarded = guarded });
            return false;
        }

        return type.Name.EndsWith("e__FixedBuffer", StringComparison.Ordinal) ? AddBlock(type, offset, name, outer, guarded)
            : type.GetCustomAttribute<InlineArrayAttribute>() is { } inline ? AddInline(type, inline.Length, offset, name, outer, guarded)
            : AddStruct(type, offset, name, outer, guarded);
    }

    private static FieldInfo[] Fields(Type type)
    {
        FieldInfo[] fields = Array.FindAll(type.GetFields(Declared), field => !MemberList.IsCachedDelegate(field));
        Array.Sort(fields, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return fields;
    }

    private static bool IsLeftOut(FieldInfo? field) => field is not null && ((int)field.Attributes & NotSerialized) != 0;

    private static FieldOp OpOf(FieldInfo field, int start, string prefix, FieldInfo outer, bool guarded) =>
        new(FieldCode.Reference, start + Raw.OffsetOf(field), IntPtr.Size, field.FieldType, prefix + MemberList.NameOf(field.Name))
        {
            Field = outer,
            IsGuarded = guarded,
            MayBeLeftOut = IsLeftOut(outer),
            Nests = GraphRules.Nests(outer),
        };

    private bool AddField(FieldInfo field, int start, string prefix, FieldInfo? outer, bool guarded)
    {
        Type type = field.FieldType;
        outer ??= field;
        guarded |= GraphRules.Guards(field);
        string name = prefix + MemberList.NameOf(field.Name);
        bool isFramework = GraphRules.IsFramework(field.DeclaringType!);
        if (type.IsPointer || type.IsFunctionPointer || (isFramework && (type == typeof(nint) || type == typeof(nuint))))
        {
            _ops.Add(new FieldOp(FieldCode.Refused, start + Raw.OffsetOf(field), IntPtr.Size, type, name)
            {
                Field = outer,
                Reason = "it is an address in this process's memory.",
                MayBeLeftOut = IsLeftOut(outer),
            });
            return false;
        }

        if (!type.IsValueType)
        {
            _ops.Add(OpOf(field, start, prefix, outer, guarded));
            return false;
        }

        return AddValue(type, start + Raw.OffsetOf(field), name, outer, guarded);
    }

    private bool AddStruct(Type type, int offset, string name, FieldInfo? outer, bool guarded)
    {
        int first = _ops.Count;
        string prefix = name.Length == 0 ? string.Empty : name + ".";
        bool isDense = type.IsLayoutSequential || type.IsExplicitLayout;
        foreach (FieldInfo field in Fields(type))
        {
            isDense &= AddField(field, offset, prefix, outer, guarded);
        }

        if (_ops.Count == first)
        {
            _ops.Add(new FieldOp(FieldCode.Empty, offset, 0, type, name) { Field = outer });
            return false;
        }

        CheckOverlap(type, first);
        return isDense && !IsAligned(type) && IsDense(type, offset, first) && Merge(type, offset, name, outer, guarded, first);
    }

    /// <summary>Refuses references that share their place with anything: what one field checks, another would take for something else.</summary>
    private void CheckOverlap(Type type, int first)
    {
        if (!type.IsExplicitLayout)
        {
            return;
        }

        for (int i = first; i < _ops.Count; i++)
        {
            for (int j = first; j < _ops.Count; j++)
            {
                FieldOp one = _ops[i];
                FieldOp other = _ops[j];
                if (i != j && one.Code is FieldCode.Reference or FieldCode.Form && one.Offset < other.Offset + other.Size && other.Offset < one.Offset + one.Size)
                {
                    throw new FailureException(FailureKind.Value, $"A {type} cannot cross: its fields {one.Name} and {other.Name} overlap.") { TypeName = type.ToString() };
                }
            }
        }
    }

    private static bool IsAligned(Type type) =>
        type == typeof(Int128) || type == typeof(UInt128) || type.Namespace == "System.Runtime.Intrinsics";

    private bool IsDense(Type type, int offset, int first)
    {
        List<FieldOp> sorted = _ops.GetRange(first, _ops.Count - first);
        sorted.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        int end = offset;
        foreach (FieldOp op in sorted)
        {
            if (op.Offset != end || op.Code is not (FieldCode.One or FieldCode.Two or FieldCode.Four or FieldCode.Eight or FieldCode.Block))
            {
                return false;
            }

            end += op.Size;
        }

        return end - offset == Plans.SizeOf(type);
    }

    private bool Merge(Type type, int offset, string name, FieldInfo? outer, bool guarded, int first)
    {
        _ops.RemoveRange(first, _ops.Count - first);
        return AddBlock(type, offset, name, outer, guarded);
    }

    private bool AddBlock(Type type, int offset, string name, FieldInfo? outer, bool guarded)
    {
        _ops.Add(new FieldOp(FieldCode.Block, offset, Plans.SizeOf(type), type, name) { Field = outer, IsGuarded = guarded });
        return true;
    }

    private bool AddInline(Type type, int length, int offset, string name, FieldInfo? outer, bool guarded)
    {
        FieldInfo element = Fields(type)[0];
        int size = Plans.SizeOf(element.FieldType);
        int first = _ops.Count;
        bool isDense = true;
        for (int i = 0; i < length; i++)
        {
            isDense &= AddField(element, offset + (i * size), $"{name}[{i}].", outer, guarded);
        }

        return isDense && IsDense(type, offset, first) && Merge(type, offset, name, outer, guarded, first);
    }
}
