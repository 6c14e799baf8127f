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
        if (call.Arguments.IsEmpty && call.Method.GivesNumber<TRes>())
        {
            call.Arguments.Return();
            return call.Method.Invoke<TRes>(call.Target);
        }

        return EndCall<TRes>(call.Method, call.Target, call.Arguments);
    }

    /// <summary>Runs an asynchronous lambda in the guest, with a copy of what it captures.</summary>
    /// <param name="value">The lambda.</param>
    /// <param name="cancellationToken">Gives the call up at once. A lambda that has begun goes on with later calls, within the limits.</param>
    /// <returns>A task that ends when the guest's does.</returns>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures cannot cross.</exception>
    public Task InvokeAsync(Func<Task> value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return StartAsync(value, cancellationToken);
    }

    /// <summary>Runs an asynchronous lambda in the guest, with a copy of what it captures.</summary>
    /// <typeparam name="TRes">Type of the task's result.</typeparam>
    /// <param name="value">The lambda.</param>
    /// <param name="cancellationToken">Gives the call up at once. A lambda that has begun goes on with later calls, within the limits.</param>
    /// <returns>A task for a copy of the result.</returns>
    /// <exception cref="IsolatedException">It threw, its assembly is not to be found, or what it captures or returns cannot cross.</exception>
    public Task<TRes> InvokeAsync<TRes>(Func<Task<TRes>> value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return StartAsync<TRes>(value, cancellationToken);
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

    /// <summary>A lambda and what it captures, written before the runtime is needed.</summary>
    private readonly record struct Captured(MethodInfo Code, object? Target, ArgumentWriter? State, ArgumentWriter Arguments);

    private Prepared Prepare(Delegate value) => Place(Capture(value));

    private Captured Capture(Delegate value)
    {
        MethodInfo code = Lambdas.CodeOf(value);
        object? captured = value.Target;
        if (code.IsStatic)
        {
            // A static method with a target is one that extends it.
            bool extends = captured is not null && code.GetParameters().Length > 0;
            ArgumentWriter arguments = BeginCall(extends ? 1 : 0);
            if (extends)
            {
                arguments.AddDeclared(code.GetParameters()[0].ParameterType, captured, "The object");
            }

            return new Captured(code, captured, null, arguments);
        }

        // What the compiler made for lambdas that capture nothing has no state, so one of it will do.
        ArgumentWriter? state = Lambdas.IsStateless(captured!.GetType()) ? null : WriteCaptured(captured, value);
        return new Captured(code, captured, state, BeginCall(0));
    }

    private Prepared Place(Captured call)
    {
        try
        {
            return PlaceFound(call);
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.AssemblyNotFound)
        {
            throw NotFound.Told(e);
        }
    }

    private Prepared PlaceFound(Captured call)
    {
        MethodInfo code = call.Code;
        bool isStatic = code.IsStatic;
        if (!isStatic && call is { State: null, Target: { } holder } && Ready(code, holder.GetType()) is { } ready)
        {
            return new Prepared(ready.Method, ready.Target, owned: false, call.Arguments);
        }

        GuestType type = TypeFor(!isStatic && call.Target is not null ? call.Target.GetType() : code.DeclaringType!);
        IsolatedMethod method = LambdaMethod(code, type);
        if (isStatic)
        {
            return new Prepared(method, null, owned: false, call.Arguments);
        }

        if (call.State is not null)
        {
            return new Prepared(method, Copy(type, call.State), owned: true, call.Arguments);
        }

        if ((type.Stateless ?? (type.Stateless = FoundStateless(call.Target!.GetType(), type))) is not { } shared)
        {
            ArgumentWriter writer = ArgumentWriter.Rent(null);
            writer.AddNoMembers();
            type.Stateless = shared = Copy(type, writer);
        }

        return new Prepared(method, shared, owned: false, call.Arguments);
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

        IsolatedMethod method = FoundLambda(code) ?? LookupLambda(code, type);
        lock (_lambdas)
        {
            _lambdas.TryAdd(code, method);
        }

        return method;
    }

    private IsolatedMethod LookupLambda(MethodInfo code, GuestType type)
    {
        GuestType owner = code.DeclaringType is { } declaring && !code.IsStatic ? TypeFor(declaring) : type;
        Type[] parameters = Array.ConvertAll(code.GetParameters(), p => p.ParameterType);
        return code.IsGenericMethod
            ? Lookup(owner, code.Name, parameters.Length, null, code.GetGenericArguments())
            : Lookup(owner, code.Name, -1, parameters, null);
    }

    private static ArgumentWriter WriteCaptured(object captured, Delegate value)
    {
        ArgumentWriter writer = ArgumentWriter.Rent(null);
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

        return writer;
    }
}
