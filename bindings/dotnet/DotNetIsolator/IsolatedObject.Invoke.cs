using System;
using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <content>Calls by a method's name, with any number of arguments.</content>
public sealed partial class IsolatedObject
{
    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args">The arguments, any number.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<TRes>(string methodName, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return FindForCall(methodName, args.Length, TypesOf(args)).Invoke<TRes>(this, args);
    }

    /// <summary>Finds a method by name and number of arguments, calls it, and drops its result.</summary>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args">The arguments, any number.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid(string methodName, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        FindForCall(methodName, args.Length, TypesOf(args)).InvokeVoid(this, args);
    }

    /// <summary>Calls a method that returns a task, and awaits it. The thread is free meanwhile.</summary>
    /// <typeparam name="TRes">Type of the task's result.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="cancellationToken">
    /// Gives the call up at once, and signals the <see cref="CancellationToken"/> that the method takes, if it takes one that <paramref name="args"/> leaves out.
    /// </param>
    /// <param name="args">The arguments.</param>
    /// <returns>A task for the result.</returns>
    public Task<TRes> InvokeAsync<TRes>(string methodName, CancellationToken cancellationToken, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(args);
        return Runtime.StartAsync<TRes>(this, methodName, args, cancellationToken);
    }

    /// <inheritdoc cref="InvokeAsync{TRes}(string, CancellationToken, object?[])"/>
    public Task<TRes> InvokeAsync<TRes>(string methodName, params object?[] args) => InvokeAsync<TRes>(methodName, CancellationToken.None, args);

    /// <summary>Calls a method that returns a task, and awaits it. The thread is free meanwhile.</summary>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="cancellationToken">
    /// Gives the call up at once, and signals the <see cref="CancellationToken"/> that the method takes, if it takes one that <paramref name="args"/> leaves out.
    /// </param>
    /// <param name="args">The arguments.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    public Task InvokeVoidAsync(string methodName, CancellationToken cancellationToken, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(args);
        return Runtime.StartAsync(this, methodName, args, cancellationToken);
    }

    /// <inheritdoc cref="InvokeVoidAsync(string, CancellationToken, object?[])"/>
    public Task InvokeVoidAsync(string methodName, params object?[] args) => InvokeVoidAsync(methodName, CancellationToken.None, args);

    private static Type?[] TypesOf(object?[] args) => Array.ConvertAll(args, a => a?.GetType());
}
