using System;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>A method in an isolated runtime, found once and called often. It is not bound to an object.</summary>
/// <remarks>Methods that take and give numbers only are called without serialization.</remarks>
public sealed partial class IsolatedMethod
{
    private readonly byte[]? _scalar;
    private string? _name;

    internal IsolatedMethod(IsolatedRuntime runtime, string? name, GuestHandle handle, byte[]? scalar)
    {
        Runtime = runtime;
        _name = name;
        Handle = handle;
        _scalar = scalar;
    }

    /// <summary>The method's name.</summary>
    public string Name => _name ??= Runtime.Inspect(Handle).Name;

    /// <summary>The runtime that the method is in.</summary>
    public IsolatedRuntime Runtime { get; }

    internal GuestHandle Handle { get; }

    /// <summary>The name, if the guest need not be asked for it.</summary>
    internal string? KnownName => _name;

    /// <summary>The letters of its result and parameters, if all are numbers.</summary>
    internal byte[]? ScalarLetters => _scalar;

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
