using System;

namespace DotNetIsolator.Interop;

/// <content>Assemblies, fields, programs, bytes, and the limits of calls.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Limits each call that begins from now on.</summary>
    public void SetCallLimits(ulong timeout, ulong fuel)
    {
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_set_call_limits(use.Pointer, timeout, fuel));
    }

    public GuestHandle LoadAssembly(string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint loaded;
        NativeErrors.Check(NativeMethods.isolator_runtime_load_assembly(use.Pointer, texts.Add(name), &loaded));
        return new GuestHandle(loaded);
    }

    public GuestHandle LoadImage(ReadOnlySpan<byte> image, ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> compiled = default)
    {
        using NativeUse use = new(this);
        nint loaded;
        fixed (byte* first = image, second = symbols, third = compiled)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_load_compiled_image(
                use.Pointer,
                new BorrowedBytes(first, (nuint)image.Length),
                new BorrowedBytes(second, (nuint)symbols.Length),
                new BorrowedBytes(third, (nuint)compiled.Length),
                &loaded));
        }

        return new GuestHandle(loaded);
    }

    public GuestHandle FindTypeIn(GuestHandle assembly, string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(assembly);
        nint found;
        NativeErrors.Check(NativeMethods.isolator_runtime_find_type_in(use.Pointer, of.Pointer, texts.Add(name), &found));
        return new GuestHandle(found);
    }

    public NativeBytes Inspect(GuestHandle subject)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(subject);
        NativeBytes bytes;
        NativeErrors.Check(NativeMethods.isolator_runtime_inspect(use.Pointer, of.Pointer, &bytes));
        return bytes;
    }

    public NativeBytes GetField(GuestHandle type, GuestHandle? target, string name)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(type);
        using NativeUse on = new(target);
        NativeBytes value;
        NativeErrors.Check(NativeMethods.isolator_runtime_get_field(use.Pointer, of.Pointer, on.Pointer, texts.Add(name), &value));
        return value;
    }

    public void SetField(GuestHandle type, GuestHandle? target, string name, ArgumentWriter value)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(type);
        using NativeUse on = new(target);
        NativeErrors.Check(NativeMethods.isolator_runtime_set_field(use.Pointer, of.Pointer, on.Pointer, texts.Add(name), BytesOf(value)));
    }

    public byte[] InvokeRaw(GuestHandle method, GuestHandle? target, ReadOnlySpan<byte> bytes)
    {
        NativeBytes result;
        using NativeUse use = new(this);
        using NativeUse code = new(method);
        using NativeUse on = new(target);
        fixed (byte* first = bytes)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_invoke_raw(
                use.Pointer, code.Pointer, on.Pointer, new BorrowedBytes(first, (nuint)bytes.Length), &result));
        }

        try
        {
            return result.Span.ToArray();
        }
        finally
        {
            result.Dispose();
        }
    }

    public int RunMain(GuestHandle assembly, string[] args)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(assembly);
        int exitCode;
        NativeErrors.Check(NativeMethods.isolator_runtime_run_main(use.Pointer, of.Pointer, texts.Add(args), (nuint)args.Length, &exitCode));
        return exitCode;
    }

    /// <summary>Starts a program whose exit code comes when it ends.</summary>
    public void RunMainAsync(GuestHandle assembly, string[] args, PendingCall pending)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        using NativeUse of = new(assembly);
        nint userData = UserData.New(pending);
        ulong call;
        nint error = NativeMethods.isolator_runtime_run_main_async(
            use.Pointer, of.Pointer, texts.Add(args), (nuint)args.Length, &Done, userData, &call);
        if (error != 0)
        {
            UserData.Free(userData);
            throw NativeErrors.Take(error);
        }

        pending.Number = call;
    }
}
