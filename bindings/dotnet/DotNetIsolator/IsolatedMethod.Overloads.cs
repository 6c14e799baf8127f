// Made by `cargo xtask codegen` from xtask/src/overloads.rs: do not edit.
namespace DotNetIsolator;

/// <content>Calls with so many arguments.</content>
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
        if (_scalar is { Length: 6 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), 0, 0, 0));
        }

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
        if (_scalar is { Length: 7 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), 0, 0));
        }

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
        if (_scalar is { Length: 8 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter && scalar[7] == Scalar<T6>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), Scalar<T6>.ToBits(param6), 0));
        }

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
        if (_scalar is { Length: 9 } scalar && scalar[0] == Scalar<TRes>.Letter && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter && scalar[7] == Scalar<T6>.Letter && scalar[8] == Scalar<T7>.Letter)
        {
            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), Scalar<T6>.ToBits(param6), Scalar<T7>.ToBits(param7)));
        }

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

    /// <summary>Calls the method and drops its result.</summary>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <exception cref="IsolatedException">The method threw, or an argument cannot cross.</exception>
    public void InvokeVoid(IsolatedObject? instance)
    {
        if (_scalar is { Length: 1 })
        {
            Runtime.InvokeScalar(this, instance, 0, 0, 0, 0);
            return;
        }

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
        if (_scalar is { Length: 2 } scalar && scalar[1] == Scalar<T0>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), 0, 0, 0);
            return;
        }

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
        if (_scalar is { Length: 3 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), 0, 0);
            return;
        }

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
        if (_scalar is { Length: 4 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), 0);
            return;
        }

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
        if (_scalar is { Length: 5 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3));
            return;
        }

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
        if (_scalar is { Length: 6 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), 0, 0, 0);
            return;
        }

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
        if (_scalar is { Length: 7 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), 0, 0);
            return;
        }

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
        if (_scalar is { Length: 8 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter && scalar[7] == Scalar<T6>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), Scalar<T6>.ToBits(param6), 0);
            return;
        }

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
        if (_scalar is { Length: 9 } scalar && scalar[1] == Scalar<T0>.Letter && scalar[2] == Scalar<T1>.Letter && scalar[3] == Scalar<T2>.Letter && scalar[4] == Scalar<T3>.Letter && scalar[5] == Scalar<T4>.Letter && scalar[6] == Scalar<T5>.Letter && scalar[7] == Scalar<T6>.Letter && scalar[8] == Scalar<T7>.Letter)
        {
            Runtime.InvokeScalar(this, instance, Scalar<T0>.ToBits(param0), Scalar<T1>.ToBits(param1), Scalar<T2>.ToBits(param2), Scalar<T3>.ToBits(param3), Scalar<T4>.ToBits(param4), Scalar<T5>.ToBits(param5), Scalar<T6>.ToBits(param6), Scalar<T7>.ToBits(param7));
            return;
        }

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
}
