using System;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Calls that end later. They queue up, and hold no thread before they begin or while guest code waits.</content>
public sealed partial class IsolatedRuntime
{
    internal Task<T> StartAsync<T>(IsolatedMethod method, IsolatedObject? instance, object?[] args, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        return Start(Value<T>(), call => call.Begin(method, instance, Write(args), args), cancellation);
    }

    internal Task StartAsync(IsolatedMethod method, IsolatedObject? instance, object?[] args, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(args);
        return Start(Nothing, call => call.Begin(method, instance, Write(args), args), cancellation);
    }

    internal Task<T> StartAsync<T>(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, CancellationToken cancellation) =>
        Start(Value<T>(), call => call.Begin(method, instance, args, null), cancellation);

    internal Task StartAsync(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, CancellationToken cancellation) =>
        Start(Nothing, call => call.Begin(method, instance, args, null), cancellation);

    /// <summary>Calls a method by its name, which is looked up when the call begins.</summary>
    internal Task<T> StartAsync<T>(IsolatedObject target, string method, object?[] args, CancellationToken cancellation) =>
        Start(Value<T>(), call => Begin(call, target, method, args), cancellation);

    /// <summary>As above, for a method without a result.</summary>
    internal Task StartAsync(IsolatedObject target, string method, object?[] args, CancellationToken cancellation) =>
        Start(Nothing, call => Begin(call, target, method, args), cancellation);

    /// <summary>Calls a lambda. What it captures is copied now, so that later changes do not cross; it goes into the guest when the call begins.</summary>
    private Task<T> StartAsync<T>(Delegate lambda, CancellationToken cancellation) =>
        Start(Value<T>(), call => Begin(call, Capture(lambda)), cancellation);

    /// <summary>As above, for a lambda without a result.</summary>
    private Task<bool> StartAsync(Delegate lambda, CancellationToken cancellation) =>
        Start(Nothing, call => Begin(call, Capture(lambda)), cancellation);

    private static void Begin<T>(AsyncOperation<T> call, IsolatedObject target, string name, object?[] args)
    {
        ArgumentWriter written = target.Runtime.Write(args);
        Type?[] types = Array.ConvertAll(args, arg => arg?.GetType());
        if (target.FindKnown(name, types) is { } known)
        {
            call.Begin(known, target, written, args);
            return;
        }

        call.BeginInTurn(() => call.Begin(target.FindForCall(name, types.Length, types), target, written, args));
    }

    private void Begin<T>(AsyncOperation<T> call, Captured captured) => call.BeginInTurn(() =>
    {
        Prepared prepared = Place(captured);
        call.Begin(prepared.Method, prepared.Target, prepared.Arguments, prepared);
    });

    private Task<T> Start<T>(Func<NativeBytes, T> read, Action<AsyncOperation<T>> begin, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellation);
        }

        AsyncOperation<T> call = new(this, "task", read, cancellation);
        try
        {
            begin(call);
            call.Watch();
        }
        catch (Exception e)
        {
            call.Fail(e);
        }

        return call.Task;
    }

    private Func<NativeBytes, T> Value<T>() => bytes => Read<T>(bytes);

    private static bool Nothing(NativeBytes bytes)
    {
        bytes.Dispose();
        return true;
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
}
