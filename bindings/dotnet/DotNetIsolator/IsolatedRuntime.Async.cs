using System;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Calls that end later. While guest code waits, no thread is held.</content>
public sealed partial class IsolatedRuntime
{
    internal async Task<T> StartAsync<T>(IsolatedMethod method, IsolatedObject? instance, object?[] args, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        T result = await StartAsync<T>(method, instance, Write(args), cancellation).ConfigureAwait(false);

        // Objects that arguments pass by reference must live until the call is done.
        GC.KeepAlive(args);
        return result;
    }

    internal async Task StartAsync(IsolatedMethod method, IsolatedObject? instance, object?[] args, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        await StartAsync(method, instance, Write(args), cancellation).ConfigureAwait(false);
        GC.KeepAlive(args);
    }

    internal async Task<T> StartAsync<T>(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, CancellationToken cancellation)
    {
        Pending<T> pending = new(this, bytes => Read<T>(bytes));
        return await Start(method, instance, args, pending, cancellation).ConfigureAwait(false);
    }

    internal async Task StartAsync(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, CancellationToken cancellation)
    {
        Pending<bool> pending = new(this, bytes =>
        {
            bytes.Dispose();
            return true;
        });
        await Start(method, instance, args, pending, cancellation).ConfigureAwait(false);
    }

    private async Task<T> Start<T>(
        IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, Pending<T> pending, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            CheckOwner(instance);
            _native.InvokeAsync(method.Handle, instance?.Handle, args, pending);
        }
        finally
        {
            args.Return();
        }

        using CancellationTokenRegistration registration = cancellation.Register(() => _native.Cancel(pending.Number));
        try
        {
            return await pending.Task.ConfigureAwait(false);
        }
        catch (IsolatedException e) when (cancellation.IsCancellationRequested && IsCancellation(e))
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
        finally
        {
            // As above.
            GC.KeepAlive(instance);
        }
    }

    internal static bool IsCancellation(IsolatedException e) =>
        e.GuestException?.TypeName is "System.OperationCanceledException" or "System.Threading.Tasks.TaskCanceledException";

    private ArgumentWriter Write(object?[] args)
    {
        ArgumentWriter writer = BeginCall(args.Length);
        foreach (object? arg in args)
        {
            writer.AddAs(arg);
        }

        return writer;
    }

    private sealed class Pending<T>(IsolatedRuntime runtime, Func<NativeBytes, T> read) : PendingCall
    {
        // Its continuations are the embedder's code, which must not run on the native library's thread.
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _source.Task;

        public override void Complete(NativeBytes bytes)
        {
            try
            {
                _source.TrySetResult(read(bytes));
            }
            catch (Exception e)
            {
                _source.TrySetException(e);
            }

            GC.KeepAlive(runtime);
        }

        public override void Fail(Exception e) => _source.TrySetException(e);
    }
}
