using System;
using System.Runtime.InteropServices;
using Isolator.Runtime.Members;

namespace Isolator.Runtime;

/// <content>Many calls of one method of numbers.</content>
internal static unsafe partial class Entry
{
    /// <summary>Words before the results: how many calls returned, and the exception that ended the batch.</summary>
    private const int BatchHead = 2;

    /// <summary>Calls a method as often as the frame's value says, with the words of the frame's bytes.</summary>
    public static void InvokeBatch(nint frame)
    {
        Frame* f = (Frame*)frame;
        ulong* area = null;
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            object? target = method.CheckTarget(f->B == 0 ? null : Handles.GetObject(f->B));
            BatchCall batch = BatchCall.For(method, target, f->B);
            ulong count = f->Value;
            batch.CheckSize(count, f->PLength);
            area = (ulong*)NativeMemory.Alloc((nuint)((BatchHead + count) * sizeof(ulong)));
            ulong* results = area + BatchHead;
            ulong returned = (ulong)(batch.Run((ulong*)f->P, results, results + count, out Exception? thrown) - results);
            area[0] = returned;
            area[1] = thrown is null ? 0 : Handles.New(thrown, HandleKind.Object);
            f->Result = (byte*)area;
            f->ResultLength = (uint)((BatchHead + (batch.IsVoid ? 0 : returned)) * sizeof(ulong));
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            NativeMemory.Free(area);
            Failures.Leave(f, e);
        }
    }
}
