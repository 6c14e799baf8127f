using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Isolator.Runtime.Hosting;

/// <summary>An instruction of IL: where it is, what it does, and its operand (a token; of a branch, where it leads).</summary>
internal readonly record struct Instruction(int At, int Code, int Operand)
{
    private const int Prefix = 0xFE;

    /// <summary>Bytes of operand after each opcode (ECMA-335, partition III); <c>s</c> for a switch, which has a table.</summary>
    private const string OneByte =
        "0000000000000011111100000000000148480004440111111111111144444444" + "44444s0000000000000000000000000000000000000000044444440004044444"
        + "4400000000004404000000000000000000044400000000000000000000000000" + "0040004000000000400000000000041000000000000000000000000000000000";

    /// <summary>The same after the prefix.</summary>
    private const string TwoBytes = "00000044022222200010044000004000";

    /// <summary>call, callvirt, newobj.</summary>
    public bool IsCall => Code is 0x28 or 0x6F or 0x73;

    /// <summary>ldfld, ldsfld.</summary>
    public bool IsFieldLoad => Code is 0x7B or 0x7E;

    /// <summary>What a condition over locals, arguments, constants and fields consists of, but for calls.</summary>
    public bool IsSimple =>
        Code is <= 0x20 or 0x5F or 0x60 or 0x7B or 0x7C or 0x7E or 0x7F or (Prefix << 8 | 0x01) or (Prefix << 8 | 0x13)
            or (>= (Prefix << 8 | 0x09) and <= (Prefix << 8 | 0x0E));

    /// <summary>br to blt.un, short and long. Not leave: what it leaves is no loop.</summary>
    public bool IsBranch => Code is >= 0x2B and <= 0x44;

    /// <summary>br.</summary>
    public bool IsUnconditional => Code is 0x2B or 0x38;

    /// <summary>Branches that compare in size, and clt and cgt. Whether two values are the same says whether a flag is set.</summary>
    public bool Compares =>
        Code is (>= 0x2F and <= 0x32) or (>= 0x34 and <= 0x37) or (>= 0x3C and <= 0x3F) or (>= 0x41 and <= 0x44)
            or (Prefix << 8 | 0x02) or (Prefix << 8 | 0x03) or (Prefix << 8 | 0x04) or (Prefix << 8 | 0x05);

    /// <summary>All instructions of a body.</summary>
    public static IEnumerable<Instruction> All(byte[] il)
    {
        int at = 0;
        while (at < il.Length)
        {
            int start = at;
            int code = il[at++];
            char kind;
            if (code == Prefix && at < il.Length)
            {
                int second = il[at++];
                code = Prefix << 8 | second;
                kind = second < TwoBytes.Length ? TwoBytes[second] : '0';
            }
            else
            {
                kind = OneByte[code];
            }

            int size = kind == 's' ? 4 + (4 * Word(il, at)) : kind - '0';
            int operand = size switch
            {
                1 when at < il.Length => (sbyte)il[at],
                4 => Word(il, at),
                _ => 0,
            };
            at += size;
            Instruction found = new(start, code, operand);
            yield return found.IsBranch ? found with { Operand = at + operand } : found;
        }
    }

    private static int Word(byte[] il, int at) => at + 4 <= il.Length ? BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(at)) : 0;
}
