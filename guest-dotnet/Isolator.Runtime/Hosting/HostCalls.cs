using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>A call to the host that failed; the public package turns it into its own exception.</summary>
internal sealed class HostCallFailedException(string message) : Exception(message);

/// <summary>Calls from guest code to the host.</summary>
internal static unsafe class HostCalls
{
    private static readonly Dictionary<ulong, TaskCompletionSource<byte[]>> Pending = [];
    private static ulong s_lastId;

    /// <summary>Calls that the host was asked to start and has yet to complete.</summary>
    public static int PendingCount => Pending.Count;

    /// <summary>Calls a callback with arguments and reads its result into a place.</summary>
    public static void Call(string name, object?[] args, TypePlan type, ref byte result)
    {
        WireWriter writer = WireWriter.Rent();
        byte* bytes = null;
        int length = 0;
        try
        {
            WriteArguments(writer, args);
            bytes = Send(name, writer.Start, writer.Length, out length);
            WireReader reader = new(bytes, length);
            type.Read(reader, ref result);
            reader.ExpectEnd();
        }
        catch (FailureException e)
        {
            throw Convert(name, e);
        }
        finally
        {
            Bridge.Current.Free(bytes);
            WireWriter.Return(writer);
        }
    }

    /// <summary>Calls a callback with arguments and drops its result.</summary>
    public static void Call(string name, object?[] args)
    {
        WireWriter writer = WireWriter.Rent();
        try
        {
            WriteArguments(writer, args);
            Bridge.Current.Free(Send(name, writer.Start, writer.Length, out _));
        }
        catch (FailureException e)
        {
            throw Convert(name, e);
        }
        finally
        {
            WireWriter.Return(writer);
        }
    }

    /// <summary>Calls a callback with bytes.</summary>
    public static byte[] CallRaw(string name, ReadOnlySpan<byte> args)
    {
        fixed (byte* p = args)
        {
            byte* bytes = Send(name, p, args.Length, out int length);
            try
            {
                return new ReadOnlySpan<byte>(bytes, length).ToArray();
            }
            finally
            {
                Bridge.Current.Free(bytes);
            }
        }
    }

    /// <summary>Starts a callback; the task's result is the bytes of its result.</summary>
    public static Task<byte[]> StartAsync(string name, object?[] args, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<byte[]>(cancellation);
        }

        ulong id = ++s_lastId;
        TaskCompletionSource<byte[]> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pending.Add(id, source);
        WireWriter writer = new();
        try
        {
            WriteArguments(writer, args);
            Start(id, name, writer);
        }
        catch (Exception e)
        {
            Pending.Remove(id);
            return Task.FromException<byte[]>(e is FailureException failure ? Convert(name, failure) : e);
        }
        finally
        {
            writer.Free();
        }

        if (cancellation.CanBeCanceled)
        {
            CancellationTokenRegistration registration = cancellation.Register(() => Cancel(id, cancellation));
            _ = source.Task.ContinueWith(
                _ => registration.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return source.Task;
    }

    /// <summary>Finishes a call that <see cref="StartAsync"/> began. An unknown id is one that was cancelled.</summary>
    public static void Complete(ulong id, bool failed, byte* payload, int length)
    {
        if (!Pending.Remove(id, out TaskCompletionSource<byte[]>? source))
        {
            return;
        }

        if (failed)
        {
            source.TrySetException(new HostCallFailedException(Failures.Read(new WireReader(payload, length)).Message));
        }
        else
        {
            source.TrySetResult(new ReadOnlySpan<byte>(payload, length).ToArray());
        }
    }

    /// <summary>Reads a result that came as bytes.</summary>
    public static void ReadResult(string name, byte[] bytes, TypePlan type, ref byte result)
    {
        fixed (byte* p = bytes)
        {
            try
            {
                WireReader reader = new(p, bytes.Length);
                type.Read(reader, ref result);
                reader.ExpectEnd();
            }
            catch (FailureException e)
            {
                throw Convert(name, e);
            }
        }
    }

    private static void WriteArguments(WireWriter writer, object?[] args)
    {
        writer.WriteArrayHeader(args.Length);
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case null:
                    writer.WriteNil();
                    break;
                case int number:
                    writer.WriteInt64(number);
                    break;
                case string text:
                    writer.WriteString(text);
                    break;
                case { } value:
                    Plans.For(value.GetType()).WriteBoxed(writer, value);
                    break;
            }
        }
    }

    [SkipLocalsInit]
    private static byte* Send(string name, byte* args, int argsLength, out int length)
    {
        ArgumentNullException.ThrowIfNull(name);
        int capacity = name.Length * 3;
        Span<byte> nameBytes = capacity <= 384 ? stackalloc byte[384] : new byte[capacity];
        byte* bytes = null;
        int taken = 0;
        int code;
        fixed (byte* n = nameBytes)
        {
            code = Bridge.Current.HostCall(n, Utf8.Encode(name, n, capacity), args, argsLength, &bytes, &taken);
        }

        if (code != 0)
        {
            throw Take(bytes, taken);
        }

        length = taken;
        return bytes;
    }

    private static void Start(ulong id, string name, WireWriter args)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[] nameBytes = System.Text.Encoding.UTF8.GetBytes(name);
        byte* bytes = null;
        int length = 0;
        fixed (byte* n = nameBytes)
        {
            if (Bridge.Current.HostStartCall(id, n, nameBytes.Length, args.Start, args.Length, &bytes, &length) != 0)
            {
                throw Take(bytes, length);
            }
        }
    }

    private static HostCallFailedException Take(byte* bytes, int length)
    {
        string message = Failures.Read(new WireReader(bytes, length)).Message;
        Bridge.Current.Free(bytes);
        return new HostCallFailedException(message);
    }

    private static void Cancel(ulong id, CancellationToken cancellation)
    {
        if (Pending.Remove(id, out TaskCompletionSource<byte[]>? source))
        {
            Bridge.Current.HostCancelCall(id);
            source.TrySetCanceled(cancellation);
        }
    }

    private static HostCallFailedException Convert(string name, FailureException failure) =>
        new($"The call of the host's '{name}' failed: {failure.Message}");
}
