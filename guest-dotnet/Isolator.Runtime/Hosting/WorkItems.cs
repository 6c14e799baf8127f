using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Hosting;

/// <summary>The thread pool's queued work.</summary>
internal static class WorkItems
{
    /// <summary>What tells of an item what it runs: a field with a delegate, or a state machine's method.</summary>
    private static readonly Dictionary<Type, Func<object, bool>> Readers = [];

    private static Func<bool>? s_dispatch;
    private static Action<object, Thread>? s_one;
    private static Action? s_gather;
    private static Queue<object>? s_high;
    private static Queue<object>? s_normal;
    private static Type? s_timer;
    private static FieldInfo? s_timerCallback;

    /// <summary>Finds what is needed of the base class library.</summary>
    public static void Prepare()
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        Type? queue = typeof(ThreadPool).Assembly.GetType("System.Threading.ThreadPoolWorkQueue");
        MethodInfo dispatch = Need(queue?.GetMethod("Dispatch", Members, Type.EmptyTypes));
        // .NET 11 returns a type of its own, which no delegate can name.
        s_dispatch = dispatch.ReturnType == typeof(bool)
            ? dispatch.CreateDelegate<Func<bool>>()
            : () => dispatch.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null) is not null;
        s_one = Need(queue!.GetMethod("DispatchWorkItem", Members, [typeof(object), typeof(Thread)])).CreateDelegate<Action<object, Thread>>();
        s_gather = Need(queue.GetMethod("TransferAllLocalWorkItemsToHighPriorityGlobalQueue", Members, Type.EmptyTypes)).CreateDelegate<Action>();
        object pool = Need(typeof(ThreadPool).GetField("s_workQueue", Members)?.GetValue(null));
        s_high = Need(queue.GetField("highPriorityWorkItems", Members)?.GetValue(pool) as Queue<object>);
        s_normal = Need(queue.GetField("workItems", Members)?.GetValue(pool) as Queue<object>);
        s_timer = Need(typeof(Timer).Assembly.GetType("System.Threading.TimerQueueTimer"));
        FieldInfo[] fields = s_timer.GetFields(Members & ~BindingFlags.Static);
        s_timerCallback = Need(Array.Find(fields, static field => typeof(Delegate).IsAssignableFrom(field.FieldType)));
    }

    /// <summary>Runs queued work for a while.</summary>
    public static void Run()
    {
        try
        {
            s_dispatch!();
        }
        catch (Exception e) when (Unhandled.End(e))
        {
        }
    }

    /// <summary>Runs what is queued now and may run while code sleeps: see <see cref="Blocking"/>. False: there was nothing.</summary>
    /// <param name="all">Whether all of it, not only timers.</param>
    /// <param name="hasOlder">Is told, before an item runs, whether others are left.</param>
    public static bool RunInSleep(bool all, ref bool hasOlder)
    {
        if (ThreadPool.PendingWorkItemCount == 0)
        {
            return false;
        }

        s_gather!();
        Predicate<object> mayRun = all ? static item => !MayBlock(item) : static item => item.GetType() == s_timer && !MayBlock(item);
        return Run(s_high!, mayRun, ref hasOlder) | Run(s_normal!, mayRun, ref hasOlder);
    }

    /// <summary>Runs what cancels tokens whose time is over, and nothing else. False: there was nothing.</summary>
    /// <param name="hasOlder">Is told, before an item runs, whether others are left.</param>
    /// <remarks>Timers are queued for everybody, so they are in no other queue.</remarks>
    public static bool RunTimeOuts(ref bool hasOlder) => Run(s_normal!, IsTimeOut, ref hasOlder);

    private static bool IsTimeOut(object item) =>
        item.GetType() == s_timer && s_timerCallback!.GetValue(item) is Delegate callback && IsOfTokens(callback.Method.DeclaringType);

    private static bool IsOfTokens(Type? type) =>
        type == typeof(CancellationTokenSource) || type?.DeclaringType == typeof(CancellationTokenSource);

    // What does not run goes back in its order; what is queued meanwhile comes behind it.
    private static bool Run(Queue<object> queue, Predicate<object> mayRun, ref bool hasOlder)
    {
        bool worked = false;
        for (int left = queue.Count; left > 0 && queue.TryDequeue(out object? item); left--)
        {
            if (mayRun(item))
            {
                worked = true;
                hasOlder = s_high!.Count + s_normal!.Count > 0;
                RunOne(item);
            }
            else
            {
                queue.Enqueue(item);
            }
        }

        return worked;
    }

    private static void RunOne(object item)
    {
        try
        {
            s_one!(item, Thread.CurrentThread);
        }
        catch (Exception e) when (Unhandled.End(e))
        {
        }

        Surroundings.Clear();
    }

    private static bool MayBlock(object item)
    {
        // They put themselves off.
        if (item is Threads.ThreadBody)
        {
            return false;
        }

        Type type = item.GetType();
        if (!Readers.TryGetValue(type, out Func<object, bool>? reader))
        {
            reader = ReaderFor(type);
            Readers.Add(type, reader);
        }

        return reader(item);
    }

    private static Func<object, bool> ReaderFor(Type type)
    {
        if (type.IsGenericType && type.GetGenericArguments()[^1] is { } machine && typeof(IAsyncStateMachine).IsAssignableFrom(machine)
            && machine.GetMethod(nameof(IAsyncStateMachine.MoveNext), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) is { } moveNext)
        {
            return _ => Blocking.May(moveNext);
        }

        for (Type? at = type; at is not null; at = at.BaseType)
        {
            foreach (FieldInfo field in at.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                bool isAction = at == typeof(Task) ? field.Name == "m_action" : typeof(Delegate).IsAssignableFrom(field.FieldType);
                if (isAction)
                {
                    return item => field.GetValue(item) is Delegate work && Blocking.May(work);
                }
            }
        }

        return _ => false;
    }

    private static T Need<T>(T? member)
        where T : class =>
        member ?? throw new FailureException(FailureKind.Internal, "This .NET keeps queued work elsewhere.");
}
