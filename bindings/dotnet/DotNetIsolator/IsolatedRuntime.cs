using System;
using System.Runtime.CompilerServices;
using System.Text;
using DotNetIsolator.Interop;
using DotNetIsolator.Streams;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>One isolated .NET: its own memory, nothing of the machine but what it was given.</summary>
/// <remarks>
/// Any thread may use it. It takes one caller at a time: others wait for the call that is under way, and get an <see cref="InvalidOperationException"/> where
/// that is in a callback or a loader for longer than a second, since it may be waiting for them. Asynchronous calls queue up, and hold no thread.
/// A callback may call the runtime that called it. Everything in it is gone when it is disposed or collected.
/// </remarks>
public sealed partial class IsolatedRuntime : IDisposable
{
    private readonly IsolatedRuntimeHost _host;
    private readonly NativeRuntime _native;
    private readonly AssemblySource? _assemblies;

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
    /// <exception cref="InvalidOperationException">Fuel is limited, and the host does not count it.</exception>
    public IsolatedRuntime(IsolatedRuntimeHost host, IsolatedRuntimeOptions options)
        : this(host, options, null)
    {
    }

    /// <summary>Makes one that goes on from where another was, or starts.</summary>
    internal IsolatedRuntime(IsolatedRuntimeHost host, IsolatedRuntimeOptions options, SuspendedRuntime? suspended)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        _host = host;
        host.CheckCountsFuel(options);

        _assemblies = options.AssemblySourceFor(host);
        Measured? measured = IsolatorTelemetry.BeginCreate();
        try
        {
            using (NativeLog.For(host.Logger))
            {
                AppSnapshot? snapshot = host.SnapshotFor(options);
                _found = snapshot?.Found;
                _native = NativeRuntime.Create(host.Native, options, snapshot?.Native, suspended?.Native, _assemblies, host.Failures);
            }
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            measured?.End();
        }

        CallbackAccount = new CallbackAccount(
            options.Limits.TryGetValue(IsolatedLimit.Buffers, out ulong most) ? most : host.DefaultBuffers ?? Codes.DefaultBuffers);
        Weak = Enlist();
    }

    /// <summary>The host that this runtime was made with.</summary>
    public IsolatedRuntimeHost Host => _host;

    internal NativeRuntime Native => _native;

    internal CallbackAccount CallbackAccount { get; }

    /// <summary>For the native library's side, which must not keep the runtime from being collected.</summary>
    internal WeakReference<IsolatedRuntime> Weak { get; }

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
    public void Dispose()
    {
        _native.Dispose();
        CallbackAccount.Kept.Forget();
    }

    /// <summary>Makes it known to what finds runtimes by their numbers.</summary>
    private WeakReference<IsolatedRuntime> Enlist()
    {
        if (_host.Logger is not null)
        {
            NativeLog.Add(_native.Id, _host.Logger);
        }

        WeakReference<IsolatedRuntime> weak = new(this);
        _host.Runtimes.Add(_native, weak);
        return weak;
    }

    internal ulong IdOf(GuestHandle handle) => _native.ObjectId(handle);

    /// <summary>What is known without asking the guest is no answer of a runtime that was stopped.</summary>
    internal void ThrowIfCancelled()
    {
        if (_native.IsCancelled)
        {
            throw new OperationCanceledException("The isolated runtime was cancelled; it can no longer be used.");
        }
    }

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
        if (IsolatorTelemetry.IsListened)
        {
            return MeasureScalar(method, instance, [a0, a1, a2, a3]);
        }

        ulong result = _native.InvokeScalar(method.Handle, instance?.Handle, a0, a1, a2, a3, method.ScalarCount);
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>As above, with up to eight arguments.</summary>
    internal ulong InvokeScalar(
        IsolatedMethod method, IsolatedObject? instance, ulong a0, ulong a1, ulong a2, ulong a3, ulong a4, ulong a5, ulong a6, ulong a7)
    {
        CheckOwner(instance);
        if (IsolatorTelemetry.IsListened)
        {
            return MeasureScalar(method, instance, [a0, a1, a2, a3, a4, a5, a6, a7]);
        }

        ulong result = _native.InvokeScalar(method.Handle, instance?.Handle, [a0, a1, a2, a3, a4, a5, a6, a7], method.ScalarCount);
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>As above, for whoever listens.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong MeasureScalar(IsolatedMethod method, IsolatedObject? instance, ReadOnlySpan<ulong> arguments)
    {
        Measured? measured = IsolatorTelemetry.BeginCall(this, "numbers", method.KnownName);
        try
        {
            ulong result = _native.InvokeScalar(method.Handle, instance?.Handle, arguments, method.ScalarCount);
            GC.KeepAlive(this);
            return result;
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            measured?.End();
        }
    }

    /// <summary>Makes a call and reads its result.</summary>
    internal T EndCall<T>(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter call)
    {
        Measured? measured = IsolatorTelemetry.BeginCall(this, "values", method.KnownName);
        try
        {
            CheckOwner(instance);
            if (typeof(T) == typeof(IsolatedObject))
            {
                GuestHandle? result = _native.InvokeObject(method.Handle, instance?.Handle, call);
                IsolatedObject? made = result is null ? null : new IsolatedObject(this, result, null);
                return Unsafe.As<IsolatedObject?, T>(ref made);
            }

            if (!typeof(T).IsValueType && Sequence<T>.Make is { } makeSequence)
            {
                GuestHandle? source = _native.InvokeObject(method.Handle, instance?.Handle, call);
                return source is null ? default! : (T)makeSequence(this, new IsolatedObject(this, source, null));
            }

            return Read<T>(_native.Invoke(method.Handle, instance?.Handle, call));
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            call.Return();
            measured?.End();
        }
    }

    /// <summary>Makes a call and drops its result.</summary>
    internal void EndCall(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter call)
    {
        Measured? measured = IsolatorTelemetry.BeginCall(this, "values", method.KnownName);
        try
        {
            CheckOwner(instance);
            _native.Invoke(method.Handle, instance?.Handle, call).Dispose();
        }
        catch (Exception e) when (measured?.Fails(e) == true)
        {
            throw;
        }
        finally
        {
            // Callbacks find it through a weak reference.
            GC.KeepAlive(this);
            call.Return();
            measured?.End();
        }
    }

    /// <summary>Reads what a guest returned, and gives its memory back.</summary>
    internal unsafe T Read<T>(NativeBytes bytes)
    {
        try
        {
            return ReadValue<T>(bytes.Data, bytes.Length);
        }
        finally
        {
            bytes.Dispose();
        }
    }

    /// <summary>What the guest may still have made here by naming it.</summary>
    internal Isolator.Runtime.Wire.Graph.NameBudget Names { get; } = new();

    /// <summary>Reads one value that a guest gave.</summary>
    internal unsafe T ReadValue<T>(byte* data, int length) => ReadValue<T>(data, length, _host.Scope, Names);

    /// <summary>Reads one value that a guest gave.</summary>
    /// <param name="data">Where it is.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="scope">The types that may be named.</param>
    /// <param name="names">What may still be made here by naming it.</param>
    internal static unsafe T ReadValue<T>(byte* data, int length, TypeScope scope, Isolator.Runtime.Wire.Graph.NameBudget names)
    {
        // What is wrong with the type is not the guest's fault.
        TypePlan plan = PlanOf<T>.Plan;
        try
        {
            T value = default!;
            WireReader reader = new(data, length) { Scope = scope, Root = typeof(T), Names = names };
            Values.Read(reader, plan, ref Unsafe.As<T, byte>(ref value));
            reader.ExpectEnd();
            return value;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw ErrorMapping.Unreadable(typeof(T), e);
        }
    }

    internal void CheckOwner(IsolatedObject? instance)
    {
        if (instance is not null && !ReferenceEquals(instance.Runtime, this))
        {
            throw new IsolatedException(Foreign(instance, instance.Runtime)) { Kind = IsolatedErrorKind.BadHandle };
        }
    }
}
