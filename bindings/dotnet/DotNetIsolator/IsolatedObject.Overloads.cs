// Made by `cargo xtask codegen` from xtask/src/overloads.rs: do not edit.
namespace DotNetIsolator;

/// <content>Calls by a method's name, with so many arguments.</content>
public sealed partial class IsolatedObject
{
    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<TRes>(string methodName) =>
        FindForCall(methodName, 0).Invoke<TRes>(this);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, TRes>(string methodName, T0 param0) =>
        FindForCall(methodName, 1, typeof(T0)).Invoke<T0, TRes>(this, param0);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, TRes>(string methodName, T0 param0, T1 param1) =>
        FindForCall(methodName, 2, typeof(T0), typeof(T1)).Invoke<T0, T1, TRes>(this, param0, param1);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, TRes>(string methodName, T0 param0, T1 param1, T2 param2) =>
        FindForCall(methodName, 3, typeof(T0), typeof(T1), typeof(T2)).Invoke<T0, T1, T2, TRes>(this, param0, param1, param2);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, TRes>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3) =>
        FindForCall(methodName, 4, typeof(T0), typeof(T1), typeof(T2), typeof(T3)).Invoke<T0, T1, T2, T3, TRes>(this, param0, param1, param2, param3);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, TRes>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4) =>
        FindForCall(methodName, 5, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4)).Invoke<T0, T1, T2, T3, T4, TRes>(this, param0, param1, param2, param3, param4);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, TRes>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5) =>
        FindForCall(methodName, 6, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5)).Invoke<T0, T1, T2, T3, T4, T5, TRes>(this, param0, param1, param2, param3, param4, param5);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, T6, TRes>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6) =>
        FindForCall(methodName, 7, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6)).Invoke<T0, T1, T2, T3, T4, T5, T6, TRes>(this, param0, param1, param2, param3, param4, param5, param6);

    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="T7">Type of the eighth argument.</typeparam>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <param name="param7">The eighth argument.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument or the result cannot cross.</exception>
    public TRes Invoke<T0, T1, T2, T3, T4, T5, T6, T7, TRes>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6, T7 param7) =>
        FindForCall(methodName, 8, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6), typeof(T7)).Invoke<T0, T1, T2, T3, T4, T5, T6, T7, TRes>(this, param0, param1, param2, param3, param4, param5, param6, param7);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid(string methodName) =>
        FindForCall(methodName, 0).InvokeVoid(this);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0>(string methodName, T0 param0) =>
        FindForCall(methodName, 1, typeof(T0)).InvokeVoid<T0>(this, param0);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1>(string methodName, T0 param0, T1 param1) =>
        FindForCall(methodName, 2, typeof(T0), typeof(T1)).InvokeVoid<T0, T1>(this, param0, param1);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2>(string methodName, T0 param0, T1 param1, T2 param2) =>
        FindForCall(methodName, 3, typeof(T0), typeof(T1), typeof(T2)).InvokeVoid<T0, T1, T2>(this, param0, param1, param2);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3) =>
        FindForCall(methodName, 4, typeof(T0), typeof(T1), typeof(T2), typeof(T3)).InvokeVoid<T0, T1, T2, T3>(this, param0, param1, param2, param3);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4) =>
        FindForCall(methodName, 5, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4)).InvokeVoid<T0, T1, T2, T3, T4>(this, param0, param1, param2, param3, param4);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5) =>
        FindForCall(methodName, 6, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5)).InvokeVoid<T0, T1, T2, T3, T4, T5>(this, param0, param1, param2, param3, param4, param5);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5, T6>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6) =>
        FindForCall(methodName, 7, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6)).InvokeVoid<T0, T1, T2, T3, T4, T5, T6>(this, param0, param1, param2, param3, param4, param5, param6);

    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>
    /// <typeparam name="T0">Type of the first argument.</typeparam>
    /// <typeparam name="T1">Type of the second argument.</typeparam>
    /// <typeparam name="T2">Type of the third argument.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument.</typeparam>
    /// <typeparam name="T4">Type of the fifth argument.</typeparam>
    /// <typeparam name="T5">Type of the sixth argument.</typeparam>
    /// <typeparam name="T6">Type of the seventh argument.</typeparam>
    /// <typeparam name="T7">Type of the eighth argument.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="param0">The first argument.</param>
    /// <param name="param1">The second argument.</param>
    /// <param name="param2">The third argument.</param>
    /// <param name="param3">The fourth argument.</param>
    /// <param name="param4">The fifth argument.</param>
    /// <param name="param5">The sixth argument.</param>
    /// <param name="param6">The seventh argument.</param>
    /// <param name="param7">The eighth argument.</param>
    /// <exception cref="IsolatedException">There is no such method, it threw, or an argument cannot cross.</exception>
    public void InvokeVoid<T0, T1, T2, T3, T4, T5, T6, T7>(string methodName, T0 param0, T1 param1, T2 param2, T3 param3, T4 param4, T5 param5, T6 param6, T7 param7) =>
        FindForCall(methodName, 8, typeof(T0), typeof(T1), typeof(T2), typeof(T3), typeof(T4), typeof(T5), typeof(T6), typeof(T7)).InvokeVoid<T0, T1, T2, T3, T4, T5, T6, T7>(this, param0, param1, param2, param3, param4, param5, param6, param7);
}
