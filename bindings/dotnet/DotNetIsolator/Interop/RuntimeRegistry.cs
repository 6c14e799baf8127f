using System;
using System.Collections.Concurrent;

namespace DotNetIsolator.Interop;

/// <summary>The living runtimes of a host by their numbers. It keeps none of them alive.</summary>
internal sealed class RuntimeRegistry
{
    private readonly ConcurrentDictionary<ulong, WeakReference<IsolatedRuntime>> _runtimes = new();

    /// <summary>Adds a runtime, until its native one is given back.</summary>
    public void Add(NativeRuntime native, WeakReference<IsolatedRuntime> runtime)
    {
        _runtimes[native.Id] = runtime;
        native.Registry = this;
    }

    /// <summary>Forgets a runtime.</summary>
    public void Remove(ulong id) => _runtimes.TryRemove(id, out _);

    /// <summary>The runtime of a number; null if it is gone.</summary>
    public IsolatedRuntime? Find(ulong id) =>
        _runtimes.TryGetValue(id, out WeakReference<IsolatedRuntime>? runtime) && runtime.TryGetTarget(out IsolatedRuntime? found) ? found : null;
}
