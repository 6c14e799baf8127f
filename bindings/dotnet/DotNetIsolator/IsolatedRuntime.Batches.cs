using System;
using System.Runtime.InteropServices;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Many calls at once.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>Makes the calls of a batch, whose columns are pinned.</summary>
    internal unsafe void InvokeBatch(
        IsolatedMethod method, IsolatedObject? instance, BatchColumn* args, int argsLength, BatchColumn results, int count)
    {
        CheckOwner(instance);
        Measured? measured = IsolatorTelemetry.BeginCall(this, "batch", method.KnownName);
        void* copies = null;
        try
        {
            nuint size = (nuint)count * sizeof(ulong);
            for (int i = 0; i < argsLength; i++)
            {
                // Results may go where arguments come from, but the native library reads and writes in its own order.
                if (Overlap((byte*)args[i].Data, (byte*)results.Data, size))
                {
                    copies = copies == null ? NativeMemory.Alloc((nuint)argsLength, size) : copies;
                    byte* copy = (byte*)copies + ((nuint)i * size);
                    NativeMemory.Copy(args[i].Data, copy, (nuint)count * SizeOf(args[i].Letter));
                    args[i] = new BatchColumn(copy, args[i].Letter);
                }
            }

            _native.InvokeBatch(method.Handle, instance?.Handle, args, argsLength, results, count);
            GC.KeepAlive(this);
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            NativeMemory.Free(copies);
            measured?.End();
        }
    }

    /// <summary>Whether memory from two places, as long as the longest numbers would take, may be in part the same.</summary>
    private static unsafe bool Overlap(byte* first, byte* second, nuint size) =>
        second != null && size != 0 && (first < second ? (nuint)(second - first) < size : (nuint)(first - second) < size);

    private static uint SizeOf(byte letter) => (char)letter switch
    {
        'z' or 'b' or 'B' => 1,
        'c' or 's' or 'S' => 2,
        'i' or 'I' or 'f' => 4,
        _ => 8,
    };
}
