using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime.Members;

/// <summary>A method that the host can call, with everything that calling it needs.</summary>
internal sealed partial class MethodTarget
{
    private static readonly Dictionary<MethodBase, MethodTarget> Known = [];

    private readonly MethodInvoker? _invoker;
    private readonly ConstructorInvoker? _constructor;
    private readonly TypePlan?[] _plans;
    private readonly bool _isParamArray;
    private readonly bool _isListed;
    private readonly int _passed;
    private readonly int[] _given;
    private TypePlan? _resultPlan;
    private bool _scalarKnown;
    private string? _scalar;
    private RawCall? _raw;

    private MethodTarget(MethodBase method)
    {
        Method = method;
        IsStatic = method.IsStatic;
        Parameters = method.GetParameters();
        _passed = MethodFinder.Passed(Parameters).Length;
        _given = Given(Parameters);
        _plans = new TypePlan?[Parameters.Length];
        if (method is ConstructorInfo constructor)
        {
            ResultType = constructor.DeclaringType!;
            IsStatic = true;
            _constructor = ConstructorInvoker.Create(constructor);
        }
        else
        {
            Type result = ((MethodInfo)method).ReturnType;

            // What a ref result refers to is what reflection gives.
            ResultType = result.IsByRef ? result.GetElementType()! : result;
            if (!method.ContainsGenericParameters)
            {
                _invoker = MethodInvoker.Create(method);
            }
        }

        _isListed = Array.TrueForAll(Parameters, p => !MethodFinder.IsOutOnly(p) && p.ParameterType != typeof(CancellationToken));
        _isParamArray = Parameters.Length > 0 && MethodFinder.IsParamArray(Parameters[^1]);
        IsAsync = IsTask(ResultType);
    }

    /// <summary>The method or constructor.</summary>
    public MethodBase Method { get; }

    /// <summary>Whether it is called without an object; constructors count as static.</summary>
    public bool IsStatic { get; }

    /// <summary>Its parameters.</summary>
    public ParameterInfo[] Parameters { get; }

    /// <summary>Declared type of the result.</summary>
    public Type ResultType { get; }

    /// <summary>Whether the declared result is a task of any kind.</summary>
    public bool IsAsync { get; }

    /// <summary>The one object for a method.</summary>
    public static MethodTarget For(MethodBase method)
    {
        if (!Known.TryGetValue(method, out MethodTarget? target))
        {
            target = new MethodTarget(method);
            Known.Add(method, target);
        }

        return target;
    }

    /// <summary>Forgets all of them.</summary>
    public static void Forget() => Known.Clear();

    /// <summary>Whether a type is awaited rather than returned.</summary>
    public static bool IsTask(Type type) =>
        typeof(Task).IsAssignableFrom(type)
        || type == typeof(ValueTask)
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));

    /// <summary>Its scalar signature, with a leading <c>#</c> for an instance method; null if it has none.</summary>
    public string? ScalarSignature()
    {
        if (!_scalarKnown)
        {
            // A ref result is an address until reflection reads what is there.
            _scalar = Signatures.Scalar(Method, Parameters, Method is MethodInfo info ? info.ReturnType : ResultType);
            _scalarKnown = true;
        }

        return _scalar;
    }

    /// <summary>
    /// A pointer by which <see cref="Entry.CallScalar"/> may call the method; 0 where a call must choose an override first.
    /// </summary>
    public nint ScalarFunction() => Method.IsVirtual ? 0 : Method.MethodHandle.GetFunctionPointer();

    /// <summary>
    /// Calls it with arguments from the wire. Where it has <c>ref</c> or <c>out</c> parameters, the outcome is an array: the
    /// result, unless it is void, and then what those parameters hold.
    /// </summary>
    public object? Invoke(object? target, WireReader args, CancellationToken cancellation)
    {
        if (_invoker is null && _constructor is null)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"{Signatures.Of(Method)} is generic: say its type arguments when finding it.") { Member = Method.Name };
        }

        object?[] values = ReadArguments(args, cancellation);
        object? result = Invoke(target, values);
        return _given.Length == 0 ? result : Gather(result, values);
    }

    /// <summary>Calls it with arguments.</summary>
    public object? Invoke(object? target, object?[] values)
    {
        if (_constructor is not null)
        {
            return _constructor.Invoke(values.AsSpan());
        }

        object? on = CheckTarget(target);
        return TryDirect(on, values, out object? result) ? result : _invoker!.Invoke(on, values.AsSpan());
    }

    /// <summary>Calls it with its single argument and its result as bytes.</summary>
    public ReadOnlySpan<byte> InvokeRaw(object? target, ReadOnlySpan<byte> bytes)
    {
        _raw ??= RawCall.For(this);
        return _raw.Invoke(CheckTarget(target), bytes);
    }

    /// <summary>Writes a result.</summary>
    public void WriteResult(WireWriter writer, object? result)
    {
        if (_given.Length > 0)
        {
            WriteGathered(writer, (object?[])result!);
            return;
        }

        if (result is null)
        {
            writer.WriteNil();
            return;
        }

        if (result is Task)
        {
            throw AsyncFailure();
        }

        Values.Write(writer, _resultPlan ??= Plans.For(ResultType), result);
    }

    /// <summary>The failure of a synchronous call to an asynchronous method.</summary>
    public FailureException AsyncFailure() =>
        new(FailureKind.Async, $"{Signatures.Of(Method)} returns a task: call it asynchronously.") { Member = Method.Name };

    /// <summary>Parameters that give something back.</summary>
    private static int[] Given(ParameterInfo[] parameters)
    {
        int[] given = [];
        for (int i = 0; i < parameters.Length; i++)
        {
            if (parameters[i].ParameterType.IsByRef && !parameters[i].IsIn)
            {
                given = [.. given, i];
            }
        }

        return given;
    }

    private object?[] Gather(object? result, object?[] values)
    {
        object?[] given = Array.ConvertAll(_given, i => values[i]);
        return ResultType == typeof(void) ? given : [result, .. given];
    }

    private void WriteGathered(WireWriter writer, object?[] gathered)
    {
        int results = gathered.Length - _given.Length;
        writer.WriteArrayHeader(gathered.Length);
        for (int i = 0; i < gathered.Length; i++)
        {
            TypePlan plan = i < results ? _resultPlan ??= Plans.For(ResultType) : PlanAt(_given[i - results]);
            if (gathered[i] is { } value)
            {
                Values.Write(writer, plan, value, alone: false);
            }
            else
            {
                writer.WriteNil();
            }
        }
    }

    /// <summary>The object that it is called on: none for a static method.</summary>
    /// <exception cref="FailureException">It needs one, or one of another class.</exception>
    public object? CheckTarget(object? target)
    {
        if (IsStatic)
        {
            return null;
        }

        if (target is null)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"{Signatures.Of(Method)} is an instance method of {Method.DeclaringType}: it needs an object to be called on.") { Member = Method.Name };
        }

        return Method.DeclaringType!.IsInstanceOfType(target)
            ? target
            : throw new FailureException(
                FailureKind.Argument,
                $"{Signatures.Of(Method)} is a method of {Method.DeclaringType}, but the object is a {target.GetType()}.") { Member = Method.Name };
    }

    private object?[] ReadArguments(WireReader args, CancellationToken cancellation)
    {
        int count = args.ReadArrayHeader();
        object?[] values = new object?[Parameters.Length];
        if (_isListed && !_isParamArray && count == values.Length)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = ReadArgument(args, i, _plans[i] ?? PlanAt(i));
            }

            args.ExpectEnd();
            return values;
        }

        int index = 0;
        int taken = 0;
        for (; index < values.Length; index++)
        {
            ParameterInfo parameter = Parameters[index];
            if (MethodFinder.IsOutOnly(parameter))
            {
                continue;
            }

            if (parameter.ParameterType == typeof(CancellationToken) && (count - taken < values.Length - index || IsNil(args, taken < count)))
            {
                if (taken < count)
                {
                    args.Skip();
                    taken++;
                }

                values[index] = cancellation;
                continue;
            }

            if (_isParamArray && index == values.Length - 1 && !(count - taken == 1 && IsWholeArray(args, parameter.ParameterType)))
            {
                values[index] = ReadRest(args, count - taken, index);
                taken = count;
                continue;
            }

            if (taken == count)
            {
                if (!parameter.IsOptional)
                {
                    throw WrongCount(count);
                }

                values[index] = Plans.DefaultOf(parameter);
                continue;
            }

            values[index] = ReadArgument(args, index, PlanAt(index));
            taken++;
        }

        if (taken != count)
        {
            throw WrongCount(count);
        }

        args.ExpectEnd();
        return values;
    }

    private static bool IsNil(WireReader args, bool any) => any && args.Peek() == Codes.Nil;

    private static bool IsWholeArray(WireReader args, Type array)
    {
        if (Values.IsExtended(args))
        {
            return Values.IsBlock(args) || args.PeekObject() is not { } found || array.IsInstanceOfType(found);
        }

        byte code = args.Peek();
        return (code & 0xf0) == Codes.FixArray
            || code is Codes.Array16 or Codes.Array32 or Codes.Nil or Codes.Bin8 or Codes.Bin16 or Codes.Bin32
            || (code == Codes.FixExt8 && args.PeekExtension() == Codes.Handle);
    }

    private Array ReadRest(WireReader args, int count, int index)
    {
        Type element = Parameters[index].ParameterType.GetElementType()!;
        Array rest = Array.CreateInstance(element, Math.Max(count, 0));
        TypePlan plan = Plans.For(element);
        for (int i = 0; i < rest.Length; i++)
        {
            rest.SetValue(ReadArgument(args, index, plan), i);
        }

        return rest;
    }

    private object? ReadArgument(WireReader args, int index, TypePlan plan)
    {
        try
        {
            return Values.ReadBoxed(args, plan);
        }
        catch (FailureException e) when (e.Kind == FailureKind.Value)
        {
            throw new FailureException(
                FailureKind.Argument,
                $"Argument {index + 1} ({Parameters[index].Name}) of {Signatures.Of(Method)} cannot be read as {Signatures.Of(Parameters[index].ParameterType)}: {e.Message}")
            {
                Member = Method.Name,
            };
        }
    }

    private TypePlan PlanAt(int index)
    {
        if (_plans[index] is { } plan)
        {
            return plan;
        }

        Type type = Parameters[index].ParameterType;
        return _plans[index] = Plans.For(type.IsByRef ? type.GetElementType()! : type);
    }

    private FailureException WrongCount(int count) =>
        new(
            FailureKind.Argument,
            $"{Signatures.Of(Method)} takes {_passed} {(_passed == 1 ? "argument" : "arguments")}, but {count} {(count == 1 ? "was" : "were")} passed.")
        {
            Member = Method.Name,
        };
}
