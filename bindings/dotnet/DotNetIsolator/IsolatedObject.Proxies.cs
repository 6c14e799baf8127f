using System;
using DotNetIsolator.Proxies;

namespace DotNetIsolator;

/// <content>Objects of the guest behind interfaces.</content>
public sealed partial class IsolatedObject
{
    /// <summary>Gives the object as an interface: calls of its members are calls of the object's, inside.</summary>
    /// <typeparam name="T">The interface. Its assembly is loaded here and inside.</typeparam>
    /// <returns>The proxy.</returns>
    /// <remarks>
    /// Arguments and results are copied, as in every call. Methods, properties, indexers, generic methods, default implementations, <c>ref</c> and <c>out</c> work;
    /// tasks are awaited, and their tokens reach the guest; an <c>IAsyncEnumerable</c> comes element by element; a result that is declared as an interface, unless it
    /// is a collection, stays inside and is a proxy as well. A proxy that is passed to the runtime of its object is that object there. Events and delegates are refused.
    /// Two proxies of one <see cref="IsolatedObject"/> are equal; <see cref="object.ToString"/> and the like do not enter the guest.
    /// </remarks>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is no interface, or one of which no proxy can be made.</exception>
    /// <exception cref="IsolatedException">The object has not this interface, or the interface's assembly is not to be found inside.</exception>
    public T As<T>()
        where T : class
    {
        if (!typeof(T).IsInterface)
        {
            throw new ArgumentException($"{typeof(T)} is no interface: only of interfaces proxies are made. Use Invoke, or let the class have an interface.");
        }

        if (!Runtime.IsInstance(this, typeof(T)))
        {
            throw new IsolatedException($"The object in the guest has not the interface {typeof(T)}.") { Kind = IsolatedErrorKind.Argument };
        }

        return (T)GuestProxy.Make(typeof(T), this);
    }

    /// <summary>The object of the guest to which a proxy leads.</summary>
    /// <param name="proxy">What <see cref="As{T}"/> gave, or any other object.</param>
    /// <returns>The object, which can be disposed to let go of it; null if it is no proxy.</returns>
    public static IsolatedObject? OfProxy(object? proxy) => (proxy as GuestProxy)?.Target;
}
