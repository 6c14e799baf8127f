using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <summary>What is made into an object that has an interface and leads to one of the host's.</summary>
/// <remarks>Not sealed: the framework derives a class for each interface. The members that it has of <see cref="object"/> do not lead to the host.</remarks>
#pragma warning disable CA1852 // as the remarks say
internal class HostObject : DispatchProxy
#pragma warning restore CA1852
{
    private readonly Dictionary<MethodInfo, HostMember> _members = [];
    private string _name = string.Empty;
    private Type? _interface;

    /// <summary>What the names of the callbacks of an offer begin with. Its twin is in the host's library.</summary>
    public static string KeyOf(string name) => "offer:" + name;

    /// <summary>Makes one.</summary>
    public static object Make(string name, Type type)
    {
        foreach (Type each in (Type[])[type, .. type.GetInterfaces()])
        {
            foreach (MethodInfo method in each.GetMethods(BindingFlags.Instance | BindingFlags.Public))
            {
                Type? odd = IsOdd(method.ReturnType) || method.ReturnType.IsByRef
                    ? method.ReturnType
                    : Array.Find(method.GetParameters(), p => IsOdd(p.ParameterType))?.ParameterType;
                if (odd is not null)
                {
                    throw new ArgumentException($"No object of the host can be a {type}: its member {method.Name} has to do with a {odd}, which no value can be.");
                }
            }
        }

        object made;
        try
        {
            made = Create(type, typeof(HostObject));
        }
        catch (TypeLoadException e)
        {
            throw new ArgumentException($"No object of the host can be a {type}: it must be public or internal. ({e.Message})", e);
        }

        HostObject proxy = (HostObject)made;
        proxy._name = name;
        proxy._interface = type;
        return made;
    }

    private static bool IsOdd(Type type) => type.IsByRefLike || type.IsPointer;

    public override bool Equals(object? obj) => obj is HostObject other && other._name == _name && other._interface == _interface;

    public override int GetHashCode() => HashCode.Combine(_name, _interface);

    public override string ToString() => $"{_interface} '{_name}' of the host";

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!_members.TryGetValue(targetMethod!, out HostMember? member))
        {
            member = new HostMember(_name, targetMethod!);
            _members.Add(targetMethod!, member);
        }

        try
        {
            return member.Call(args ?? []);
        }
        catch (HostCallException e) when (e.Reason == HostCallReason.UnknownName)
        {
            throw member.NotThere();
        }
    }
}

/// <summary>A member of an object of the host.</summary>
internal sealed class HostMember
{
    private readonly string _name;
    private readonly MethodInfo _method;
    private readonly string _key;
    private readonly string? _refusal;
    private readonly bool _takesToken;
    private readonly bool _isValueTask;
    private readonly Func<HostMember, object?[], CancellationToken, object>? _start;

    public HostMember(string name, MethodInfo method)
    {
        _name = name;
        _method = method;
        ParameterInfo[] parameters = method.GetParameters();
        string types = string.Join(',', Array.ConvertAll(parameters, p => p.ParameterType.ToString()));
        _key = $"{HostObject.KeyOf(name)}/{method.DeclaringType}::{method.Name}({types})";
        _refusal = RefusalOf(method, parameters);
        _takesToken = parameters.Length > 0 && parameters[^1].ParameterType == typeof(CancellationToken);
        Type result = method.ReturnType;
        if (_refusal is not null)
        {
            return;
        }

        _isValueTask = result == typeof(ValueTask);
        if (result == typeof(Task) || _isValueTask)
        {
            _start = static (member, args, token) => member.Start(args, token);
        }
        else if (result.IsGenericType && result.GetGenericTypeDefinition() is { } open && (open == typeof(Task<>) || open == typeof(ValueTask<>)))
        {
            string start = open == typeof(Task<>) ? nameof(StartTask) : nameof(StartValueTask);
            _start = typeof(HostMember).GetMethod(start, BindingFlags.Instance | BindingFlags.NonPublic)!
                .MakeGenericMethod(result.GetGenericArguments())
                .CreateDelegate<Func<HostMember, object?[], CancellationToken, object>>();
        }
    }

    /// <summary>Makes the call.</summary>
    public object? Call(object?[] args)
    {
        if (_refusal is not null)
        {
            throw new NotSupportedException(_refusal);
        }

        CancellationToken cancellation = CancellationToken.None;
        if (_takesToken)
        {
            cancellation = (CancellationToken)args[^1]!;
            args = args[..^1];
        }

        if (_start is not null)
        {
            return _start(this, args, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        return DotNetIsolatorHost.InvokeMember(_key, _method.ReturnType, args);
    }

    /// <summary>The exception for a member that the host does not know.</summary>
    public HostCallException NotThere() => new(
        $"The host has no {_method.DeclaringType}.{_method.Name} of '{_name}': it has withdrawn the object, or its interface is another version.",
        HostCallReason.UnknownName,
        0);

    private object Start(object?[] args, CancellationToken cancellation)
    {
        Task task = Named(DotNetIsolatorHost.InvokeAsync<object?>(_key, cancellation, args));
        return _isValueTask ? new ValueTask(task) : task;
    }

    private Task<T> StartTask<T>(object?[] args, CancellationToken cancellation) => Named(DotNetIsolatorHost.InvokeAsync<T>(_key, cancellation, args));

#pragma warning disable CA1859 // a delegate that returns an object can be made of it only so
    private object StartValueTask<T>(object?[] args, CancellationToken cancellation) =>
        new ValueTask<T>(Named(DotNetIsolatorHost.InvokeAsync<T>(_key, cancellation, args)));
#pragma warning restore CA1859

    private async Task<T> Named<T>(Task<T> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (HostCallException e) when (e.Reason == HostCallReason.UnknownName)
        {
            throw NotThere();
        }
    }

    private static string? RefusalOf(MethodInfo method, ParameterInfo[] parameters)
    {
        string name = $"{method.DeclaringType}.{method.Name}";
        if (method.IsSpecialName && (method.Name.StartsWith("add_", StringComparison.Ordinal) || method.Name.StartsWith("remove_", StringComparison.Ordinal)))
        {
            return $"{name}: an event of an object of the host cannot be used from here, for its handlers would have to go out.";
        }

        if (method.IsGenericMethod)
        {
            return $"{name} has type parameters: the host makes no types that code in here names. Let the interface have a method for each type.";
        }

        for (int i = 0; i < parameters.Length; i++)
        {
            Type type = parameters[i].ParameterType;
            if (type.IsByRef || type.IsPointer || type.IsByRefLike)
            {
                return $"{name} takes a {type}, which no value can be: values go to the host and come back as results.";
            }

            if (type == typeof(CancellationToken) && i < parameters.Length - 1)
            {
                return $"{name} takes a CancellationToken that is not its last parameter: only there it reaches the host.";
            }
        }

        return method.ReturnType.IsByRef || method.ReturnType.IsPointer || method.ReturnType.IsByRefLike
            ? $"{name} returns a {method.ReturnType}, which no value can be."
            : null;
    }
}
