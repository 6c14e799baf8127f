using System;

namespace DotNetIsolator;

/// <summary>
/// A call of an asynchronous callback that was under way when its runtime was forked or suspended. In the copy nobody runs it: guest code waits until it is
/// answered, failed or begun again.
/// </summary>
public sealed class IsolatedPendingCall
{
    private readonly IsolatedRuntime _runtime;
    private readonly byte[] _args;

    internal IsolatedPendingCall(IsolatedRuntime runtime, ulong id, string name, byte[] args)
    {
        _runtime = runtime;
        Id = id;
        Name = name;
        _args = args;
    }

    /// <summary>Its number in the runtime.</summary>
    public ulong Id { get; }

    /// <summary>Name of the callback, as guest code gave it.</summary>
    public string Name { get; }

    /// <summary>The arguments.</summary>
    /// <param name="types">Their types, one for each.</param>
    /// <returns>Their values, which guest code chose: trust nothing in them.</returns>
    /// <exception cref="IsolatedException">They are of other types, or not so many.</exception>
    public object?[] GetArguments(params Type[] types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return _runtime.ReadValues(_args, types);
    }

    /// <summary>The only argument.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>Its value, which guest code chose: trust nothing in it.</returns>
    /// <exception cref="IsolatedException">It is of another type, or there are others.</exception>
    public T GetArgument<T>() => (T)GetArguments(typeof(T))[0]!;

    /// <summary>The name and the number.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Name} ({Id})";
}
