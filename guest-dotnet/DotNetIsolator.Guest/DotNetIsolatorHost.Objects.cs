using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <content>Objects that the host offers by an interface.</content>
public static partial class DotNetIsolatorHost
{
    /// <summary>Gives an object that the host offers, by an interface. Calls of its members are calls of the host.</summary>
    /// <typeparam name="T">The interface by which it is offered, or one that that has.</typeparam>
    /// <param name="name">The name under which the host offers it.</param>
    /// <returns>The object. A member that fails throws a <see cref="HostCallException"/>, as one does of an object that the host has withdrawn.</returns>
    /// <remarks>
    /// Arguments and results are copied. Methods that return tasks are awaited; a <see cref="CancellationToken"/> as their last parameter gives the call up. Events,
    /// type parameters of methods, <c>ref</c> and <c>out</c> do not lead to the host and throw a <see cref="NotSupportedException"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="T"/> is no interface, or a private one, or one with a member that takes or gives a reference or a <c>ref struct</c> such as a span.
    /// </exception>
    /// <exception cref="HostCallException">The host offers no object of this name, or not by this interface.</exception>
    public static T Get<T>(string name)
        where T : class
    {
        Check(name);
        if (!typeof(T).IsInterface)
        {
            throw new ArgumentException($"{typeof(T)} is no interface: the host offers objects by interfaces.");
        }

        string[] contracts;
        try
        {
            contracts = Inside.Invoke<string[]>(HostObject.KeyOf(name));
        }
        catch (HostCallException e) when (e.Reason == HostCallReason.UnknownName)
        {
            throw new HostCallException($"The host offers no object '{name}'.", HostCallReason.UnknownName, 0);
        }

        if (Array.IndexOf(contracts, typeof(T).ToString()) < 0)
        {
            throw new HostCallException(
                $"The host does not offer '{name}' by {typeof(T)}, but by {string.Join(", ", contracts)}.", HostCallReason.Failed, 0);
        }

        return (T)HostObject.Make(name, typeof(T));
    }

    /// <summary>Calls a member of an object of the host.</summary>
    internal static object? InvokeMember(string key, Type result, object?[] args) => Inside.InvokeMember(key, result, args);

    private static partial class Inside
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static object? InvokeMember(string key, Type result, object?[] args)
        {
            try
            {
                WireWriter writer = HostCalls.Begin(key, args);
                if (result == typeof(void))
                {
                    HostCalls.End(key, writer);
                    return null;
                }

                object? value = HostCalls.EndBoxed(key, writer, Plans.For(result));
                return value is null && result.IsValueType && Nullable.GetUnderlyingType(result) is null
                    ? throw new HostCallException($"The host gave no value where {result} is due.")
                    : value;
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }
    }
}
