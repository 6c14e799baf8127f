using System;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>A delegate that guests call by name: how its arguments are read and its result is written.</summary>
internal sealed partial class CallbackEntry
{
    private readonly object _target;
    private readonly Func<int, int>? _ofInt;
    private readonly MethodInvoker _invoker;
    private readonly Type[] _parameters;
    private readonly TypePlan[] _plans;
    private readonly TypePlan? _result;
    private readonly PropertyInfo? _taskResult;
    private GraphScope? _types;

    public CallbackEntry(string name, Delegate target)
        : this(name, target, target.GetType().GetMethod("Invoke")!)
    {
    }

    /// <summary>A method of an object, which guests call as they call delegates.</summary>
    public CallbackEntry(string name, object target, MethodInfo invoke)
    {
        Name = name;
        _target = target;
        _ofInt = invoke.DeclaringType == typeof(Func<int, int>) ? (Func<int, int>)target : null;
        _invoker = MethodInvoker.Create(invoke);
        Type returned = invoke.ReturnType;
        if (TaskOf(returned) is { } converted)
        {
            returned = converted;
        }

        IsTask = typeof(Task).IsAssignableFrom(returned);
        _parameters = Array.ConvertAll(invoke.GetParameters(), p => p.ParameterType);
        if (_parameters is [.. Type[] sent, Type last] && last == typeof(CancellationToken))
        {
            // The guest does not send it: it says that the guest has given up, which a synchronous call cannot be.
            TakesToken = true;
            _parameters = sent;
        }

        if (_parameters is [Type first, .. Type[] others] && first == typeof(IsolatedRuntime))
        {
            // No value that a guest sends: it says which runtime calls.
            TakesCaller = true;
            _parameters = others;
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
        TakesRaw = !TakesCaller && !TakesToken && _parameters is [var only] && only == typeof(byte[]) && returned == typeof(byte[]);
    }

    public string Name { get; }

    /// <summary>Whether results are written by their members, for guests that know none of this side's types.</summary>
    public bool WritesPlain { get; init; }

    /// <summary>Whether the delegate returns a task.</summary>
    public bool IsTask { get; }

    /// <summary>Whether its last parameter is a token for calls that the guest gave up.</summary>
    public bool TakesToken { get; }

    /// <summary>Whether its first parameter is the runtime whose guest calls.</summary>
    public bool TakesCaller { get; }

    /// <summary>Whether it takes bytes and returns bytes, as a raw call does.</summary>
    public bool TakesRaw { get; }

    /// <summary>Makes the call: a MessagePack array in, a value out.</summary>
    public unsafe void Call(byte* args, int length, WireWriter result, TypeScope scope)
    {
        if (_ofInt is { } ofInt && length is > 1 and <= 6 && args[0] == (Codes.FixArray | 1))
        {
            // The commonest call of all.
            WireReader reader = new(args + 1, length - 1);
            int number = reader.ReadInt32();
            reader.ExpectEnd();
            result.WriteInt64(ofInt(number));
            return;
        }

        bool isRaw = TakeRawMark(ref args, ref length);
        WriteResult(result, Complete(Give(args, length, isRaw, scope, result.Owner, CancellationToken.None)), isRaw);
    }

    /// <summary>Makes the call and gives its task.</summary>
    /// <param name="args">A MessagePack array, or what a raw call has in its place.</param>
    /// <param name="length">Its length.</param>
    /// <param name="scope">The types that may be named.</param>
    /// <param name="caller">The runtime whose guest calls.</param>
    /// <param name="cancellation">Signalled when the guest gives up.</param>
    /// <param name="isRaw">Whether the call is a raw one, which <see cref="WriteResult(WireWriter, Task, bool)"/> wants to know.</param>
    public unsafe Task Start(byte* args, int length, TypeScope scope, IsolatedRuntime? caller, CancellationToken cancellation, out bool isRaw)
    {
        isRaw = TakeRawMark(ref args, ref length);
        return AsTask(Give(args, length, isRaw, scope, caller, cancellation)) ?? throw new InvalidOperationException($"The callback '{Name}' returned null instead of a task.");
    }

    /// <summary>Writes the result of a task that has ended.</summary>
    public void WriteResult(WireWriter result, Task ended, bool isRaw) => WriteResult(result, Complete(ended), isRaw);

    /// <summary>Passes over what marks a raw call, if it is one: its bytes are no values, or values that the guest's code has written itself.</summary>
    private static unsafe bool TakeRawMark(ref byte* args, ref int length)
    {
        if (length == 0 || args[0] != Codes.RawCall)
        {
            return false;
        }

        args++;
        length--;
        return true;
    }

    private unsafe object? Give(byte* args, int length, bool isRaw, TypeScope scope, IsolatedRuntime? caller, CancellationToken cancellation) =>
        isRaw && TakesRaw
            ? _invoker.Invoke(_target, new ReadOnlySpan<byte>(args, length).ToArray())
            : Run(args, length, scope, caller, cancellation);

    private void WriteResult(WireWriter result, object? returned, bool isRaw)
    {
        if (!isRaw)
        {
            Write(result, returned);
        }
        else if (TakesRaw)
        {
            result.WriteRaw((byte[]?)returned);
        }
        else if (_result is null)
        {
            result.WriteNil();
        }
        else
        {
            // For code that reads MessagePack by itself.
            _result.WriteBoxed(result, returned);
        }
    }

    private unsafe object? Run(byte* args, int length, TypeScope scope, IsolatedRuntime? caller, CancellationToken cancellation)
    {
        WireReader reader = new(args, length) { Scope = scope, Types = TypesIn(scope), Names = caller?.Names };
        int count = reader.ReadArrayHeader();
        if (count != _parameters.Length)
        {
            throw new FailureException(FailureKind.Argument, $"The callback '{Name}' takes {_parameters.Length} arguments, and was called with {count}.");
        }

        int first = TakesCaller ? 1 : 0;
        object?[] values = new object?[first + (TakesToken ? count + 1 : count)];
        if (TakesCaller)
        {
            values[0] = caller;
        }

        if (TakesToken)
        {
            values[^1] = cancellation;
        }

        for (int i = 0; i < count; i++)
        {
            if (Values.IsExtended(reader))
            {
                values[first + i] = Values.ReadBoxed(reader, _plans[i]);
                continue;
            }

            // Each argument leads to types of its own, so each has a reader of its own.
            WireReader one = new(reader.Pointer, reader.Remaining) { Scope = scope, Root = _parameters[i], Names = caller?.Names };
            object? value = values[first + i] = _plans[i].ReadBoxed(one);
            if (value is null && _parameters[i].IsValueType && Nullable.GetUnderlyingType(_parameters[i]) is null)
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

        Task task = AsTask(returned)!;
        task.GetAwaiter().GetResult();
        return _taskResult?.GetValue(task);
    }

    private void Write(WireWriter writer, object? value)
    {
        if (_result is null)
        {
            writer.WriteNil();
        }
        else if (!WritesPlain)
        {
            Values.Write(writer, _result, value);
        }
        else if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            _result.WriteBoxed(writer, value);
        }
    }

    private GraphScope TypesIn(TypeScope scope) =>
        _types is { } types && ReferenceEquals(types.Scope, scope) ? types : _types = new GraphScope(scope, _parameters);
}
