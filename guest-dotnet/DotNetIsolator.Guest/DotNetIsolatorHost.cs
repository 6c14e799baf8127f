using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <summary>Calls the functions that the host of this sandbox has registered.</summary>
/// <remarks>
/// Arguments and results are copied: numbers, strings, byte arrays, dates, collections, and objects by their members.
/// Everything here throws <see cref="PlatformNotSupportedException"/> outside a sandbox.
/// </remarks>
public static partial class DotNetIsolatorHost
{
    private static readonly bool s_isInside = Type.GetType("Isolator.Runtime.Entry, Isolator.Runtime") is not null;

    /// <summary>Whether this code runs inside a sandbox, so that there is a host to call.</summary>
    public static bool IsAvailable => s_isInside;

    /// <summary>Calls the function <paramref name="name"/> and waits for its result.</summary>
    /// <typeparam name="T">The type as which the result is read.</typeparam>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>The function's result.</returns>
    /// <exception cref="HostCallException">The host knows no such function, or it failed, or its result is no <typeparamref name="T"/>.</exception>
    public static T Invoke<T>(string name, params object?[]? args)
    {
        Check(name);
        return Inside.Invoke<T>(name, args);
    }

    /// <inheritdoc cref="Invoke{T}(string, object?[])"/>
    public static T Invoke<T>(string name)
    {
        Check(name);
        return Inside.Invoke<T>(name);
    }

    /// <summary>Calls the function <paramref name="name"/> and waits for its result.</summary>
    /// <typeparam name="T">The type as which the result is read.</typeparam>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="arg">Its argument.</param>
    /// <returns>The function's result.</returns>
    /// <exception cref="HostCallException">The host knows no such function, or it failed, or its result is no <typeparamref name="T"/>.</exception>
    public static T Invoke<T>(string name, int arg)
    {
        if (!s_isInside || name is null)
        {
            Refuse(name);
        }

        return Inside.Invoke<T>(name!, arg);
    }

    /// <inheritdoc cref="Invoke{T}(string, int)"/>
    public static T Invoke<T>(string name, object? arg)
    {
        Check(name);
        return Inside.Invoke<T>(name, arg);
    }

    /// <summary>Calls the function <paramref name="name"/> and waits for its result.</summary>
    /// <typeparam name="T">The type as which the result is read.</typeparam>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="arg1">Its first argument.</param>
    /// <param name="arg2">Its second argument.</param>
    /// <returns>The function's result.</returns>
    /// <exception cref="HostCallException">The host knows no such function, or it failed, or its result is no <typeparamref name="T"/>.</exception>
    public static T Invoke<T>(string name, object? arg1, object? arg2)
    {
        Check(name);
        return Inside.Invoke<T>(name, arg1, arg2);
    }

    /// <summary>Calls the function <paramref name="name"/> and waits until it is done.</summary>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">Its arguments.</param>
    /// <exception cref="HostCallException">The host knows no such function, or it failed.</exception>
    public static void Invoke(string name, params object?[]? args)
    {
        Check(name);
        Inside.Invoke(name, args);
    }

    /// <summary>Calls the function <paramref name="name"/> with bytes that are not serialized.</summary>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">The bytes it gets.</param>
    /// <returns>The bytes it returned.</returns>
    /// <exception cref="HostCallException">The host knows no such function, or it failed.</exception>
    [OverloadResolutionPriority(1)]
    public static byte[] InvokeRaw(string name, ReadOnlySpan<byte> args)
    {
        Check(name);
        return Inside.InvokeRaw(name, args);
    }

    /// <inheritdoc cref="InvokeRaw(string, ReadOnlySpan{byte})"/>
    [OverloadResolutionPriority(1)]
    public static byte[] InvokeRaw(string name, byte[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return InvokeRaw(name, args.AsSpan());
    }

    /// <summary>Calls the function <paramref name="name"/>, which takes any number of byte arrays and returns one.</summary>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">Its arguments. A single one is not serialized.</param>
    /// <returns>The bytes it returned.</returns>
    /// <exception cref="HostCallException">The host knows no such function, or it failed.</exception>
    public static byte[] InvokeRaw(string name, params byte[]?[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return args is [{ } only] ? InvokeRaw(name, only.AsSpan()) : Invoke<byte[]>(name, [.. args]);
    }

    /// <inheritdoc cref="InvokeRaw(string, byte[][])"/>
    /// <typeparam name="T">Has no meaning: it is there for code that says it.</typeparam>
    public static byte[] InvokeRaw<T>(string name, params byte[]?[] args) => InvokeRaw(name, args);

    /// <summary>Starts the function <paramref name="name"/>; the host may take its time while other work goes on.</summary>
    /// <typeparam name="T">The type as which the result is read.</typeparam>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>A task that ends with the function's result, or with a <see cref="HostCallException"/>.</returns>
    public static Task<T> InvokeAsync<T>(string name, params object?[]? args) => InvokeAsync<T>(name, CancellationToken.None, args);

    /// <summary>Starts the function <paramref name="name"/>.</summary>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>A task that ends when the function does.</returns>
    public static Task InvokeAsync(string name, params object?[]? args) => InvokeAsync(name, CancellationToken.None, args);

    /// <summary>Starts the function <paramref name="name"/>; the host is told when the token is cancelled.</summary>
    /// <typeparam name="T">The type as which the result is read.</typeparam>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="cancellationToken">Gives up the result.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>A task that ends with the function's result, or with a <see cref="HostCallException"/>.</returns>
    public static Task<T> InvokeAsync<T>(string name, CancellationToken cancellationToken, params object?[]? args)
    {
        Check(name);
        return Inside.InvokeAsync<T>(name, args, cancellationToken);
    }

    /// <summary>Starts the function <paramref name="name"/>; the host is told when the token is cancelled.</summary>
    /// <param name="name">The name under which the host registered it.</param>
    /// <param name="cancellationToken">Gives up the result.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>A task that ends when the function does.</returns>
    public static Task InvokeAsync(string name, CancellationToken cancellationToken, params object?[]? args)
    {
        Check(name);
        return Inside.InvokeAsync<object?>(name, args, cancellationToken);
    }

    private static void Check(string name)
    {
        if (!s_isInside || name is null)
        {
            Refuse(name);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Refuse(string? name)
    {
        ArgumentNullException.ThrowIfNull(name);
        throw new PlatformNotSupportedException(
            $"The host function '{name}' can be called only by code that runs inside an isolated runtime; this is an ordinary process.");
    }

    /// <summary>What only exists inside: kept apart, so that nothing of it is loaded elsewhere.</summary>
    private static partial class Inside
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static T Invoke<T>(string name, object?[]? args)
        {
            try
            {
                // A lone null is an argument, too: the compiler passes it as the whole array.
                return End<T>(name, HostCalls.Begin(name, args ?? [null]));
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static T Invoke<T>(string name)
        {
            try
            {
                return End<T>(name, HostCalls.Begin(0));
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static T Invoke<T>(string name, int arg)
        {
            try
            {
                if (typeof(T) == typeof(int))
                {
                    int number = HostCalls.CallInt32(name, arg);
                    return Unsafe.As<int, T>(ref number);
                }

                WireWriter writer = HostCalls.Begin(1);
                writer.WriteInt64(arg);
                return End<T>(name, writer);
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static T Invoke<T>(string name, object? arg)
        {
            try
            {
                WireWriter writer = HostCalls.Begin(1);
                HostCalls.Write(name, writer, arg, alone: true);
                return End<T>(name, writer);
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static T Invoke<T>(string name, object? arg1, object? arg2)
        {
            try
            {
                WireWriter writer = HostCalls.Begin(2);
                HostCalls.Write(name, writer, arg1, alone: false);
                HostCalls.Write(name, writer, arg2, alone: false);
                return End<T>(name, writer);
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Invoke(string name, object?[]? args)
        {
            try
            {
                HostCalls.End(name, HostCalls.Begin(name, args ?? [null]));
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static byte[] InvokeRaw(string name, ReadOnlySpan<byte> args)
        {
            try
            {
                return HostCalls.CallRaw(name, args);
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static async Task<T> InvokeAsync<T>(string name, object?[]? args, CancellationToken cancellationToken)
        {
            try
            {
                byte[] bytes = await HostCalls.StartAsync(name, args ?? [null], cancellationToken).ConfigureAwait(false);
                return Read<T>(name, bytes);
            }
            catch (HostCallFailedException e)
            {
                throw Public(e);
            }
        }

        private static T End<T>(string name, WireWriter writer)
        {
            T result = default!;
            HostCalls.End(name, writer, PlanOf<T>.Plan, ref Unsafe.As<T, byte>(ref result));
            return result;
        }

        private static T Read<T>(string name, byte[] bytes)
        {
            T result = default!;
            HostCalls.ReadResult(name, bytes, PlanOf<T>.Plan, ref Unsafe.As<T, byte>(ref result));
            return result;
        }

        private static HostCallException Public(HostCallFailedException e) => new(
            e.Message,
            e.Kind switch
            {
                FailureKind.UnknownCallback => HostCallReason.UnknownName,
                FailureKind.CallbackDepth => HostCallReason.TooDeep,
                FailureKind.CallbackBlocked => HostCallReason.Asynchronous,
                _ => HostCallReason.Failed,
            },
            e.Number);

        /// <summary>Looked up once for each type of result.</summary>
        private static class PlanOf<T>
        {
            public static readonly TypePlan Plan = Plans.For(typeof(T));
        }
    }
}
