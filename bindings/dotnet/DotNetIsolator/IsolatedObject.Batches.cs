// Made by `cargo xtask codegen` from xtask/src/overloads.rs: do not edit.
using System;

namespace DotNetIsolator;

/// <content>Many calls at once, by a method's name.</content>
public sealed partial class IsolatedObject
{
    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<TRes>(string methodName, Span<TRes> results)
        where TRes : unmanaged =>
        FindForCall(methodName, 0).InvokeBatch(this, results);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, TRes>(string methodName, ReadOnlySpan<T0> args0, Span<TRes> results)
        where T0 : unmanaged
        where TRes : unmanaged =>
        FindForCall(methodName, 1, typeof(T0)).InvokeBatch(this, args0, results);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, T1, TRes>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where TRes : unmanaged =>
        FindForCall(methodName, 2, typeof(T0), typeof(T1)).InvokeBatch(this, args0, args1, results);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, T1, T2, TRes>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where TRes : unmanaged =>
        FindForCall(methodName, 3, typeof(T0), typeof(T1), typeof(T2)).InvokeBatch(this, args0, args1, args2, results);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="args3">The fourth argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, T1, T2, T3, TRes>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TRes : unmanaged =>
        FindForCall(methodName, 4, typeof(T0), typeof(T1), typeof(T2), typeof(T3)).InvokeBatch(this, args0, args1, args2, args3, results);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0>(string methodName, ReadOnlySpan<T0> args0)
        where T0 : unmanaged =>
        FindForCall(methodName, 1, typeof(T0)).InvokeBatchVoid(this, args0);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1)
        where T0 : unmanaged
        where T1 : unmanaged =>
        FindForCall(methodName, 2, typeof(T0), typeof(T1)).InvokeBatchVoid(this, args0, args1);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1, T2>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged =>
        FindForCall(methodName, 3, typeof(T0), typeof(T1), typeof(T2)).InvokeBatchVoid(this, args0, args1, args2);

    /// <summary>
    /// Finds a method by name and number of arguments, and calls it once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <param name="methodName">The method's name. It need not be public.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="args3">The fourth argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1, T2, T3>(string methodName, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged =>
        FindForCall(methodName, 4, typeof(T0), typeof(T1), typeof(T2), typeof(T3)).InvokeBatchVoid(this, args0, args1, args2, args3);
}
