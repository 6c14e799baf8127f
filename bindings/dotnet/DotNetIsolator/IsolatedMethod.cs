using System;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>A method in an isolated runtime, found once and called often. It is not bound to an object.</summary>
/// <remarks>Methods that take and give numbers only are called without serialization.</remarks>
public sealed partial class IsolatedMethod
{
    private readonly byte[]? _scalar;

    internal IsolatedMethod(IsolatedRuntime runtime, string name, GuestHandle handle, byte[]? scalar)
    {
        Runtime = runtime;
        Name = name;
        Handle = handle;
        _scalar = scalar;
    }

    /// <summary>The method's name.</summary>
    public string Name { get; }

    /// <summary>The runtime that the method is in.</summary>
    public IsolatedRuntime Runtime { get; }

    internal GuestHandle Handle { get; }

    /// <summary>Whether it takes nothing and gives that kind of number.</summary>
    /// <typeparam name="TRes">The result as the caller has it.</typeparam>
    internal bool GivesNumber<TRes>() => _scalar is { Length: 1 } scalar && scalar[0] == Scalar<TRes>.Letter;

    /// <summary>Number of arguments of a call that is not serialized.</summary>
    internal int ScalarCount => _scalar!.Length - 1;

    /// <summary>The method's name.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Name;

    private static void CheckLength(int length, int count, string name)
    {
        if (length != count)
        {
            throw new ArgumentException($"The span has {length} elements, and the batch makes {count} calls: there must be one for each.", name);
        }
    }
}
