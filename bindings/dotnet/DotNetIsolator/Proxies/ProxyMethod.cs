using System;
using System.Collections.Concurrent;
using System.Reflection;
using System.Threading;

namespace DotNetIsolator.Proxies;

/// <summary>A method of an interface, and how a call of it becomes one of a guest's object.</summary>
internal sealed class ProxyMethod
{
    private static readonly ConcurrentDictionary<MethodInfo, ProxyMethod> Known = new();

    private readonly MethodInfo _method;
    private readonly ParameterInfo[] _parameters;
    private readonly Type[] _types;
    private readonly int _passed;
    private readonly int[] _given;
    private readonly int _token = -1;
    private readonly string? _refusal;
    private readonly ProxyResult _result;

    private ProxyMethod(MethodInfo method)
    {
        _method = method;
        _parameters = method.GetParameters();
        _types = Array.ConvertAll(_parameters, p => p.ParameterType.IsByRef ? p.ParameterType.GetElementType()! : p.ParameterType);
        _given = [];
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (!IsOutOnly(_parameters[i]))
            {
                _passed++;
            }

            if (_parameters[i].ParameterType.IsByRef && !_parameters[i].IsIn)
            {
                _given = [.. _given, i];
            }

            if (_types[i] == typeof(CancellationToken))
            {
                _token = i;
            }
        }

        _refusal = RefusalOf(method, _types);
        _result = ProxyResult.Of(method.ReturnType);
    }

    /// <summary>The one for a method.</summary>
    public static ProxyMethod Of(MethodInfo method) => Known.GetOrAdd(method, static m => new ProxyMethod(m));

    /// <summary>Makes the call; what the method gives back through its parameters is put into <paramref name="args"/>.</summary>
    public object? Call(IsolatedObject target, object?[] args)
    {
        if (_refusal is not null)
        {
            throw new NotSupportedException(_refusal);
        }

        CancellationToken cancellation = _token >= 0 ? (CancellationToken)args[_token]! : CancellationToken.None;
        cancellation.ThrowIfCancellationRequested();
        IsolatedRuntime runtime = target.Runtime;
        IsolatedMethod method = runtime.FindInterfaceMethod(_method);
        ArgumentWriter writer = runtime.BeginCall(_passed);
        for (int i = 0; i < args.Length; i++)
        {
            if (IsOutOnly(_parameters[i]))
            {
                continue;
            }

            // A token has no form as a value; the guest makes one of its own.
            writer.AddDeclared(i == _token ? typeof(object) : _types[i], i == _token ? null : args[i], _parameters[i].Name ?? "an argument");
        }

        if (_given.Length == 0)
        {
            object? result = _result.Call(runtime, method, target, writer, args, cancellation);
            GC.KeepAlive(args);
            return result;
        }

        Type[] given = Array.ConvertAll(_given, i => _types[i]);
        Type[] types = _method.ReturnType == typeof(void) ? given : [_method.ReturnType, .. given];
        object?[] values = runtime.EndCall(method, target, writer, types);
        int first = types.Length - given.Length;
        for (int i = 0; i < given.Length; i++)
        {
            args[_given[i]] = values[first + i];
        }

        return first == 0 ? null : values[0];
    }

    private static bool IsOutOnly(ParameterInfo parameter) => parameter.IsOut && parameter.ParameterType.IsByRef;

    private static string? RefusalOf(MethodInfo method, Type[] types)
    {
        string name = $"{method.DeclaringType}.{method.Name}";
        if (method.IsSpecialName && (method.Name.StartsWith("add_", StringComparison.Ordinal) || method.Name.StartsWith("remove_", StringComparison.Ordinal)))
        {
            return $"The event {method.DeclaringType}.{method.Name[(method.Name.IndexOf('_', StringComparison.Ordinal) + 1)..]} of an object in an isolated runtime cannot be "
                + "used from here, for its handlers would have to go inside. Register a callback that guest code calls instead.";
        }

        foreach (Type type in types)
        {
            if (typeof(Delegate).IsAssignableFrom(type))
            {
                return $"{name} takes a {type}, and a delegate cannot go into an isolated runtime. Register a callback that guest code calls instead.";
            }
        }

        return null;
    }
}
