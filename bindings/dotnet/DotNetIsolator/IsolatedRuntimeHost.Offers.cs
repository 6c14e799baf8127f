using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>Objects of this process that the guests of all runtimes may use.</content>
public sealed partial class IsolatedRuntimeHost
{
    private readonly Dictionary<string, List<CallbackEntry>> _offers = new(StringComparer.Ordinal);

    /// <summary>
    /// Lets the guests of all runtimes of this host, those that live already included, use an object of this process by an interface: see
    /// <see cref="IsolatedRuntime.Offer{T}"/>. What a runtime itself offers under the same name comes first.
    /// </summary>
    /// <typeparam name="T">The interface, whose members are all that guest code can use of the object.</typeparam>
    /// <param name="name">The name, without a slash. One that is taken is taken over.</param>
    /// <param name="instance">The object. Several runtimes may call it at once. It is kept until it is withdrawn or the host is collected, and is never disposed.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is no interface, or the name has a slash.</exception>
    public void Offer<T>(string name, T instance)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(instance);
        List<CallbackEntry> entries = Offers.Offer.Of(name, typeof(T), instance);
        lock (_offers)
        {
            WithdrawAll(name);
            _offers[name] = entries;
            entries.ForEach(Register);
        }
    }

    /// <summary>Takes an object back that was offered; calls of guest code that come later fail, those that are under way end as they would have.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether there was one.</returns>
    public bool Withdraw(string name)
    {
        Offers.Offer.KeyOf(name);
        lock (_offers)
        {
            return WithdrawAll(name);
        }
    }

    private bool WithdrawAll(string name)
    {
        if (!_offers.TryGetValue(name, out List<CallbackEntry>? entries))
        {
            return false;
        }

        foreach (CallbackEntry entry in entries)
        {
            UnregisterCallback(entry.Name);
        }

        return _offers.Remove(name);
    }
}
