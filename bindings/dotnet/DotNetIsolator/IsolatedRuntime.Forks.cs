using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;
using DotNetIsolator.Proxies;

namespace DotNetIsolator;

/// <content>Runtimes that go on from where another one is.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>The runtime that this one was forked from.</summary>
    private readonly WeakReference<IsolatedRuntime>? _parent;

    /// <summary>Makes the managed side of a fork.</summary>
    private IsolatedRuntime(IsolatedRuntime parent, NativeRuntime native)
    {
        _host = parent._host;
        _native = native;
        _assemblies = parent._assemblies;
        _parent = parent.Weak;
        _found = parent._found;
        CallbackAccount = new CallbackAccount(parent.CallbackAccount.MostBytes);
        foreach ((string name, CallbackEntry entry) in parent._callbacks)
        {
            _callbacks[name] = entry;
        }

        lock (parent._offers)
        {
            foreach ((string name, List<CallbackEntry> entries) in parent._offers)
            {
                _offers[name] = entries;
            }
        }

        Weak = Enlist();
    }

    /// <summary>
    /// Makes a runtime that goes on from where this one is, on its own: objects, statics, timers and tasks are as they are here, and what either does from then on
    /// the other does not see. It costs what this one has written since it began.
    /// </summary>
    /// <returns>The fork, which is disposed by itself.</returns>
    /// <remarks>
    /// It has this one's limits, callbacks, offers, loaders and directories, and writes where this one does. Objects and methods of this one are found there with
    /// <see cref="Inherit{T}"/>, or by the name under which they were <see cref="Keep">kept</see>. Calls of asynchronous callbacks that are under way go on
    /// here alone, and are <see cref="PendingCalls"/> there; so are asynchronous calls of yours, which are taken up there with
    /// <see cref="TakeUpAsync{T}(string, CancellationToken)"/>. Those that are queued have begun before the fork is made.
    /// </remarks>
    /// <exception cref="IsolatedException">Something cannot come along (<see cref="IsolatedErrorKind.NotFrozen"/>), or there are as many runtimes already as the host allows.</exception>
    /// <exception cref="InvalidOperationException">It was called from within a callback of the runtime.</exception>
    public IsolatedRuntime Fork() => ForkMany(1)[0];

    /// <summary>Makes several forks, all from where this runtime is now: as <see cref="Fork"/>, and cheaper than one after the other.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The forks.</returns>
    /// <exception cref="IsolatedException">As with <see cref="Fork"/>; then there are none.</exception>
    /// <exception cref="InvalidOperationException">It was called from within a callback of the runtime.</exception>
    public IsolatedRuntime[] ForkMany(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using (NativeLog.For(_host.Logger))
        {
            IsolatedRuntime[] forks = Array.ConvertAll(_native.Fork(count), native => new IsolatedRuntime(this, native));
            GC.KeepAlive(this);
            return forks;
        }
    }

    /// <summary>What something of the runtime that this one was forked from is here. It was made before that.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="handle">An <see cref="IsolatedObject"/>, a proxy of one, an <see cref="IsolatedMethod"/> or an <see cref="IsolatedAssembly"/>.</param>
    /// <returns>The same of this runtime.</returns>
    /// <exception cref="ArgumentException"><paramref name="handle"/> is something else.</exception>
    /// <exception cref="IsolatedException">It is of another runtime, or was made after the fork.</exception>
    public T Inherit<T>(T handle)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(handle);
        (IsolatedRuntime owner, GuestHandle named) = Named(handle, nameof(handle));
        if (ReferenceEquals(owner, this))
        {
            return handle;
        }

        if (!IsFork(owner))
        {
            throw new IsolatedException(Foreign(handle, owner)) { Kind = IsolatedErrorKind.BadHandle };
        }

        GuestHandle inherited = _native.Inherit(named);
        GC.KeepAlive(handle);
        object here = handle switch
        {
            IsolatedMethod method => new IsolatedMethod(this, method.KnownName, inherited, method.ScalarLetters),
            IsolatedAssembly => new IsolatedAssembly(this, inherited),
            GuestProxy proxy => GuestProxy.Make(proxy.Interface, new IsolatedObject(this, inherited, null)),
            _ => new IsolatedObject(this, inherited, null),
        };
        return (T)here;
    }

    /// <summary>
    /// Writes the runtime down as it is, to go on later (<see cref="IsolatedRuntimeHost.Resume"/>), here or in another process with the same guest image. It is meant for
    /// one that waits: for callbacks, for timers. It works on as before: dispose it, unless both are wanted.
    /// </summary>
    /// <returns>The bytes.</returns>
    /// <remarks>
    /// Environment, arguments and culture come along; directories, limits, streams, callbacks and offers are given again. Asynchronous calls that are under way are
    /// taken up there (<see cref="TakeUpAsync{T}(string, CancellationToken)"/>), calls of asynchronous callbacks are <see cref="PendingCalls"/> there.
    /// </remarks>
    /// <exception cref="IsolatedException">Something cannot come along (<see cref="IsolatedErrorKind.NotFrozen"/>), such as an open file.</exception>
    /// <exception cref="InvalidOperationException">It was called from within a callback of the runtime.</exception>
    public SuspendedRuntime Suspend()
    {
        SuspendedRuntime suspended = new(_native.Suspend());
        GC.KeepAlive(this);
        return suspended;
    }

    /// <summary>Calls of asynchronous callbacks that were under way when this runtime was forked or suspended, and that nobody runs here.</summary>
    public IReadOnlyList<IsolatedPendingCall> PendingCalls => _native.PendingCalls(this);

    /// <summary>Gives a call of <see cref="PendingCalls"/> its result. Guest code goes on while asynchronous calls are under way, or with <see cref="RunPending"/>.</summary>
    /// <typeparam name="T">Type of the result.</typeparam>
    /// <param name="id">The call's number.</param>
    /// <param name="value">The result.</param>
    /// <exception cref="IsolatedException">There is no such call, or the value cannot cross.</exception>
    public void Answer<T>(ulong id, T value) => Answer(id, writer => writer.AddDeclared(typeof(T), value, "The result"));

    /// <summary>Ends a call of <see cref="PendingCalls"/> that has no result.</summary>
    /// <param name="id">The call's number.</param>
    /// <exception cref="IsolatedException">There is no such call.</exception>
    public void Answer(ulong id) => Answer(id, static writer => writer.Wire.WriteNil());

    /// <summary>Ends a call of <see cref="PendingCalls"/> with a failure: guest code gets a <c>HostCallException</c> with the message.</summary>
    /// <param name="id">The call's number.</param>
    /// <param name="message">What guest code is to see.</param>
    /// <exception cref="IsolatedException">There is no such call.</exception>
    public void Fail(ulong id, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _native.Fail(id, message);
    }

    /// <summary>Begins a call of <see cref="PendingCalls"/> again, with the same arguments and the callback that is registered now under its name.</summary>
    /// <param name="id">The call's number.</param>
    /// <exception cref="IsolatedException">There is no such call, or no callback of its name.</exception>
    public void Restart(ulong id)
    {
        _native.Restart(id);
        GC.KeepAlive(this);
    }

    /// <summary>Numbers of asynchronous calls that were under way when this runtime was forked or suspended, and that nobody awaits here.</summary>
    public IReadOnlyList<ulong> UnfinishedCalls => _native.UnfinishedCalls();

    /// <summary>Awaits an asynchronous call that was kept under a name (<see cref="Keep"/>) before this runtime was forked or suspended.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Gives the call up at once.</param>
    /// <returns>A task for the result.</returns>
    public Task<T> TakeUpAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Start(Value<T>(), call => call.BeginBy(pending => _native.TakeUp(name, pending)), cancellationToken);
    }

    /// <summary>As <see cref="TakeUpAsync{T}(string, CancellationToken)"/>, for a call without a result.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Gives the call up at once.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    public Task TakeUpVoidAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Start(Nothing, call => call.BeginBy(pending => _native.TakeUp(name, pending)), cancellationToken);
    }

    /// <summary>Awaits a call of <see cref="UnfinishedCalls"/>, each of which is taken up once.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="number">Its number.</param>
    /// <param name="cancellationToken">Gives the call up at once.</param>
    /// <returns>A task for the result.</returns>
    public Task<T> TakeUpAsync<T>(ulong number, CancellationToken cancellationToken = default) =>
        Start(Value<T>(), call => call.BeginBy(pending => _native.TakeUp(number, pending)), cancellationToken);

    /// <summary>As <see cref="TakeUpAsync{T}(ulong, CancellationToken)"/>, for a call without a result.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="cancellationToken">Gives the call up at once.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    public Task TakeUpVoidAsync(ulong number, CancellationToken cancellationToken = default) =>
        Start(Nothing, call => call.BeginBy(pending => _native.TakeUp(number, pending)), cancellationToken);

    private void Answer(ulong id, Action<ArgumentWriter> write)
    {
        ArgumentWriter writer = ArgumentWriter.Rent(this);
        write(writer);
        try
        {
            _native.Answer(id, writer);
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>Whether this runtime was forked from that one.</summary>
    private bool IsFork(IsolatedRuntime of) => _parent is { } parent && parent.TryGetTarget(out IsolatedRuntime? found) && ReferenceEquals(found, of);
}
