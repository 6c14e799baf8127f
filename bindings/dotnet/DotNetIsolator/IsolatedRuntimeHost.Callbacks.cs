using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>What the guests of all runtimes may call.</content>
public sealed partial class IsolatedRuntimeHost
{
    private readonly ConcurrentDictionary<string, CallbackEntry> _callbacks = new(StringComparer.Ordinal);

    /// <summary>
    /// Lets the guests of all runtimes of this host, those that live already included, call a delegate by name. A runtime's own callback of the same name comes
    /// first.
    /// </summary>
    /// <param name="name">The name. One that is taken is taken over.</param>
    /// <param name="callback">
    /// The delegate, as in <see cref="IsolatedRuntime.RegisterCallback"/>. It may be called by several runtimes at once. If its first parameter is an
    /// <see cref="IsolatedRuntime"/>, that is the one whose guest calls; guest code does not pass it.
    /// </param>
    /// <remarks>Guest code chooses the arguments: trust nothing in them.</remarks>
    public void RegisterCallback(string name, Delegate callback)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(callback);
        Register(new CallbackEntry(name, callback));
    }

    /// <summary>
    /// Removes a callback of this host. Guest code that calls it later gets a <c>HostCallException</c> with the reason <c>UnknownName</c>; calls that are under
    /// way end as they would have.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether there was one.</returns>
    public bool UnregisterCallback(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_callbacks)
        {
            return _native.Unregister(name) & _callbacks.TryRemove(name, out _);
        }
    }

    internal CallbackEntry? CallbackOf(string name) => _callbacks.GetValueOrDefault(name);

    internal void Register(CallbackEntry entry)
    {
        // Both tables change together.
        lock (_callbacks)
        {
            _callbacks[entry.Name] = entry;
            _native.Register(new HostCallback(Runtimes, entry.Name, entry.IsTask));
        }
    }
}
