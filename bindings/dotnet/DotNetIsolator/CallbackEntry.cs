using System;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>A delegate that guests call by name: how its arguments are read and its result is written.</summary>
internal sealed class CallbackEntry
{
    private readonly Delegate _target;
    private readonly MethodInvoker _invoker;
    private readonly Type[] _parameters;
    private readonly TypePlan[] _plans;
    private readonly TypePlan? _result;
    private readonly PropertyInfo? _taskResult;
    private GraphScope? _types;

    public CallbackEntry(string name, Delegate target)
    {
        Name = name;
        _target = target;
        MethodInfo invoke = target.GetType().GetMethod("Invoke")!;
        _invoker = MethodInvoker.Create(invoke);
        Type returned = invoke.ReturnType;
        IsTask = typeof(Task).IsAssignableFrom(returned);
        _parameters = Array.ConvertAll(invoke.GetParameters(), p => p.ParameterType);
        if (IsTask && _parameters is [.. Type[] sent, Type last] && last == typeof(CancellationToken))
        {
            // The guest does not send it: it says that the guest has given up.
            TakesToken = true;
            _parameters = sent;
        }

        foreach (Type parameter in _parameters)
        {
            if (parameter.IsByRef || parameter.IsPointer || parameter.IsByRefLike)
            {
                throw new ArgumentException($"The callback '{name}' has a parameter of type {parameter}, which no value can be: take and return values.", nameof(target));
            }
        }

        _plans = Array.ConvertAll(_parameters, Plans.For);
        if (IsTask)
        {
            for (Type? type = returned; type is not null && _taskResult is null; type = type.BaseType)
            {
                _taskResult = type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GetProperty("Result") : null;
            }

            returned = _taskResult?.PropertyType ?? typeof(void);
        }

        _result = returned == typeof(void) ? null : Plans.For(returned);
        TakesRaw = _parameters is [var only] && only == typeof(byte[]) && returned == typeof(byte[]);
    }

    public string Name { get; }

    /// <summary>Whether the delegate returns a task.</summary>
    public bool IsTask { get; }

    /// <summary>Whether its last parameter is a token for calls that the guest gave up.</summary>
    public bool TakesToken { get; }

    /// <summary>Whether it takes bytes and returns bytes, as a raw call does.</summary>
    public bool TakesRaw { get; }

    /// <summary>Makes the call: a MessagePack array in, a value out.</summary>
    public unsafe void Call(byte* args, int length, WireWriter result, TypeScope scope)
    {
        if (_target is Func<int, int> ofInt && length is > 1 and <= 6 && args[0] == (Codes.FixArray | 1))
        {
            // The commonest call of all.
            WireReader reader = new(args + 1, length - 1);
            int number = reader.ReadInt32();
            reader.ExpectEnd();
            result.WriteInt64(ofInt(number));
            return;
        }

        if (length > 0 && args[0] == Codes.RawCall)
        {
            // Bytes that are no values: as they are, or values that the guest's code has written itself.
            args++;
            length--;
            if (TakesRaw)
            {
                byte[]? raw = (byte[]?)Complete(_invoker.Invoke(_target, new ReadOnlySpan<byte>(args, length).ToArray()));
                result.WriteRaw(raw);
                return;
            }

            object? returned = Complete(Run(args, length, scope, CancellationToken.None));
            if (_result is null)
            {
                result.WriteNil();
            }
            else
            {
                _result.WriteBoxed(result, returned);
            }

            return;
        }

        Write(result, Complete(Run(args, length, scope, CancellationToken.None)));
    }

    /// <summary>Makes the call and gives its task.</summary>
    public unsafe Task Start(byte* args, int length, TypeScope scope, CancellationToken cancellation) =>
        (Task?)Run(args, length, scope, cancellation) ?? throw new InvalidOperationException($"The callback '{Name}' returned null instead of a task.");

    /// <summary>Writes the result of a task that has ended.</summary>
    public void WriteResult(WireWriter result, Task ended) => Write(result, Complete(ended));

    private unsafe object? Run(byte* args, int length, TypeScope scope, CancellationToken cancellation)
    {
        WireReader reader = new(args, length) { Scope = scope, Types = TypesIn(scope) };
        int count = reader.ReadArrayHeader();
        if (count != _parameters.Length)
        {
            throw new FailureException(FailureKind.Argument, $"The callback '{Name}' takes {_parameters.Length} arguments, and was called with {count}.");
        }

        object?[] values = new object?[TakesToken ? count + 1 : count];
        if (TakesToken)
        {
            values[count] = cancellation;
        }

        for (int i = 0; i < count; i++)
        {
            if (Values.IsExtended(reader))
            {
                values[i] = Values.ReadBoxed(reader, _plans[i]);
                continue;
            }

            // Each argument leads to types of its own, so each has a reader of its own.
            WireReader one = new(reader.Pointer, reader.Remaining) { Scope = scope, Root = _parameters[i] };
            values[i] = _plans[i].ReadBoxed(one);
            if (values[i] is null && _parameters[i].IsValueType && Nullable.GetUnderlyingType(_parameters[i]) is null)
            {
                throw new FailureException(FailureKind.Argument, $"The callback '{Name}' was called with nil for a {_parameters[i]}.");
            }

            reader.Advance(one.Position);
        }

        reader.ExpectEnd();
        return _invoker.Invoke(_target, values.AsSpan());
    }

    private object? Complete(object? returned)
    {
        if (!IsTask)
        {
            return returned;
        }

        Task task = (Task)returned!;
        task.GetAwaiter().GetResult();
        return _taskResult?.GetValue(task);
    }

    private void Write(WireWriter writer, object? value)
    {
        if (_result is null)
        {
            writer.WriteNil();
        }
        else
        {
            Values.Write(writer, _result, value);
        }
    }

    private GraphScope TypesIn(TypeScope scope) =>
        _types is { } types && ReferenceEquals(types.Scope, scope) ? types : _types = new GraphScope(scope, _parameters);
}
