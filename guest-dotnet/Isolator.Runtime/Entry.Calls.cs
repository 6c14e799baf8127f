using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Members;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime;

/// <content>Calls, tasks and streams.</content>
internal static unsafe partial class Entry
{
    /// <summary>Calls a method; the result is its value.</summary>
    public static void Invoke(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            if (method.IsAsync)
            {
                throw method.AsyncFailure();
            }

            object? target = f->B == 0 ? null : Handles.GetObject(f->B);
            object? result = method.Invoke(target, new WireReader(f->P, (int)f->PLength), CancellationToken.None);
            method.WriteResult(writer, result);
            Give(f, writer);
        }
        catch (Exception e)
        {
            writer.Free();
            Failures.Leave(f, e);
        }
    }

    /// <summary>Calls a method with bytes.</summary>
    public static void InvokeRaw(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            object? target = f->B == 0 ? null : Handles.GetObject(f->B);
            ReadOnlySpan<byte> result = method.InvokeRaw(target, new ReadOnlySpan<byte>(f->P, (int)f->PLength));
            byte* bytes = (byte*)NativeMemory.Alloc((nuint)Math.Max(result.Length, 1));
            result.CopyTo(new Span<byte>(bytes, result.Length));
            f->Result = bytes;
            f->ResultLength = (uint)result.Length;
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Calls a method; the result stays here.</summary>
    public static void InvokeHandle(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            object? target = f->B == 0 ? null : Handles.GetObject(f->B);
            object? result = method.Invoke(target, new WireReader(f->P, (int)f->PLength), CancellationToken.None);
            f->Value = result is null ? 0 : Handles.New(result, HandleKind.Object);
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>The scalar signature of a method, which C is told, too.</summary>
    public static void ScalarSignature(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            if (method.ScalarSignature() is not { } signature)
            {
                f->Code = FrameCode.None;
                return;
            }

            byte* letters = stackalloc byte[16];
            for (int i = 0; i < signature.Length; i++)
            {
                letters[i] = (byte)signature[i];
            }

            letters[signature.Length] = 0;
            Bridge.Current.SetScalar(f->A, method.Method.MethodHandle.Value, method.ScalarFunction(), letters);
            int skipped = method.IsStatic ? 0 : 1;
            int length = signature.Length - skipped;
            byte* bytes = (byte*)NativeMemory.Alloc((nuint)length);
            Buffer.MemoryCopy(letters + skipped, bytes, length, length);
            f->Result = bytes;
            f->ResultLength = (uint)length;
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>The failure for a thrown exception. The result is it, whatever happens.</summary>
    public static void DescribeException(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            object thrown = Handles.GetObject(f->A);
            Failures.Leave(f, thrown as Exception
                ?? new FailureException(FailureKind.BadHandle, $"The handle names a {thrown.GetType()}, not an exception."));
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }

        f->Code = FrameCode.Ok;
    }

    /// <summary>Calls a method that may return a task.</summary>
    public static void InvokeAsync(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            MethodTarget method = Handles.Get<MethodTarget>(f->A, HandleKind.Method);
            object? target = f->B == 0 ? null : Handles.GetObject(f->B);
            Give(f, TaskState.Start(method, target, new WireReader(f->P, (int)f->PLength)), HandleKind.Task);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>The outcome of a task.</summary>
    public static void PollTask(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        try
        {
            if (Handles.Get<TaskState>(f->A, HandleKind.Task).TryWrite(writer))
            {
                Give(f, writer);
            }
            else
            {
                f->Code = FrameCode.None;
            }
        }
        catch (Exception e)
        {
            writer.Free();
            Failures.Leave(f, e);
        }
    }

    /// <summary>Cancels a task, or ends a stream. An invalid handle is ignored, and so is an exception of a cancellation callback.</summary>
    public static void CancelTask(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            if (Handles.GetAny(f->A) is StreamState stream)
            {
                stream.Close();
            }
            else
            {
                Handles.Get<TaskState>(f->A, HandleKind.Task).Cancel();
            }
        }
        catch (Exception e)
        {
            Log.Warning("tasks", $"Cancelling a task failed: {e.GetType()}: {e.Message}");
        }

        f->Code = FrameCode.Ok;
    }

    /// <summary>Opens a stream.</summary>
    public static void OpenStream(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Give(f, new StreamState(Handles.GetObject(f->A)), HandleKind.Enumerator);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Starts fetching an element.</summary>
    public static void NextElement(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Give(f, Handles.Get<StreamState>(f->A, HandleKind.Enumerator).Next(), HandleKind.Task);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Runs a program.</summary>
    public static void RunMain(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Assembly assembly = Handles.Get<Assembly>(f->A, HandleKind.Assembly);
            string[] args = (string[]?)ReadWhole(f->P, f->PLength, typeof(string[])) ?? [];
            Give(f, MainRunner.Start(assembly, args), HandleKind.Task);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Finishes a call to the host.</summary>
    public static void CompleteCall(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            HostCalls.Complete(f->A, f->B != 0, f->P, (int)f->PLength);
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }
}
