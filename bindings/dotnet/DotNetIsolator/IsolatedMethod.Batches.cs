// Made by `cargo xtask codegen` from xtask/src/overloads.rs: do not edit.
using System;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Many calls at once.</content>
public sealed partial class IsolatedMethod
{
    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<TRes>(Span<TRes> results)
        where TRes : unmanaged =>
        InvokeBatch(null, results);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatch<TRes>(IsolatedObject? instance, Span<TRes> results)
        where TRes : unmanaged
    {
        int count = results.Length;
        fixed (TRes* start = results)
        {
            BatchColumn* columns = null;
            Runtime.InvokeBatch(this, instance, columns, 0, BatchColumn.Of(start, nameof(results)), count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, TRes>(ReadOnlySpan<T0> args0, Span<TRes> results)
        where T0 : unmanaged
        where TRes : unmanaged =>
        InvokeBatch(null, args0, results);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatch<T0, TRes>(IsolatedObject? instance, ReadOnlySpan<T0> args0, Span<TRes> results)
        where T0 : unmanaged
        where TRes : unmanaged
    {
        int count = results.Length;
        CheckLength(args0.Length, count, nameof(args0));
        fixed (T0* start0 = args0)
        fixed (TRes* start = results)
        {
            BatchColumn* columns = stackalloc BatchColumn[1];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            Runtime.InvokeBatch(this, instance, columns, 1, BatchColumn.Of(start, nameof(results)), count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, T1, TRes>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where TRes : unmanaged =>
        InvokeBatch(null, args0, args1, results);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatch<T0, T1, TRes>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where TRes : unmanaged
    {
        int count = results.Length;
        CheckLength(args0.Length, count, nameof(args0));
        CheckLength(args1.Length, count, nameof(args1));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        fixed (TRes* start = results)
        {
            BatchColumn* columns = stackalloc BatchColumn[2];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            Runtime.InvokeBatch(this, instance, columns, 2, BatchColumn.Of(start, nameof(results)), count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatch<T0, T1, T2, TRes>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where TRes : unmanaged =>
        InvokeBatch(null, args0, args1, args2, results);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="results">Where the results go: as many calls are made.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made, and their results are in place; those
    /// after it were not. Or the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatch<T0, T1, T2, TRes>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where TRes : unmanaged
    {
        int count = results.Length;
        CheckLength(args0.Length, count, nameof(args0));
        CheckLength(args1.Length, count, nameof(args1));
        CheckLength(args2.Length, count, nameof(args2));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        fixed (T2* start2 = args2)
        fixed (TRes* start = results)
        {
            BatchColumn* columns = stackalloc BatchColumn[3];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            columns[2] = BatchColumn.Of(start2, nameof(args2));
            Runtime.InvokeBatch(this, instance, columns, 3, BatchColumn.Of(start, nameof(results)), count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
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
    public void InvokeBatch<T0, T1, T2, T3, TRes>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TRes : unmanaged =>
        InvokeBatch(null, args0, args1, args2, args3, results);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments, and its result becomes the n-th of <paramref name="results"/>.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="TRes">Type of the result, which is the method's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
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
    public unsafe void InvokeBatch<T0, T1, T2, T3, TRes>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3, Span<TRes> results)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
        where TRes : unmanaged
    {
        int count = results.Length;
        CheckLength(args0.Length, count, nameof(args0));
        CheckLength(args1.Length, count, nameof(args1));
        CheckLength(args2.Length, count, nameof(args2));
        CheckLength(args3.Length, count, nameof(args3));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        fixed (T2* start2 = args2)
        fixed (T3* start3 = args3)
        fixed (TRes* start = results)
        {
            BatchColumn* columns = stackalloc BatchColumn[4];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            columns[2] = BatchColumn.Of(start2, nameof(args2));
            columns[3] = BatchColumn.Of(start3, nameof(args3));
            Runtime.InvokeBatch(this, instance, columns, 4, BatchColumn.Of(start, nameof(results)), count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0>(ReadOnlySpan<T0> args0)
        where T0 : unmanaged =>
        InvokeBatchVoid(null, args0);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatchVoid<T0>(IsolatedObject? instance, ReadOnlySpan<T0> args0)
        where T0 : unmanaged
    {
        int count = args0.Length;
        fixed (T0* start0 = args0)
        {
            BatchColumn* columns = stackalloc BatchColumn[1];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            Runtime.InvokeBatch(this, instance, columns, 1, BatchColumn.None, count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1)
        where T0 : unmanaged
        where T1 : unmanaged =>
        InvokeBatchVoid(null, args0, args1);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatchVoid<T0, T1>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1)
        where T0 : unmanaged
        where T1 : unmanaged
    {
        int count = args0.Length;
        CheckLength(args1.Length, count, nameof(args1));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        {
            BatchColumn* columns = stackalloc BatchColumn[2];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            Runtime.InvokeBatch(this, instance, columns, 2, BatchColumn.None, count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1, T2>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged =>
        InvokeBatchVoid(null, args0, args1, args2);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatchVoid<T0, T1, T2>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
    {
        int count = args0.Length;
        CheckLength(args1.Length, count, nameof(args1));
        CheckLength(args2.Length, count, nameof(args2));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        fixed (T2* start2 = args2)
        {
            BatchColumn* columns = stackalloc BatchColumn[3];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            columns[2] = BatchColumn.Of(start2, nameof(args2));
            Runtime.InvokeBatch(this, instance, columns, 3, BatchColumn.None, count);
        }
    }

    /// <summary>
    /// Calls a static method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="args3">The fourth argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public void InvokeBatchVoid<T0, T1, T2, T3>(ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged =>
        InvokeBatchVoid(null, args0, args1, args2, args3);

    /// <summary>
    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th
    /// element of each span of arguments.
    /// </summary>
    /// <typeparam name="T0">Type of the first argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T1">Type of the second argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T2">Type of the third argument, which is the parameter's exactly.</typeparam>
    /// <typeparam name="T3">Type of the fourth argument, which is the parameter's exactly.</typeparam>
    /// <param name="instance">The object to call it on; null for a static method.</param>
    /// <param name="args0">The first argument of each call.</param>
    /// <param name="args1">The second argument of each call.</param>
    /// <param name="args2">The third argument of each call.</param>
    /// <param name="args3">The fourth argument of each call.</param>
    /// <exception cref="System.ArgumentException">The spans are not equally long, or hold what is no number, bool or char.</exception>
    /// <exception cref="IsolatedException">
    /// A call threw: <see cref="IsolatedException.BatchElement"/> says which. Those before it were made; those after it were not. Or
    /// the method cannot be called so; then no call was made.
    /// </exception>
    public unsafe void InvokeBatchVoid<T0, T1, T2, T3>(IsolatedObject? instance, ReadOnlySpan<T0> args0, ReadOnlySpan<T1> args1, ReadOnlySpan<T2> args2, ReadOnlySpan<T3> args3)
        where T0 : unmanaged
        where T1 : unmanaged
        where T2 : unmanaged
        where T3 : unmanaged
    {
        int count = args0.Length;
        CheckLength(args1.Length, count, nameof(args1));
        CheckLength(args2.Length, count, nameof(args2));
        CheckLength(args3.Length, count, nameof(args3));
        fixed (T0* start0 = args0)
        fixed (T1* start1 = args1)
        fixed (T2* start2 = args2)
        fixed (T3* start3 = args3)
        {
            BatchColumn* columns = stackalloc BatchColumn[4];
            columns[0] = BatchColumn.Of(start0, nameof(args0));
            columns[1] = BatchColumn.Of(start1, nameof(args1));
            columns[2] = BatchColumn.Of(start2, nameof(args2));
            columns[3] = BatchColumn.Of(start3, nameof(args3));
            Runtime.InvokeBatch(this, instance, columns, 4, BatchColumn.None, count);
        }
    }
}
