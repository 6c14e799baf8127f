using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>What guest code may call, and why an assembly was not loaded.</content>
public sealed partial class IsolatedRuntime
{
    private readonly ConcurrentDictionary<string, CallbackEntry> _callbacks = new(StringComparer.Ordinal);

    /// <summary>Lets guest code call a delegate by name, with <c>DotNetIsolatorHost.Invoke</c> of the package <c>DotNetIsolator.Guest</c>.</summary>
    /// <param name="name">The name. One that is taken is taken over.</param>
    /// <param name="callback">
    /// The delegate. Arguments and result are copied. It runs on the thread that called into the runtime, and may call the runtime. One that
    /// returns a task is awaited: guest code calls it with <c>DotNetIsolatorHost.InvokeAsync</c>. If its first parameter is an <see cref="IsolatedRuntime"/>,
    /// that is this one; guest code does not pass it.
    /// </param>
    /// <remarks>
    /// Guest code chooses the arguments: trust nothing in them. One that takes and returns a <c>byte[]</c> also gets the bytes of
    /// <c>DotNetIsolatorHost.InvokeRaw</c>, without serialization. An exception is logged here, up to 100 in a second; the guest sees a fixed
    /// sentence. Where the last parameter of one that returns a task is a <see cref="System.Threading.CancellationToken"/>, it says that the
    /// guest has given the call up; the call counts as one of the 10,000 that may be under way until the task ends.
    /// </remarks>
    public void RegisterCallback(string name, Delegate callback)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(callback);
        CallbackEntry entry = new(name, callback);
        _callbacks[name] = entry;
        _native.Register(name, new RegisteredCallback(this, name, entry.IsTask));
    }

    internal CallbackEntry? CallbackOf(string name) => _callbacks.GetValueOrDefault(name);

    /// <summary>The error for an assembly that the guest did not find, with what is known of the reason.</summary>
    private IsolatedException NotLoaded(string assembly, IsolatedException cause)
    {
        Assembly? own = Array.Find(AppDomain.CurrentDomain.GetAssemblies(), a => a.GetName().Name == assembly);
        string? why = _assemblies?.Refusal(assembly) ?? _host.Assemblies.Refusal(assembly) ?? HostAssemblies.WhyNotFound(own);
        return NotFound.Assembly(assembly, cause, why, _host.Assemblies, own is not null);
    }
}
