using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Closures;

namespace DotNetIsolator;

/// <content>Calls of lambdas, local functions and method groups.</content>
public sealed partial class IsolatedRuntime
{
    private readonly Dictionary<MethodInfo, IsolatedMethod> _lambdas = [];

    /// <summary>Runs a lambda in the guest, with a copy of what it captures.</summary>
    /// <param name="value">The lambda. What it changes, it changes inside.</param>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures cannot cross.</exception>
    public void Invoke(Action value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Prepared call = Prepare(value);
        EndCall(call.Method, call.Target, call.Arguments);
    }

    /// <summary>Runs a lambda in the guest, with a copy of what it captures.</summary>
    /// <typeparam name="TRes">Type of the result; <see cref="IsolatedObject"/> keeps it in the guest.</typeparam>
    /// <param name="value">The lambda. What it changes, it changes inside.</param>
    /// <returns>A copy of the result.</returns>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures or returns cannot cross.</exception>
    public TRes Invoke<TRes>(Func<TRes> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Prepared call = Prepare(value);
        return EndCall<TRes>(call.Method, call.Target, call.Arguments);
    }

    /// <summary>Runs an asynchronous lambda in the guest, with a copy of what it captures.</summary>
    /// <param name="value">The lambda.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures cannot cross.</exception>
    public async Task InvokeAsync(Func<Task> value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Prepared call = Prepare(value);
        await StartAsync(call.Method, call.Target, call.Arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs an asynchronous lambda in the guest, with a copy of what it captures.</summary>
    /// <typeparam name="TRes">Type of the task's result.</typeparam>
    /// <param name="value">The lambda.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task for a copy of the result.</returns>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures or returns cannot cross.</exception>
    public async Task<TRes> InvokeAsync<TRes>(Func<Task<TRes>> value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Prepared call = Prepare(value);
        return await StartAsync<TRes>(call.Method, call.Target, call.Arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything that the call of a delegate needs.</summary>
    private readonly struct Prepared(IsolatedMethod method, IsolatedObject? target, bool owned, ArgumentWriter arguments) : IDisposable
    {
        public IsolatedMethod Method { get; } = method;

        public IsolatedObject? Target { get; } = target;

        public ArgumentWriter Arguments { get; } = arguments;

        public void Dispose()
        {
            if (owned)
            {
                Target!.Dispose();
            }
        }
    }

    private Prepared Prepare(Delegate value)
    {
        MethodInfo code = Lambdas.CodeOf(value);
        object? captured = value.Target;
        Type declaring = code.DeclaringType!;
        bool isStatic = code.IsStatic;
        GuestType type = TypeFor(!isStatic && captured is not null ? captured.GetType() : declaring);
        IsolatedMethod method = LambdaMethod(code, type);
        if (isStatic)
        {
            // A static method with a target is one that extends it.
            bool extends = captured is not null && code.GetParameters().Length > 0;
            ArgumentWriter arguments = BeginCall(extends ? 1 : 0);
            if (extends)
            {
                arguments.AddDeclared(code.GetParameters()[0].ParameterType, captured, "The object");
            }

            return new Prepared(method, null, owned: false, arguments);
        }

        (IsolatedObject target, bool owned) = CopyCaptured(type, captured!, value);
        return new Prepared(method, target, owned, BeginCall(0));
    }

    private IsolatedMethod LambdaMethod(MethodInfo code, GuestType type)
    {
        lock (_lambdas)
        {
            if (_lambdas.TryGetValue(code, out IsolatedMethod? known))
            {
                return known;
            }
        }

        GuestType owner = code.DeclaringType is { } declaring && !code.IsStatic ? TypeFor(declaring) : type;
        Type[] parameters = Array.ConvertAll(code.GetParameters(), p => p.ParameterType);
        IsolatedMethod method = code.IsGenericMethod
            ? Lookup(owner, code.Name, parameters.Length, null, code.GetGenericArguments())
            : Lookup(owner, code.Name, -1, parameters, null);
        lock (_lambdas)
        {
            _lambdas.TryAdd(code, method);
        }

        return method;
    }

    private (IsolatedObject Target, bool Owned) CopyCaptured(GuestType type, object captured, Delegate value)
    {
        // What the compiler made for lambdas that capture nothing has no state, so one of it will do.
        bool stateless = Lambdas.IsStateless(captured.GetType());
        if (stateless && type.Stateless is { } shared)
        {
            return (shared, false);
        }

        ArgumentWriter writer = ArgumentWriter.Rent(null);
        if (stateless)
        {
            writer.AddNoMembers();
            type.Stateless = Copy(type, writer);
            return (type.Stateless, false);
        }

        try
        {
            if (UsedFields.IsClosure(captured.GetType()))
            {
                writer.AddClosure(value.Method, captured);
            }
            else
            {
                writer.AddDeclared(captured.GetType(), captured, "this");
            }
        }
        catch (IsolatedException e)
        {
            throw Lambdas.CannotCapture(value, captured, e);
        }

        return (Copy(type, writer), true);
    }
}
