using System;
using System.Collections.Generic;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>A type in a guest, with the methods that were found in it.</summary>
internal sealed class GuestType(string name, GuestHandle handle)
{
    private readonly Dictionary<(string Name, int Count), IsolatedMethod> _methods = [];
    private readonly Dictionary<(string Name, string Types), IsolatedMethod> _overloads = [];

    /// <summary>The full name.</summary>
    public string Name { get; } = name;

    public GuestHandle Handle { get; } = handle;

    /// <summary>An object of a type without state: the one on which a compiler puts lambdas that capture nothing.</summary>
    public IsolatedObject? Stateless { get; set; }

    public IsolatedMethod? Find(string method, int count)
    {
        lock (_methods)
        {
            return _methods.GetValueOrDefault((method, count));
        }
    }

    public void Add(string method, int count, IsolatedMethod found)
    {
        lock (_methods)
        {
            _methods[(method, count)] = found;
        }
    }

    public IsolatedMethod? Find(string method, string types)
    {
        lock (_overloads)
        {
            return _overloads.GetValueOrDefault((method, types));
        }
    }

    public void Add(string method, string types, IsolatedMethod found)
    {
        lock (_overloads)
        {
            _overloads[(method, types)] = found;
        }
    }
}
