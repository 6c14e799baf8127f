using System;

namespace DotNetIsolator.Interop;

/// <content>Sequences of a guest, element by element.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>A stream of what a method gives; it is called when the first element is fetched.</summary>
    public static GuestHandle StreamOf(GuestHandle method, GuestHandle? target, ReadOnlySpan<byte> args)
    {
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        nint stream;
        fixed (byte* bytes = args)
        {
            NativeErrors.Check(NativeMethods.isolator_stream_of_call(code.Pointer, on.Pointer, new BorrowedBytes(bytes, (nuint)args.Length), &stream));
        }

        return new GuestHandle(stream);
    }

    /// <summary>A stream of what an object gives.</summary>
    public static GuestHandle StreamOf(GuestHandle source)
    {
        using NativeUse of = new(source);
        nint stream;
        NativeErrors.Check(NativeMethods.isolator_stream_of_object(of.Pointer, &stream));
        return new GuestHandle(stream);
    }

    /// <summary>Fetches an element.</summary>
    public void NextElement(GuestHandle stream, PendingCall pending)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(stream);
        nint userData = UserData.New(pending);
        ulong call;
        Started(NativeMethods.isolator_runtime_next_element_async(use.Pointer, of.Pointer, &Done, userData, &call), userData);
        pending.Number = call;
    }

    /// <summary>Ends a stream, and tells when the guest has disposed it.</summary>
    public void CloseStream(GuestHandle stream, PendingCall pending)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(stream);
        nint userData = UserData.New(pending);
        ulong call;
        Started(NativeMethods.isolator_runtime_close_stream_async(use.Pointer, of.Pointer, &Done, userData, &call), userData);
        pending.Number = call;
    }

    private static void Started(nint error, nint userData)
    {
        if (error != 0)
        {
            UserData.Free(userData);
            throw NativeErrors.Take(error);
        }
    }
}
