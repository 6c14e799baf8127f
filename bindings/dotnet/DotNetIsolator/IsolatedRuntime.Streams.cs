using System;
using System.Collections.Generic;
using DotNetIsolator.Interop;
using DotNetIsolator.Streams;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <content>Sequences that come element by element.</content>
public sealed partial class IsolatedRuntime
{
    /// <summary>Reads the sequence that a lambda makes in the guest, element by element.</summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <param name="value">The lambda. What it captures is copied now; it runs with the first element of each enumeration.</param>
    /// <returns>
    /// The sequence. An element is made when it is asked for, and no call is under way in between: the runtime may be used for others. The token of an enumeration
    /// (<c>WithCancellation</c>) ends a wait at once and reaches the guest's token; an enumeration that is left early runs the guest's <c>finally</c> blocks.
    /// Time limits of a call hold for each element.
    /// </returns>
    /// <exception cref="IsolatedException">Its assembly is not to be found, or what it captures cannot cross. What the lambda throws comes with the enumeration.</exception>
    public IAsyncEnumerable<T> InvokeStream<T>(Func<IAsyncEnumerable<T>> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return StreamOf<T>(Prepare(value));
    }

    /// <inheritdoc cref="InvokeStream{T}(Func{IAsyncEnumerable{T}})"/>
    public IAsyncEnumerable<T> InvokeStream<T>(Func<IEnumerable<T>> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return StreamOf<T>(Prepare(value));
    }

    /// <summary>A sequence of what a method gives.</summary>
    internal GuestStream<T> StreamOf<T>(IsolatedMethod method, IsolatedObject? instance, object?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return StreamOf<T>(method, instance, Write(args), args);
    }

    /// <summary>A sequence of what a method gives. The writer is given back.</summary>
    internal GuestStream<T> StreamOf<T>(IsolatedMethod method, IsolatedObject? instance, ArgumentWriter args, object? kept)
    {
        byte[] bytes;
        try
        {
            CheckOwner(instance);
            bytes = args.ToArray();
        }
        finally
        {
            args.Return();
        }

        return new GuestStream<T>(this, () => NativeRuntime.StreamOf(method.Handle, instance?.Handle, bytes), (instance, kept));
    }

    private GuestStream<T> StreamOf<T>(Prepared call) => StreamOf<T>(call.Method, call.Target, call.Arguments, null);

    /// <summary>Reads an element that a guest gave, or the end, and gives its memory back.</summary>
    internal unsafe Element<T> ReadElement<T>(NativeBytes bytes)
    {
        try
        {
            WireReader reader = new(bytes.Data, bytes.Length);
            int count;
            try
            {
                count = reader.ReadArrayHeader();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw ErrorMapping.Unreadable(typeof(T), e);
            }

            if (count == 0)
            {
                return default;
            }

            return new Element<T>(true, ReadValue<T>(reader.Pointer, reader.Remaining));
        }
        finally
        {
            bytes.Dispose();
        }
    }
}
