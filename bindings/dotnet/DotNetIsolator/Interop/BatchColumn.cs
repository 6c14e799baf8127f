using System;
using System.Runtime.InteropServices;

namespace DotNetIsolator.Interop;

/// <summary><c>isolator_column</c> and <c>isolator_result_column</c>: numbers of a batch, and their type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe readonly struct BatchColumn
{
    public readonly void* Data;
    public readonly byte Letter;

    public BatchColumn(void* data, byte letter)
    {
        Data = data;
        Letter = letter;
    }

    /// <summary>For the results of a method that gives none.</summary>
    public static BatchColumn None => new(null, (byte)'v');

    /// <summary>The column of a pinned span.</summary>
    /// <exception cref="ArgumentException">A batch has no such type.</exception>
    public static BatchColumn Of<T>(T* start, string name)
        where T : unmanaged => Scalar<T>.Letter != 0
        ? new(start, Scalar<T>.Letter)
        : throw new ArgumentException(
            $"A batch has spans of numbers, bool and char, and none of {typeof(T)}: pass an enum as its number, and call a method with other types once for each element.",
            name);
}

/// <content>Batches.</content>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    public static partial nint isolator_runtime_invoke_batch(
        nint runtime, nint method, nint target, BatchColumn* args, nuint argsLength, BatchColumn results, nuint count, nuint* done);
}

/// <content>Batches.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Makes the calls of a batch. The results overlap no arguments.</summary>
    public void InvokeBatch(GuestHandle method, GuestHandle? target, BatchColumn* args, int argsLength, BatchColumn results, int count)
    {
        nuint done;
        nint error;
        using (NativeUse use = new(this))
        {
            using NativeUse code = new(method);
            using NativeUse on = new(target);
            error = NativeMethods.isolator_runtime_invoke_batch(
                use.Pointer, code.Pointer, on.Pointer, args, (nuint)argsLength, results, (nuint)count, &done);
        }

        if (error == 0)
        {
            return;
        }

        Exception failure = NativeErrors.Take(error);
        throw failure is IsolatedException { Kind: IsolatedErrorKind.GuestException } thrown
            ? new IsolatedException($"Element {done} of the batch: {thrown.Message}")
            {
                Kind = thrown.Kind,
                GuestException = thrown.GuestException,
                BatchElement = checked((int)done),
            }
            : failure;
    }
}
