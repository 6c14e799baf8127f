using System;
using System.Collections;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator.Proxies;

/// <summary>What becomes of a method's result, by its declared type.</summary>
internal abstract class ProxyResult
{
    /// <summary>For a declared type.</summary>
    public static ProxyResult Of(Type type)
    {
        if (type == typeof(void))
        {
            return new VoidResult();
        }

        if (type == typeof(Task) || type == typeof(ValueTask))
        {
            return new TaskResult(type == typeof(ValueTask));
        }

        Type open = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return open == typeof(Task<>) ? Make(typeof(TaskResult<>), type.GetGenericArguments()[0])
            : open == typeof(ValueTask<>) ? Make(typeof(ValueTaskResult<>), type.GetGenericArguments()[0])
            : open == typeof(IAsyncEnumerable<>) ? Make(typeof(SequenceResult<>), type.GetGenericArguments()[0])
            : IsKept(type) ? new ObjectResult(type)
            : Make(typeof(ValueResult<>), type);
    }

    /// <summary>Makes the call. The writer is given back.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="method">The method in the guest.</param>
    /// <param name="target">The object.</param>
    /// <param name="writer">The arguments.</param>
    /// <param name="kept">What must live until the call is done.</param>
    /// <param name="cancellation">The caller's token.</param>
    public abstract object? Call(
        IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation);

    /// <summary>Whether a result of a type stays in the guest: an interface that is no collection of values.</summary>
    private static bool IsKept(Type type) => type.IsInterface && !typeof(IEnumerable).IsAssignableFrom(type);

    private static ProxyResult Make(Type open, Type argument) => (ProxyResult)Activator.CreateInstance(open.MakeGenericType(argument))!;

    private sealed class VoidResult : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation)
        {
            runtime.EndCall(method, target, writer);
            return null;
        }
    }

    private sealed class ValueResult<T> : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation) =>
            runtime.EndCall<T>(method, target, writer);
    }

    /// <summary>An interface: the object stays in the guest, and is a proxy here.</summary>
    private sealed class ObjectResult(Type type) : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation) =>
            runtime.EndCall<IsolatedObject?>(method, target, writer) is { } result ? GuestProxy.Make(type, result) : null;
    }

    private sealed class SequenceResult<T> : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation) =>
            runtime.StreamOf<T>(method, target, writer, kept);
    }

    private sealed class TaskResult(bool isValueTask) : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation)
        {
            Task task = Keep(runtime.StartAsync(method, target, writer, cancellation), kept);
            return isValueTask ? new ValueTask(task) : task;
        }

        private static async Task Keep(Task task, object kept)
        {
            await task.ConfigureAwait(false);
            GC.KeepAlive(kept);
        }
    }

    private class TaskResult<T> : ProxyResult
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation) =>
            Start(runtime, method, target, writer, kept, cancellation);

        protected static async Task<T> Start(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation)
        {
            T result = await runtime.StartAsync<T>(method, target, writer, cancellation).ConfigureAwait(false);
            GC.KeepAlive(kept);
            return result;
        }
    }

    private sealed class ValueTaskResult<T> : TaskResult<T>
    {
        public override object? Call(
            IsolatedRuntime runtime, IsolatedMethod method, IsolatedObject target, ArgumentWriter writer, object kept, CancellationToken cancellation) =>
            new ValueTask<T>(Start(runtime, method, target, writer, kept, cancellation));
    }
}
