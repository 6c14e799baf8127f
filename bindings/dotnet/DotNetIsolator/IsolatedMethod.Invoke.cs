using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <content>Calls with any number of arguments.</content>
public sealed partial class IsolatedMethod
{
    /// <summary>Calls the method.</summary>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<TRes>(IsolatedObject? instance)
    {
        if (_scalar is { Length: 1 } scalar && scalar[0] == Scalar<TRes>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, 0, 0, 0, 0));
        }

        ArgumentWriter call = Runtime.BeginCall(0);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, TRes>(IsolatedObject? instance, T0 param0)
    {
        if (_scalar is { Length: 2 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), 0, 0, 0));
        }

        ArgumentWriter call = Runtime.BeginCall(1);
        call.Add(param0);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, TRes>(IsolatedObject? instance, T0 param0, T1 param1)
    {
        if (_scalar is { Length: 3 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), 0, 0));
        }

        ArgumentWriter call = Runtime.BeginCall(2);
        call.Add(param0);
        call.Add(param1);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2)
    {
        if (_scalar is { Length: 4 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), 0));
        }

        ArgumentWriter call = Runtime.BeginCall(3);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3)
    {
        if (_scalar is { Length: 5 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3)));
        }

        ArgumentWriter call = Runtime.BeginCall(4);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4)
    {
        ArgumentWriter call = Runtime.BeginCall(5);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5)
    {
        ArgumentWriter call = Runtime.BeginCall(6);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, T6, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6)
    {
        ArgumentWriter call = Runtime.BeginCall(7);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        call.Add(param6);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

    /// <summary>Calls the method.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="T7">Type of the eighth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <param name="param7">The eighth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">The method threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, T6, T7, TRes>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6, T7 param7)
    {
        ArgumentWriter call = Runtime.BeginCall(8);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        call.Add(param6);
        call.Add(param7);
        return Runtime.EndCall<TRes>(this, instance, call);
    }

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
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid(IsolatedObject? instance)
    {
        ArgumentWriter call = Runtime.BeginCall(0);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0>(IsolatedObject? instance, T0 param0)
    {
        ArgumentWriter call = Runtime.BeginCall(1);
        call.Add(param0);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1>(IsolatedObject? instance, T0 param0, T1 param1)
    {
        ArgumentWriter call = Runtime.BeginCall(2);
        call.Add(param0);
        call.Add(param1);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2)
    {
        ArgumentWriter call = Runtime.BeginCall(3);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3)
    {
        ArgumentWriter call = Runtime.BeginCall(4);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4)
    {
        ArgumentWriter call = Runtime.BeginCall(5);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5)
    {
        ArgumentWriter call = Runtime.BeginCall(6);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5, T6>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6)
    {
        ArgumentWriter call = Runtime.BeginCall(7);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        call.Add(param6);
        Runtime.EndCall(this, instance, call);
    }

    /// <summary>Calls the method and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="T7">Type of the eighth argument.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <param name="param7">The eighth argument.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5, T6, T7>(IsolatedObject? instance, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6, T7 param7)
    {
        ArgumentWriter call = Runtime.BeginCall(8);
        call.Add(param0);
        call.Add(param1);
        call.Add(param2);
        call.Add(param3);
        call.Add(param4);
        call.Add(param5);
        call.Add(param6);
        call.Add(param7);
        Runtime.EndCall(this, instance, call);
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
