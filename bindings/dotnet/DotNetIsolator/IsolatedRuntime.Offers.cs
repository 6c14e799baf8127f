using System;
using System.Collections.Generic;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Objects of this process that guest code may use.</content>
public sealed partial class IsolatedRuntime
{
    private readonly Dictionary<string, List<CallbackEntry>> _offers = new(StringComparer.Ordinal);

    /// <summary>
    /// Lets guest code use an object of this process by an interface: it asks for it with <c>DotNetIsolatorHost.Get&lt;T&gt;(name)</c> of the package
    /// <c>DotNetIsolator.Guest</c>.
    /// </summary>
    /// <typeparam name="T">
    /// The interface. Its members, and those of the interfaces that it has, are all that guest code can use of the object. Members that have type parameters, <c>ref</c> or
    /// <c>out</c>, and events, are not offered.
    /// </typeparam>
    /// <param name="name">The name, without a slash. One that is taken is taken over.</param>
    /// <param name="instance">The object. It is kept until it is withdrawn or the runtime ends, and is never disposed.</param>
    /// <remarks>
    /// Calls are those of callbacks (see <see cref="RegisterCallback"/>): guest code chooses the arguments, which are copied; exceptions are logged here, and guest
    /// code sees a fixed sentence; methods that return tasks are awaited inside, and a <see cref="System.Threading.CancellationToken"/> as their last parameter says
    /// that the guest has given the call up.
    /// </remarks>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is no interface, or the name has a slash.</exception>
    /// <exception cref="InvalidOperationException">Another thread's call is under way.</exception>
    public void Offer<T>(string name, T instance)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(instance);
        List<CallbackEntry> entries = Offers.Offer.Of(name, typeof(T), instance);
        lock (_offers)
        {
            WithdrawAll(name);
            _offers[name] = entries;
            foreach (CallbackEntry entry in entries)
            {
                _callbacks[entry.Name] = entry;
                _native.Register(entry.Name, new RegisteredCallback(this, entry.Name, entry.IsTask));
            }
        }
    }

    /// <summary>Takes an object back that was offered; calls of guest code that come later fail, those that are under way end as they would have.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidOperationException">Another thread's call is under way.</exception>
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
