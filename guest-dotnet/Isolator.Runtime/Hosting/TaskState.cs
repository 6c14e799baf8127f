using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Members;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>Something that the host waits for: a task, or a value that is there already.</summary>
internal sealed class TaskState
{
    private static readonly Dictionary<Type, (int Offset, TypePlan Plan)?> Results = [];

    private readonly Task? _task;
    private readonly object? _value;
    private readonly MethodTarget? _method;
    private readonly CancellationTokenSource? _cancellation;
    private bool _isMain;

    private TaskState(Task? task, object? value, MethodTarget? method, CancellationTokenSource? cancellation)
    {
        _task = task;
        _value = value;
        _method = method;
        _cancellation = cancellation;
    }

    /// <summary>Calls a method and keeps what it returns.</summary>
    public static TaskState Start(MethodTarget method, object? target, WireReader args)
    {
        CancellationTokenSource? cancellation =
            Array.Exists(method.Parameters, p => p.ParameterType == typeof(CancellationToken)) ? new CancellationTokenSource() : null;
        object? result = method.Invoke(target, args, cancellation?.Token ?? CancellationToken.None);
        return new TaskState(AsTask(result), result, method, cancellation);
    }

    /// <summary>Keeps a task of our own.</summary>
    public static TaskState Of(Task task, CancellationTokenSource? cancellation = null) => new(task, null, null, cancellation);

    /// <summary>Keeps the task of a program, whose exception is told as .NET tells one that nobody handled.</summary>
    public static TaskState ForMain(Task<int> main) => new(main, null, null, null) { _isMain = true };

    /// <summary>Signals the token that the method got.</summary>
    public void Cancel() => _cancellation?.Cancel();

    /// <summary>Writes the result.</summary>
    /// <returns>False while it is pending.</returns>
    public bool TryWrite(WireWriter writer)
    {
        if (_task is null)
        {
            _method!.WriteResult(writer, _value);
            return true;
        }

        if (!_task.IsCompleted)
        {
            return false;
        }

        if (!_task.IsCompletedSuccessfully)
        {
            // Throws what an await would throw.
            try
            {
                _task.GetAwaiter().GetResult();
            }
            catch (Exception e) when (_isMain && e is not FailureException)
            {
                throw new UnhandledMainException(e);
            }
        }

        if (_task is Task<StreamItem> streamed)
        {
            streamed.Result.Write(writer);
        }
        else if (ResultOf(_task.GetType()) is { } result)
        {
            WriteResult(writer, result.Plan, ref Raw.At(ref Raw.Data(_task), result.Offset));
        }
        else
        {
            writer.WriteNil();
        }

        return true;
    }

    /// <summary>A task of any kind as a <see cref="Task"/>; null for what is none.</summary>
    public static Task? AsTask(object? result)
    {
        switch (result)
        {
            case null:
                return null;
            case Task task:
                return task;
            case ValueTask task:
                return task.AsTask();
        }

        Type type = result.GetType();
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>)
            ? (Task)type.GetMethod(nameof(ValueTask.AsTask))!.Invoke(result, BindingFlags.DoNotWrapExceptions, null, null, null)!
            : null;
    }

    private static void WriteResult(WireWriter writer, TypePlan plan, ref byte slot)
    {
        if (!Wire.Graph.Values.AreGraphs || (plan.IsSimple && plan.Type != typeof(string)))
        {
            plan.Write(writer, ref slot);
        }
        else
        {
            Wire.Graph.Values.Write(writer, plan, Wire.Graph.Values.Box(plan.Type, ref slot));
        }
    }

    /// <summary>Where a task of some type keeps its result; null if it has none.</summary>
    private static (int Offset, TypePlan Plan)? ResultOf(Type type)
    {
        if (Results.TryGetValue(type, out (int, TypePlan)? known))
        {
            return known;
        }

        Type? generic = type;
        while (generic is not null && !(generic.IsGenericType && generic.GetGenericTypeDefinition() == typeof(Task<>)))
        {
            generic = generic.BaseType;
        }

        (int, TypePlan)? found = null;
        if (generic?.GetGenericArguments()[0] is { } result && result.FullName != "System.Threading.Tasks.VoidTaskResult")
        {
            FieldInfo field = generic.GetField("m_result", BindingFlags.Instance | BindingFlags.NonPublic)
                ?? throw new FailureException(FailureKind.Internal, "This .NET's Task<T> has no field m_result.");
            found = (Raw.OffsetOf(field), Plans.For(result));
        }

        Results.Add(type, found);
        return found;
    }
}

/// <summary>Wraps what escaped from <c>Main</c>, so that it is told as such.</summary>
internal sealed class UnhandledMainException(Exception inner) : Exception("Unhandled exception. " + inner, inner);
