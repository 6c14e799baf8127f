using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire;

/// <summary>The members of a class or struct, and the two loops over them.</summary>
/// <remarks>
/// Members are expected in the order in which they are written here; others are looked up by name, first as it is, then
/// without regard to case and underscores, so that <c>user_name</c> finds <c>UserName</c>. Unknown names are skipped.
/// </remarks>
internal sealed class ObjectShape
{
    private readonly Type _type;
    private readonly int _roomForKeys;
    private Dictionary<string, Member>? _byName;

    public ObjectShape(Type type)
    {
        _type = type;
        Members = MemberList.Of(type);
        Constructor = ObjectConstructor.For(type, Members);
        NeedsBox = !Constructor.IsPlain || Array.Exists(Members, m => m.Offset < 0);
        _roomForKeys = 5;
        foreach (Member member in Members)
        {
            // The key, 8 bytes that are written beyond it, and a scalar.
            _roomForKeys += member.Key.Length + 8 + 9;
        }
    }

    public Member[] Members { get; }

    public ObjectConstructor Constructor { get; }

    /// <summary>Whether a struct must be an object while it is read or written, for code of its own is run.</summary>
    public bool NeedsBox { get; }

    /// <summary>Writes all members.</summary>
    /// <remarks>The owner is the object, where a property's getter needs it; a box for a struct.</remarks>
    public void Write(WireWriter writer, ref byte data, object? owner)
    {
        Member[] members = Members;
        writer.Enter(_type);
        writer.Ensure(_roomForKeys);
        writer.WriteMapHeader(members.Length);
        int reserve = _roomForKeys;
        for (int i = 0; i < members.Length; i++)
        {
            Member member = members[i];
            member.Key.Put(writer);
            switch (member.Code)
            {
                case MemberCode.Plan:
                    member.Write(writer, ref data, owner);
                    writer.Ensure(reserve);
                    break;
                case MemberCode.String:
                    writer.WriteString(Unsafe.As<string?>(Raw.Reference(ref Raw.At(ref data, member.Offset))));
                    writer.Ensure(reserve);
                    break;
                default:
                    ScalarPlan.Put(member.Code, writer, ref Raw.At(ref data, member.Offset));
                    break;
            }
        }

        writer.Leave();
    }

    /// <summary>Reads members into an object that exists.</summary>
    public void Read(WireReader reader, ref byte data, object? owner)
    {
        Member[] members = Members;
        int count = reader.ReadMapHeader();
        reader.Enter();
        int next = 0;
        for (; count > 0; count--)
        {
            Member? member = next < members.Length && members[next].Key.TryTake(reader) ? members[next++] : Find(reader, ref next);
            if (member is null)
            {
                reader.Skip();
                continue;
            }

            if (member.Code == MemberCode.Plan)
            {
                Read(member, reader, ref data, owner);
                continue;
            }

            ref byte slot = ref Raw.At(ref data, member.Offset);
            if (member.Code == MemberCode.String)
            {
                Raw.Reference(ref slot) = reader.ReadString();
            }
            else
            {
                ScalarPlan.Read(member.Code, reader, ref slot);
            }
        }

        reader.Leave();
    }

    /// <summary>Reads members as objects, for a constructor that is still to be run.</summary>
    public object?[] ReadValues(WireReader reader, bool[] present)
    {
        object?[] values = new object?[Members.Length];
        int count = reader.ReadMapHeader();
        reader.Enter();
        int next = 0;
        for (; count > 0; count--)
        {
            Member? member = next < Members.Length && Members[next].Key.TryTake(reader) ? Members[next++] : Find(reader, ref next);
            if (member is null)
            {
                reader.Skip();
                continue;
            }

            int index = Array.IndexOf(Members, member);
            values[index] = member.Plan.ReadBoxed(reader);
            present[index] = true;
        }

        reader.Leave();
        return values;
    }

    private static void Read(Member member, WireReader reader, ref byte data, object? owner)
    {
        try
        {
            member.Read(reader, ref data, owner);
        }
        catch (FailureException e) when (e.Member is null && e.Kind == FailureKind.Value)
        {
            throw new FailureException(e.Kind, $"{e.Message} (in member {member.Name})") { Member = member.Name };
        }
    }

    private Member? Find(WireReader reader, ref int next)
    {
        // The name may come in another order...
        for (int i = 0; i < Members.Length; i++)
        {
            if (Members[i].Key.TryTake(reader))
            {
                next = i + 1;
                return Members[i];
            }
        }

        // ...or in another form.
        byte code = reader.Peek();
        if ((code & 0xe0) != Codes.FixStr && code is not (Codes.Str8 or Codes.Str16 or Codes.Str32))
        {
            throw reader.Unexpected($"the name of a member of {_type}");
        }

        string name = reader.ReadString()!;
        if (_byName is null)
        {
            Dictionary<string, Member> byName = new(StringComparer.Ordinal);
            foreach (Member each in Members)
            {
                byName.TryAdd(Normalized(each.Name), each);
            }

            foreach (Member each in Members)
            {
                byName[each.Name] = each;
            }

            // Complete before it is seen: on the host, plans are used by several threads.
            _byName = byName;
        }

        return _byName.TryGetValue(name, out Member? member) || _byName.TryGetValue(Normalized(name), out member) ? member : null;
    }

    private static string Normalized(string name) =>
        name.Replace("_", string.Empty, StringComparison.Ordinal).ToUpperInvariant();
}

/// <summary>A class whose members cross.</summary>
internal sealed class ClassPlan(Type type) : ReferencePlan(type)
{
    private ObjectShape? _shape;

    private ObjectShape Shape => _shape ??= new ObjectShape(Type);

    public override object? ReadObject(WireReader reader)
    {
        ObjectShape shape = Shape;
        byte code = reader.Peek();
        if ((code & 0xf0) != Codes.FixMap && code is not (Codes.Map16 or Codes.Map32))
        {
            throw reader.Unexpected($"a map of the members of {Type}");
        }

        if (shape.Constructor.TakesMembers)
        {
            return shape.Constructor.Run(shape, reader);
        }

        object created = shape.Constructor.Create();
        shape.Read(reader, ref Raw.Data(created), created);
        return created;
    }

    public override void WriteObject(WireWriter writer, object value) => Shape.Write(writer, ref Raw.Data(value), value);
}

/// <summary>A struct whose members cross.</summary>
internal sealed class StructPlan(Type type) : ValuePlan(type)
{
    private ObjectShape? _shape;
    private StructCopy? _copy;

    private ObjectShape Shape => _shape ??= new ObjectShape(Type);

    public override void Read(WireReader reader, ref byte slot)
    {
        ObjectShape shape = Shape;
        if (shape.NeedsBox)
        {
            (_copy ??= new StructCopy(Type)).Copy(ref Raw.Data(ReadBoxed(reader)!), ref slot);
        }
        else
        {
            shape.Read(reader, ref slot, null);
        }
    }

    public override object? ReadBoxed(WireReader reader)
    {
        ObjectShape shape = Shape;
        if (!shape.NeedsBox || IsHandle(reader))
        {
            return base.ReadBoxed(reader);
        }

        // Any other extension value is refused below, as whatever is no map: were it given to the base, that would ask Read, and
        // Read this, without an end.

        if (shape.Constructor.TakesMembers)
        {
            return shape.Constructor.Run(shape, reader);
        }

        object created = shape.Constructor.Create();
        shape.Read(reader, ref Raw.Data(created), created);
        return created;
    }

    public override void Write(WireWriter writer, ref byte slot)
    {
        ObjectShape shape = Shape;
        if (shape.NeedsBox)
        {
            object box = RuntimeHelpers.GetUninitializedObject(Type);
            (_copy ??= new StructCopy(Type)).Copy(ref slot, ref Raw.Data(box));
            shape.Write(writer, ref Raw.Data(box), box);
        }
        else
        {
            shape.Write(writer, ref slot, null);
        }
    }
}
