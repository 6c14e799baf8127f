using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>What was looked up, for runtimes that start from this one.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>How long lambdas are looked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>What the snapshot that this runtime started from has of that.</summary>
    private readonly SnapshotCache? _found;

    /// <summary>Lambdas that were found there, with the objects to call them on.</summary>
    private readonly Dictionary<MethodInfo, (IsolatedMethod Method, IsolatedObject Target)> _ready = [];

    /// <summary>Makes a snapshot of the runtime, which ends with that.</summary>
    internal AppSnapshot Freeze(SnapshotForm form)
    {
        SnapshotCache found = new(this, _found);
        return new AppSnapshot(_native.Freeze(form), found);
    }

    /// <summary>All that was looked up.</summary>
    internal void EachFound(Action<Type, GuestType> type, Action<MethodInfo, IsolatedMethod> lambda)
    {
        lock (_types)
        {
            foreach ((Type key, GuestType found) in _known)
            {
                type(key, found);
            }
        }

        lock (_lambdas)
        {
            foreach ((MethodInfo key, IsolatedMethod found) in _lambdas)
            {
                lambda(key, found);
            }
        }
    }

    /// <summary>Loads an assembly of this process, and looks up its lambdas, none of which is run.</summary>
    internal void Warm(Assembly assembly)
    {
        LoadAssembly(assembly.GetName().Name!).Dispose();
        Type?[] types;
        try
        {
            types = assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            types = e.Types;
        }

        long began = Stopwatch.GetTimestamp();
        foreach (Type? type in types)
        {
            if (type is null || type.ContainsGenericParameters || !type.Name.StartsWith("<>c", StringComparison.Ordinal) || !type.IsDefined(typeof(CompilerGeneratedAttribute), false))
            {
                continue;
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                return;
            }

            try
            {
                GuestType found = TypeFor(type);
                if (Lambdas.IsStateless(type))
                {
                    // Its constructor is the compiler's, and does nothing: but it is code of this assembly, after which other code of it begins sooner.
                    found.Stateless ??= Create(found, []);
                }

                foreach (MethodInfo code in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!code.IsGenericMethod)
                    {
                        LambdaMethod(code, found);
                    }
                }
            }
            catch (Exception e) when (e is IsolatedException { IsFatal: false } or ArgumentException)
            {
                // What cannot be found is told to whoever runs it.
                continue;
            }
        }
    }

    /// <summary>A lambda without captures that the snapshot has, with the object to call it on; null if it is to be looked up.</summary>
    private (IsolatedMethod Method, IsolatedObject Target)? Ready(MethodInfo code, Type type)
    {
        if (_found is null)
        {
            return null;
        }

        lock (_lambdas)
        {
            if (_ready.TryGetValue(code, out (IsolatedMethod Method, IsolatedObject Target) known))
            {
                return known;
            }
        }

        if (FoundStateless(type, null) is not { } target || FoundLambda(code) is not { } method)
        {
            return null;
        }

        lock (_lambdas)
        {
            _ready[code] = (method, target);
            _lambdas.TryAdd(code, method);
        }

        return (method, target);
    }

    private GuestType? FoundType(Type type) =>
        _found?.Type(_native, type) is { } handle ? new GuestType(TypePath.Of(type).Reflection, handle) : null;

    private IsolatedMethod? FoundLambda(MethodInfo code)
    {
        byte[]? letters = null;
        GuestHandle? handle = _found?.Lambda(_native, code, out letters);
        return handle is null ? null : new IsolatedMethod(this, code.Name, handle, letters);
    }

    private IsolatedObject? FoundStateless(Type type, GuestType? found) =>
        _found?.Stateless(_native, type) is { } handle ? new IsolatedObject(this, handle, found) : null;
}
