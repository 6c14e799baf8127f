using System.Collections.Generic;

namespace DotNetIsolator;

/// <content>Sequences that come element by element.</content>
public sealed partial class IsolatedMethod
{
    /// <summary>Reads the <see cref="IAsyncEnumerable{T}"/> or <see cref="IEnumerable{T}"/> that the method returns, element by element.</summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <param name="instance">The object; null for a static method.</param>
    /// <param name="args">The arguments, which are copied now. The method is called with the first element of each enumeration.</param>
    /// <returns>The sequence: see <see cref="IsolatedRuntime.InvokeStream{T}(System.Func{IAsyncEnumerable{T}})"/>.</returns>
    /// <exception cref="IsolatedException">An argument cannot cross. What the method throws comes with the enumeration.</exception>
    public IAsyncEnumerable<T> InvokeStream<T>(IsolatedObject? instance, params object?[] args) => Runtime.StreamOf<T>(this, instance, args);
}

/// <content>Sequences that come element by element.</content>
public sealed partial class IsolatedObject
{
    /// <summary>
    /// Finds a method by name and number of arguments, and reads the <see cref="IAsyncEnumerable{T}"/> or <see cref="IEnumerable{T}"/> that it returns, element by
    /// element.
    /// </summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args">The arguments, which are copied now. The method is called with the first element of each enumeration.</param>
    /// <returns>The sequence: see <see cref="IsolatedRuntime.InvokeStream{T}(System.Func{IAsyncEnumerable{T}})"/>.</returns>
    /// <exception cref="IsolatedException">There is no such method, or an argument cannot cross. What the method throws comes with the enumeration.</exception>
    public IAsyncEnumerable<T> InvokeStream<T>(string methodName, params object?[] args)
    {
        System.ArgumentNullException.ThrowIfNull(args);
        return FindForCall(methodName, args.Length, System.Array.ConvertAll(args, arg => arg?.GetType())).InvokeStream<T>(this, args);
    }

    /// <summary>Reads this object, an <see cref="IAsyncEnumerable{T}"/> or <see cref="IEnumerable{T}"/>, element by element.</summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <returns>The sequence: see <see cref="IsolatedRuntime.InvokeStream{T}(System.Func{IAsyncEnumerable{T}})"/>.</returns>
    public IAsyncEnumerable<T> AsStream<T>() => Streams.Sequences.Of<T>(Runtime, this);
}
