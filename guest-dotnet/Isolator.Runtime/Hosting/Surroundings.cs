using System;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Hosting;

/// <summary>What a thread carries that work of another one must not see: taken off while a wait runs such work.</summary>
internal ref struct Surroundings
{
    private static ExecutionContext? s_default;
    private static FieldInfo? s_currentTask;
    private static int s_waitInfo;
    private static int s_waitedCount;

    private readonly ExecutionContext? _execution;
    private readonly SynchronizationContext? _synchronization;
    private readonly object? _task;
    private readonly object? _waitInfo;
    private readonly bool _isFlowSuppressed;

    private Surroundings(bool isFlowSuppressed)
    {
        _isFlowSuppressed = isFlowSuppressed;
        if (isFlowSuppressed)
        {
            ExecutionContext.RestoreFlow();
        }

        _execution = ExecutionContext.Capture();
        _synchronization = SynchronizationContext.Current;
        _waitInfo = WaitInfo;
    }

    private Surroundings(bool isFlowSuppressed, object? task)
        : this(isFlowSuppressed) => _task = task;

    /// <summary>Whether the thread is in <c>Thread.Sleep</c>, not in a wait for handles.</summary>
    public static bool IsSleeping =>
        WaitInfo is not { } info || System.Runtime.CompilerServices.Unsafe.As<byte, int>(ref Raw.At(ref Raw.Data(info), s_waitedCount)) == 0;

    /// <summary>What the thread waits for: the base class library has room for one wait a thread, made when it is needed.</summary>
    private static ref object? WaitInfo => ref Raw.Reference(ref Raw.At(ref Raw.Data(Thread.CurrentThread), s_waitInfo));

    /// <summary>Finds what is needed of the base class library.</summary>
    public static void Prepare()
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        s_default = ExecutionContext.Capture();
        s_currentTask = Need(typeof(Task).GetField("t_currentTask", Members));
        FieldInfo waitInfo = Need(typeof(Thread).GetField("_waitInfo", Members));
        s_waitInfo = Raw.OffsetOf(waitInfo);
        s_waitedCount = Raw.OffsetOf(Need(waitInfo.FieldType.GetField("_waitedCount", Members)));
    }

    /// <summary>Takes off what the thread carries; disposing of the result puts it on again.</summary>
    public static Surroundings Leave()
    {
        object? task = Task.CurrentId is null ? null : s_currentTask!.GetValue(null);
        Surroundings left = new(ExecutionContext.IsFlowSuppressed(), task);
        if (task is not null)
        {
            s_currentTask!.SetValue(null, null);
        }

        if (!ReferenceEquals(left._execution, s_default))
        {
            ExecutionContext.Restore(s_default!);
        }

        if (left._synchronization is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        WaitInfo = null;
        return left;
    }

    /// <summary>Takes off what a work item left behind.</summary>
    public static void Clear()
    {
        if (!ReferenceEquals(ExecutionContext.Capture(), s_default))
        {
            ExecutionContext.Restore(s_default!);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    /// <summary>
    /// After a wait for handles that an exception ends, which the base class library does not expect: the next one must
    /// not find its registrations.
    /// </summary>
    public static void ForgetHandleWait() => WaitInfo = null;

    /// <summary>Puts on what was taken off.</summary>
    public void Dispose()
    {
        WaitInfo = _waitInfo;
        if (_task is not null)
        {
            s_currentTask!.SetValue(null, _task);
        }

        if (_execution is not null)
        {
            ExecutionContext.Restore(_execution);
        }

        SynchronizationContext.SetSynchronizationContext(_synchronization);
        if (_isFlowSuppressed)
        {
            ExecutionContext.SuppressFlow();
        }
    }

    private static T Need<T>(T? member)
        where T : class =>
        member ?? throw new FailureException(FailureKind.Internal, "This .NET keeps the state of waiting threads elsewhere.");
}
