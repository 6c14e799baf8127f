using System;
using System.Runtime.CompilerServices;
using System.Text;
using DotNetIsolator.Interop;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>One isolated .NET: its own memory, nothing of the machine but what it was given.</summary>
/// <remarks>
/// Any thread may use it, one at a time: a call while another thread's is under way throws <see cref="InvalidOperationException"/>.
/// A callback may call the runtime that called it. Everything in it is gone when it is disposed or collected.
/// </remarks>
public sealed partial class IsolatedRuntime : IDisposable
{
    /// <summary>As many bytes as the engine lets be under way by default.</summary>
    private const ulong DefaultBuffers = 256 << 20;

    private readonly IsolatedRuntimeHost _host;
    private readonly NativeRuntime _native;

    /// <summary>Makes a runtime that is given nothing but the console's output.</summary>
    /// <param name="host">The host. It must outlive the runtime.</param>
    /// <exception cref="IsolatedException">There are as many runtimes already as the host allows.</exception>
    public IsolatedRuntime(IsolatedRuntimeHost host)
        : this(host, new IsolatedRuntimeOptions())
    {
    }

    /// <summary>Makes a runtime.</summary>
    /// <param name="host">The host. It must outlive the runtime.</param>
    /// <param name="options">What it is given. Changes after this have no effect.</param>
    /// <exception cref="IsolatedException">There are as many runtimes already as the host allows, or what it is given is not there.</exception>
    public IsolatedRuntime(IsolatedRuntimeHost host, IsolatedRuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        _host = host;
        _native = NativeRuntime.Create(host.Native, options);
        CallbackAccount = new CallbackAccount(options.Limits.TryGetValue(IsolatedLimit.Buffers, out ulong most) ? most : DefaultBuffers);
    }

    /// <summary>The host that this runtime was made with.</summary>
    public IsolatedRuntimeHost Host => _host;

    internal NativeRuntime Native => _native;

    internal CallbackAccount CallbackAccount { get; }

    /// <summary>What guest code has written to <see cref="Console.Out"/> so far, if that is captured: the first 64 MiB.</summary>
    /// <returns>The text.</returns>
    public string GetStandardOutput() => Encoding.UTF8.GetString(_native.Captured(error: false));

    /// <summary>What guest code has written to <see cref="Console.Error"/> so far, if that is captured: the first 64 MiB.</summary>
    /// <returns>The text.</returns>
    public string GetStandardError() => Encoding.UTF8.GetString(_native.Captured(error: true));

    /// <summary>What the runtime has used so far, or had used when a limit or a fault ended it.</summary>
    /// <returns>The figures.</returns>
    public IsolatedRuntimeUsage GetUsage() => _native.Usage();

    /// <summary>
    /// Stops the runtime for good, from any thread, also while a call is under way: that call and all later ones end with an
    /// <see cref="OperationCanceledException"/>. A callback cannot be interrupted: the call ends when it returns.
    /// </summary>
    public void Cancel() => _native.Cancel();

    /// <summary>Ends the runtime and everything in it. If a call is under way, it ends with it.</summary>
    public void Dispose() => _native.Dispose();

    internal ulong IdOf(GuestHandle handle) => _native.ObjectId(handle);

    /// <summary>Begins the arguments of a call.</summary>
    internal ArgumentWriter BeginCall(int count)
    {
        ArgumentWriter writer = ArgumentWriter.Rent(this);
        writer.Begin(count);
        return writer;
    }

    /// <summary>Makes a call of which nothing is serialized.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong InvokeScalar(IsolatedMethod method, IsolatedObject? instance, ulong a0, ulong a1, ulong a2, ulong a3)
    {
        CheckOwner(instance);
        ulong result = _native.InvokeScalar(method.Handle, instance?.Handle, a0, a1, a2, a3, method.ScalarCount);
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>Makes a call and reads its result.</summary>
    internal T EndCall<T>(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter call)
    {
        try
        {
            CheckOwner(instance);
            if (typeof(T) == typeof(IsolatedObject))
            {
                GuestHandle? result = _native.InvokeObject(method.Handle, instance?.Handle, call);
                IsolatedObject? made = result is null ? null : new IsolatedObject(this, result, null);
                return Unsafe.As<IsolatedObject?, T>(ref made);
            }

            return Read<T>(_native.Invoke(method.Handle, instance?.Handle, call));
        }
        finally
        {
            call.Return();
        }
    }

    /// <summary>Makes a call and drops its result.</summary>
    internal void EndCall(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter call)
    {
        try
        {
            CheckOwner(instance);
            _native.Invoke(method.Handle, instance?.Handle, call).Dispose();
        }
        finally
        {
            // Callbacks find it through a weak reference.
            GC.KeepAlive(this);
            call.Return();
        }
    }

    /// <summary>Reads what a guest returned, and gives its memory back.</summary>
    internal unsafe T Read<T>(NativeBytes bytes)
    {
        try
        {
            // What is wrong with the type is not the guest's fault.
            TypePlan plan = PlanOf<T>.Plan;
            try
            {
                T value = default!;
                WireReader reader = new(bytes.Data, bytes.Length) { Scope = _host.Scope, Root = typeof(T) };
                Values.Read(reader, plan, ref Unsafe.As<T, byte>(ref value));
                reader.ExpectEnd();
                return value;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw ErrorMapping.Unreadable(typeof(T), e);
            }
        }
        finally
        {
            bytes.Dispose();
        }
    }

    private void CheckOwner(IsolatedObject? instance)
    {
        if (instance is not null && !ReferenceEquals(instance.Runtime, this))
        {
            throw new IsolatedException("The object belongs to another runtime: objects work only with the runtime that gave them.")
            {
                Kind = IsolatedErrorKind.BadHandle,
            };
        }
    }
}
