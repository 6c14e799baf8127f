using System;
using System.Threading.Tasks;
using DotNetIsolator.Interop;
using DotNetIsolator.Proxies;

namespace DotNetIsolator;

/// <content>What is found again by name.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>
    /// Keeps something of this runtime under a name, by which every runtime that starts from its snapshot, forks from it or goes on from it finds it: <see cref="Kept{T}"/>. Not from within
    /// callbacks.
    /// </summary>
    /// <param name="name">The name. One that is taken is taken over.</param>
    /// <param name="handle">
    /// An <see cref="IsolatedObject"/>, a proxy of one, an <see cref="IsolatedMethod"/> or an <see cref="IsolatedAssembly"/>; or the task of an <c>InvokeAsync</c> that is
    /// under way, which a fork or a runtime that is resumed takes up again: <see cref="TakeUpAsync{T}(string, System.Threading.CancellationToken)"/>.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="handle"/> is something else.</exception>
    /// <exception cref="IsolatedException">It belongs to another runtime, or the call is over.</exception>
    public void Keep(string name, object handle)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(handle);
        if (handle is Task { AsyncState: CallPlace place })
        {
            KeepCall(name, place);
            return;
        }

        (IsolatedRuntime owner, GuestHandle named) = Named(handle, nameof(handle));
        CheckOwner(owner, handle);
        _native.Keep(name, named);
        GC.KeepAlive(handle);
    }

    /// <summary>What was kept under a name, here or in the runtime that this one starts, forks or goes on from. Not from within callbacks.</summary>
    /// <typeparam name="T">What it is: <see cref="IsolatedObject"/>, <see cref="IsolatedMethod"/>, <see cref="IsolatedAssembly"/>, or an interface, for a proxy.</typeparam>
    /// <param name="name">The name.</param>
    /// <returns>It, as it is in this runtime.</returns>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is none of these.</exception>
    /// <exception cref="IsolatedException">There is nothing of that name, or it is something else.</exception>
    public T Kept<T>(string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            object found = Found<T>(name);
            GC.KeepAlive(this);
            return (T)found;
        }
        catch (IsolatedException e) when (_found is not null && e is { Kind: IsolatedErrorKind.BadHandle, IsFatal: false })
        {
            throw new IsolatedException(SnapshotCache.Without(e.Message)) { Kind = IsolatedErrorKind.BadHandle };
        }
    }

    private void KeepCall(string name, CallPlace place)
    {
        if (!ReferenceEquals(place.Runtime, Weak))
        {
            throw new IsolatedException("The task is of a call into another runtime: it is kept there.") { Kind = IsolatedErrorKind.BadHandle };
        }

        // It has a number of its own once it has begun.
        _native.BeginQueued();
        _native.KeepCall(name, place.Number);
        GC.KeepAlive(this);
    }

    private object Found<T>(string name)
        where T : class
    {
        if (typeof(T) == typeof(IsolatedMethod))
        {
            GuestHandle method = _native.Kept(name, HandleKind.Method);
            return new IsolatedMethod(this, null, method, _native.ScalarSignature(method));
        }

        if (typeof(T) == typeof(IsolatedAssembly))
        {
            return new IsolatedAssembly(this, _native.Kept(name, HandleKind.Assembly));
        }

        if (typeof(T) == typeof(IsolatedObject) || typeof(T).IsInterface)
        {
            IsolatedObject found = new(this, _native.Kept(name, HandleKind.Object), null);
            return typeof(T).IsInterface ? found.As<T>() : found;
        }

        throw new ArgumentException(
            $"{typeof(T)} names nothing in a guest: {nameof(IsolatedObject)}, {nameof(IsolatedMethod)}, {nameof(IsolatedAssembly)} and interfaces do.");
    }

    /// <summary>What is wrong with something of another runtime.</summary>
    internal string Foreign(object handle, IsolatedRuntime owner)
    {
        string what = handle switch
        {
            IsolatedMethod => "method",
            IsolatedAssembly => "assembly",
            _ => "object",
        };
        return IsFork(owner)
            ? $"The {what} belongs to the runtime that this one was forked from: {nameof(Inherit)} gives what it is here."
            : $"The {what} belongs to another runtime: it works only with the runtime that gave it.";
    }

    private void CheckOwner(IsolatedRuntime owner, object handle)
    {
        if (!ReferenceEquals(owner, this))
        {
            throw new IsolatedException(Foreign(handle, owner)) { Kind = IsolatedErrorKind.BadHandle };
        }
    }

    /// <summary>The runtime and the handle of what names something in a guest.</summary>
    private static (IsolatedRuntime Owner, GuestHandle Handle) Named(object handle, string parameter) => handle switch
    {
        IsolatedObject target => (target.Runtime, target.Handle),
        GuestProxy { Target: { } target } => (target.Runtime, target.Handle),
        IsolatedMethod method => (method.Runtime, method.Handle),
        IsolatedAssembly assembly => (assembly.Runtime, assembly.Handle),
        _ => throw new ArgumentException(
            $"A {handle.GetType()} names nothing in a guest: {nameof(IsolatedObject)}, its proxies, {nameof(IsolatedMethod)} and {nameof(IsolatedAssembly)} do.", parameter),
    };
}
