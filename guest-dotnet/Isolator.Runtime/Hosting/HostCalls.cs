using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Hosting;

/// <summary>A call to the host that failed; the public package turns it into its own exception.</summary>
internal sealed class HostCallFailedException(string kind, string message, long number) : Exception(message)
{
    /// <summary>The number under which the host logged it; 0: none.</summary>
    public long Number { get; } = number;

    /// <summary>One of <see cref="FailureKind"/>.</summary>
    public string Kind { get; } = kind;
}

/// <summary>Calls from guest code to the host.</summary>
/// <remarks>
/// A synchronous call is <see cref="Begin"/>, one <c>Write</c> for each argument, and <see cref="End(string, WireWriter)"/> or one of its kind,
/// which gives the writer back whatever happens.
/// </remarks>
internal static unsafe class HostCalls
{
    private static readonly Dictionary<ulong, TaskCompletionSource<byte[]>> Pending = [];
    private static ulong s_lastId;

    /// <summary>Calls that the host was asked to start and has yet to complete.</summary>
    public static int PendingCount => Pending.Count;

    /// <summary>Begins a call with so many arguments.</summary>
    public static WireWriter Begin(int count)
    {
        WireWriter writer = WireWriter.Rent();
        writer.WriteArrayHeader(count);
        return writer;
    }

    /// <summary>Makes the call and reads its result into a place.</summary>
    public static void End(string name, WireWriter writer, TypePlan type, ref byte result)
    {
        byte* bytes = null;
        int length = 0;
        try
        {
            writer.FinishGraph();
            bytes = Send(name, writer.Start, writer.Length, out length);
            WireReader reader = new(bytes, length);
            Values.Read(reader, type, ref result);
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

    /// <summary>Makes the call and reads its result, whose type is known at run time only.</summary>
    public static object? EndBoxed(string name, WireWriter writer, TypePlan type)
    {
        byte* bytes = null;
        int length = 0;
        try
        {
            bytes = Send(name, writer.Start, writer.Length, out length);
            WireReader reader = new(bytes, length);
            object? result = Values.ReadBoxed(reader, type);
            reader.ExpectEnd();
            return result;
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

    /// <summary>Makes a whole call from an integer to an integer, in as few steps of the interpreter as there can be.</summary>
    [SkipLocalsInit]
    public static int CallInt32(string name, int arg)
    {
        byte* args = stackalloc byte[8];
        int argsLength = 2;
        args[0] = Codes.FixArray | 1;
        args[1] = (byte)arg;
        if ((uint)arg > 127)
        {
            args[1] = Codes.Int32;
            Unsafe.WriteUnaligned(args + 2, BinaryPrimitives.ReverseEndianness(arg));
            argsLength = 6;
        }

        byte* bytes = null;
        int length = 0;
        byte* encoded = HostNames.Encode(name, out int nameLength);
        Bridge bridge = Bridge.Current;
        if (bridge.HostCall(encoded, nameLength, args, argsLength, &bytes, &length) != 0)
        {
            throw Take(bytes, length);
        }

        int result = length == 1 ? (sbyte)*bytes : int.MinValue;
        if (result < -32)
        {
            result = ReadInt32(name, bytes, length);
        }

        bridge.Free(bytes);
        return result;
    }

    /// <summary>Reads an integer that is not of the shortest form. The bytes are freed if it is none.</summary>
    private static int ReadInt32(string name, byte* bytes, int length)
    {
        if (length == 5 && *bytes is Codes.UInt32 or Codes.Int32)
        {
            int number = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<int>(bytes + 1));
            if (number >= 0 || *bytes == Codes.Int32)
            {
                return number;
            }
        }

        try
        {
            WireReader reader = new(bytes, length);
            int result = reader.ReadInt32();
            reader.ExpectEnd();
            return result;
        }
        catch (FailureException e)
        {
            Bridge.Current.Free(bytes);
            throw Convert(name, e);
        }
    }

    /// <summary>Makes the call and drops its result.</summary>
    public static void End(string name, WireWriter writer)
    {
        try
        {
            writer.FinishGraph();
            Bridge.Current.Free(Send(name, writer.Start, writer.Length, out _));
        }
        finally
        {
            WireWriter.Return(writer);
        }
    }

    /// <summary>Writes all arguments of a call.</summary>
    public static WireWriter Begin(string name, object?[] args)
    {
        WireWriter writer = Begin(args.Length);
        for (int i = 0; i < args.Length; i++)
        {
            Write(name, writer, args[i], args.Length == 1);
        }

        return writer;
    }

    /// <summary>Writes an argument. If that fails, the call is over.</summary>
    public static void Write(string name, WireWriter writer, object? value, bool alone)
    {
        try
        {
            Write(writer, value, alone);
        }
        catch (Exception e)
        {
            WireWriter.Return(writer);
            if (e is FailureException failure)
            {
                throw Convert(name, failure);
            }

            throw;
        }
    }

    /// <summary>Calls a callback with bytes.</summary>
    public static byte[] CallRaw(string name, ReadOnlySpan<byte> args)
    {
        if (Values.AreGraphs)
        {
            // Bytes may look like anything, so they say that they are no values.
            byte[] marked = new byte[args.Length + 1];
            marked[0] = Codes.RawCall;
            args.CopyTo(marked.AsSpan(1));
            args = marked;
        }

        fixed (byte* p = args)
        {
            return CallBytes(name, p, args.Length);
        }
    }

    /// <summary>Calls a callback with what was written.</summary>
    public static byte[] CallBytes(string name, WireWriter args) => CallBytes(name, args.Start, args.Length);

    private static byte[] CallBytes(string name, byte* args, int argsLength)
    {
        byte* bytes = Send(name, args, argsLength, out int length);
        try
        {
            return new ReadOnlySpan<byte>(bytes, length).ToArray();
        }
        finally
        {
            Bridge.Current.Free(bytes);
        }
    }

    /// <summary>Starts a callback; the task's result is the bytes of its result.</summary>
    public static Task<byte[]> StartAsync(string name, object?[] args, CancellationToken cancellation)
    {
        WireWriter writer = new();
        try
        {
            writer.WriteArrayHeader(args.Length);
            foreach (object? arg in args)
            {
                Write(writer, arg, args.Length == 1);
            }

            writer.FinishGraph();
            return StartBytesAsync(name, writer, cancellation);
        }
        catch (Exception e)
        {
            return Task.FromException<byte[]>(e is FailureException failure ? Convert(name, failure) : e);
        }
        finally
        {
            writer.Free();
        }
    }

    /// <summary>Starts a callback with what was written.</summary>
    public static Task<byte[]> StartBytesAsync(string name, WireWriter args, CancellationToken cancellation)
    {
        Task<byte[]> started = StartBytesAsync(name, args, cancellation, out CancellationTokenRegistration registration);
        if (cancellation.CanBeCanceled && !started.IsCompleted)
        {
            _ = started.ContinueWith(
                _ => registration.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return started;
    }

    /// <summary>Starts a callback with what was written, for a caller who waits for it, and then disposes of what the token has of it.</summary>
    public static Task<byte[]> StartBytesAsync(string name, WireWriter args, CancellationToken cancellation, out CancellationTokenRegistration registration)
    {
        registration = default;
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<byte[]>(cancellation);
        }

        ulong id = ++s_lastId;
        TaskCompletionSource<byte[]> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pending.Add(id, source);
        try
        {
            Start(id, name, args);
        }
        catch (Exception e)
        {
            Pending.Remove(id);
            return Task.FromException<byte[]>(e);
        }

        if (cancellation.CanBeCanceled)
        {
            registration = cancellation.Register(() => Cancel(id, cancellation));
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
            (string kind, string message, long number) = Failures.Read(new WireReader(payload, length));
            source.TrySetException(Failed(kind, message, number));
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
                Values.Read(reader, type, ref result);
                reader.ExpectEnd();
            }
            catch (FailureException e)
            {
                throw Convert(name, e);
            }
        }
    }

    private static void Write(WireWriter writer, object? value, bool alone)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case int number:
                writer.WriteInt64(number);
                break;
            default:
                Values.WriteUndeclared(writer, value, alone);
                break;
        }
    }

    private static byte* Send(string name, byte* args, int argsLength, out int length)
    {
        byte* bytes = null;
        int taken = 0;
        byte* encoded = HostNames.Encode(name, out int nameLength);
        if (Bridge.Current.HostCall(encoded, nameLength, args, argsLength, &bytes, &taken) != 0)
        {
            throw Take(bytes, taken);
        }

        length = taken;
        return bytes;
    }

    private static void Start(ulong id, string name, WireWriter args)
    {
        byte* bytes = null;
        int length = 0;
        byte* encoded = HostNames.Encode(name, out int nameLength);
        if (Bridge.Current.HostStartCall(id, encoded, nameLength, args.Start, args.Length, &bytes, &length) != 0)
        {
            throw Take(bytes, length);
        }
    }

    private static HostCallFailedException Take(byte* bytes, int length)
    {
        (string kind, string message, long number) = Failures.Read(new WireReader(bytes, length));
        Bridge.Current.Free(bytes);
        return Failed(kind, message, number);
    }

    private static void Cancel(ulong id, CancellationToken cancellation)
    {
        if (Pending.Remove(id, out TaskCompletionSource<byte[]>? source))
        {
            Bridge.Current.HostCancelCall(id);
            source.TrySetCanceled(cancellation);
        }
    }

    /// <summary>What guest code sees of a failure that the host reports.</summary>
    private static HostCallFailedException Failed(string kind, string message, long number) => new(kind, $"Call to host failed: {message}", number);

    private static HostCallFailedException Convert(string name, FailureException failure) =>
        new(FailureKind.Host, $"The call of the host's '{name}' failed: {failure.Message}", 0);
}
