using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Reflection;
using System.Reflection.Emit;

namespace DotNetIsolator.Closures;

/// <summary>Lists the members that a method's IL names (ECMA-335, partition III).</summary>
internal static class IlReader
{
    private const byte TwoBytes = 0xfe;

    private static readonly Dictionary<short, OpCode> Codes = ReadCodes();

    /// <summary>Fields, methods and types that the method names; null if its IL cannot be read.</summary>
    public static List<MemberInfo>? MembersOf(MethodBase method)
    {
        try
        {
            return method.GetMethodBody()?.GetILAsByteArray() is { } il ? Read(method, il) : null;
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException or InvalidOperationException or TypeLoadException or System.IO.FileNotFoundException)
        {
            // What a token names may be in an assembly that is not there.
            return null;
        }
    }

    private static List<MemberInfo>? Read(MethodBase method, byte[] il)
    {
        List<MemberInfo> members = [];
        Type[]? ofType = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        int at = 0;
        while (at < il.Length)
        {
            short value = il[at++];
            if (value == TwoBytes && at < il.Length)
            {
                value = (short)((TwoBytes << 8) | il[at++]);
            }

            if (!Codes.TryGetValue(value, out OpCode code))
            {
                return null;
            }

            switch (code.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    at++;
                    break;
                case OperandType.InlineVar:
                    at += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    at += 8;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(at)));
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    if (method.Module.ResolveMember(BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(at)), ofType, ofMethod) is { } member)
                    {
                        members.Add(member);
                    }

                    at += 4;
                    break;
                default:
                    at += 4;
                    break;
            }
        }

        return members;
    }

    private static Dictionary<short, OpCode> ReadCodes()
    {
        Dictionary<short, OpCode> codes = [];
        foreach (FieldInfo field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            if (field.GetValue(null) is OpCode code)
            {
                codes[code.Value] = code;
            }
        }

        return codes;
    }
}
