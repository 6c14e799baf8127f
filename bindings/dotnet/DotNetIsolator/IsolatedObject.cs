using System;
using System.Globalization;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>An object that lives in an isolated runtime.</summary>
/// <remarks>
/// It stays alive there until this is disposed or collected. As an argument it passes by reference; as the result type of a call
/// it keeps the result in the guest.
/// </remarks>
public sealed partial class IsolatedObject : IDisposable
{
    private readonly GuestHandle _handle;
    private GuestType? _type;

    internal IsolatedObject(IsolatedRuntime runtime, GuestHandle handle, GuestType? type)
    {
        Runtime = runtime;
        _handle = handle;
        _type = type;
    }

    /// <summary>The runtime that the object is in.</summary>
    public IsolatedRuntime Runtime { get; }

    internal GuestHandle Handle => _handle;

    /// <summary>Finds a method of the object's class or what it inherits, public or not, static or instance.</summary>
    /// <param name="methodName">Its name.</param>
    /// <param name="numArgs">The number of its arguments; -1: any.</param>
    /// <returns>The method.</returns>
    /// <exception cref="IsolatedException">There is no such method, or several.</exception>
    public IsolatedMethod FindMethod(string methodName, int numArgs = -1)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        return Runtime.FindMethod(Type, methodName, numArgs, []);
    }

    /// <summary>Copies the object's value to this side.</summary>
    /// <typeparam name="T">The type as which it is read.</typeparam>
    /// <returns>The value.</returns>
    /// <exception cref="IsolatedException">It cannot cross.</exception>
    public T GetValue<T>() => Runtime.GetValue<T>(this);

    /// <inheritdoc cref="GetValue{T}"/>
    public T Deserialize<T>() => GetValue<T>();

    /// <summary>A name for debuggers; the guest is not asked.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"IsolatedObject({_type?.Name ?? "?"})");

    /// <summary>Lets go of the object. With the next call the guest may collect it.</summary>
    public void Dispose() => _handle.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public void ReleaseGCHandle() => Dispose();

    /// <summary>The handle for a runtime that is about to read it.</summary>
    internal ulong HandleFor(IsolatedRuntime? runtime)
    {
        if (!ReferenceEquals(runtime, Runtime))
        {
            throw runtime is null
                ? new Isolator.Runtime.FailureException(Isolator.Runtime.FailureKind.Value, "An IsolatedObject cannot be inside of what is copied or captured: pass it as an argument.")
                : new Isolator.Runtime.FailureException(Isolator.Runtime.FailureKind.BadHandle, runtime.Foreign(this, Runtime));
        }

        return Runtime.IdOf(_handle);
    }

    private GuestType Type => _type ??= Runtime.TypeOf(this);

    /// <summary>A method that was found before; null if it has to be looked for in the guest.</summary>
    internal IsolatedMethod? FindKnown(string methodName, ReadOnlySpan<Type?> types) =>
        _type is { } type ? IsolatedRuntime.FindKnown(type, methodName, types.Length, types) : null;

    internal IsolatedMethod FindForCall(string methodName, int count, params ReadOnlySpan<Type?> types)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        return Runtime.FindMethod(Type, methodName, count, types);
    }
}
