using System;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime;

/// <content>Calls of methods that take and give numbers only.</content>
internal static unsafe partial class Entry
{
    /// <summary>Calls a method with words for arguments.</summary>
    /// <remarks>
    /// The interpreter passes each argument in a slot of 64 bits, whatever its type, and a callee reads as many of the slot's
    /// low bytes as its parameter has. So one function pointer type for each number of arguments stands for all methods
    /// of numbers. Nowhere but in the interpreter would that hold; C calls this there only, and only for methods that
    /// <see cref="Members.MethodTarget.ScalarFunction"/> gave out.
    /// </remarks>
    public static void CallScalar(nint frame)
    {
        ScalarFrame* f = (ScalarFrame*)frame;
        try
        {
            f->Result = f->Self == 0
                ? CallWords(f->Function, f->Arguments, f->Count)
                : CallWords(f->Function, Unsafe.AsRef<object>((void*)f->Self), f->Arguments, f->Count);
        }
        catch (Exception e)
        {
            f->Exception = Handles.New(e, HandleKind.Object);
        }
    }

    private static ulong CallWords(nint f, ulong* a, int count) => count switch
    {
        0 => ((delegate*<ulong>)f)(),
        1 => ((delegate*<ulong, ulong>)f)(a[0]),
        2 => ((delegate*<ulong, ulong, ulong>)f)(a[0], a[1]),
        3 => ((delegate*<ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2]),
        4 => ((delegate*<ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3]),
        5 => ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4]),
        6 => ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5]),
        7 => ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6]),
        _ => ((delegate*<ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]),
    };

    private static ulong CallWords(nint f, object self, ulong* a, int count) => count switch
    {
        0 => ((delegate*<object, ulong>)f)(self),
        1 => ((delegate*<object, ulong, ulong>)f)(self, a[0]),
        2 => ((delegate*<object, ulong, ulong, ulong>)f)(self, a[0], a[1]),
        3 => ((delegate*<object, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2]),
        4 => ((delegate*<object, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3]),
        5 => ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4]),
        6 => ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5]),
        7 => ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5], a[6]),
        _ => ((delegate*<object, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong, ulong>)f)(self, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]),
    };
}
