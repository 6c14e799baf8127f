using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <content>Calls with any number of arguments.</content>
public sealed partial class IsolatedMethod
{
    /// <summary>Calls the method.</summary>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args">The arguments, any number.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<TRes>(IsolatedObject? instance, params object?[] args)
    {
        System.ArgumentNullException.ThrowIfNull(args);
        ArgumentWriter call = Runtime.BeginCall(args.Length);
        foreach (object? arg in args)
        {
            call.AddAs(arg);
        }

        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args">The arguments, any number.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid(IsolatedObject? instance, params object?[] args)
    {
        System.ArgumentNullException.ThrowIfNull(args);
        ArgumentWriter call = Runtime.BeginCall(args.Length);
        foreach (object? arg in args)
        {
            call.AddAs(arg);
        }

        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls a method that returns a task, and awaits it. The thread is free meanwhile.</summary>
    /// <typeparam name="TRes">Type of the task's result.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="cancellationToken">
    /// Gives the call up at once, and signals the <see cref="CancellationToken"/> that the method takes, if it takes one that <paramref name="args"/> leaves out.
    /// </param>
    /// <param name="args">The arguments.</param>
    /// <returns>A task for the result.</returns>
    public Task<TRes> InvokeAsync<TRes>(IsolatedObject? instance, CancellationToken cancellationToken, params object?[] args) =>
        Runtime.StartAsync<TRes>(this, instance, args, cancellationToken);

    /// <inheritdoc cref="InvokeAsync{TRes}(IsolatedObject?, CancellationToken, object?[])"/>
    public Task<TRes> InvokeAsync<TRes>(IsolatedObject? instance, params object?[] args) =>
        Runtime.StartAsync<TRes>(this, instance, args, CancellationToken.None);

    /// <summary>Calls a method that returns a task, and awaits it. The thread is free meanwhile.</summary>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="cancellationToken">
    /// Gives the call up at once, and signals the <see cref="CancellationToken"/> that the method takes, if it takes one that <paramref name="args"/> leaves out.
    /// </param>
    /// <param name="args">The arguments.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    public Task InvokeVoidAsync(IsolatedObject? instance, CancellationToken cancellationToken, params object?[] args) =>
        Runtime.StartAsync(this, instance, args, cancellationToken);

    /// <inheritdoc cref="InvokeVoidAsync(IsolatedObject?, CancellationToken, object?[])"/>
    public Task InvokeVoidAsync(IsolatedObject? instance, params object?[] args) =>
        Runtime.StartAsync(this, instance, args, CancellationToken.None);
}
