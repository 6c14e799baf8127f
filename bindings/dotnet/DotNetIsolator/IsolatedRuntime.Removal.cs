using System;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Callbacks that are taken back.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>
    /// Removes a callback of this runtime, also from within a callback. Guest code that calls it later gets the host's callback of the same name, or, without one, a
    /// <c>HostCallException</c> with the reason <c>UnknownName</c>; calls that are under way end as they would have.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidOperationException">Another thread's call is under way.</exception>
    public bool UnregisterCallback(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        bool removed = _native.Unregister(name);
        return _callbacks.TryRemove(name, out _) & removed;
    }
}
