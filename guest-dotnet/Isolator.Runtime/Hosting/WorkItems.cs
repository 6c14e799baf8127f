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

    /// <summary>Where .NET keeps a thread's own queue, and that queue while no work of the pool runs.</summary>
    private static FieldInfo? s_locals;
    private static object? s_own;
    private static int s_entered;

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
        Type? locals = typeof(ThreadPool).Assembly.GetType("System.Threading.ThreadPoolWorkQueueThreadLocals");
        s_locals = Need(locals?.GetField("threadLocals", Members));
        PutAway();
    }

    /// <summary>Runs queued work for a while.</summary>
    public static void Run()
    {
        bool entered = Enter();
        try
        {
            s_dispatch!();
        }
        catch (Exception e) when (Unhandled.End(e))
        {
        }
        finally
        {
            if (entered)
            {
                Leave();
            }
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

        bool entered = Enter();
        try
        {
            // Of a thread that has none there is nothing to gather.
            if (!entered || s_own is not null)
            {
                s_gather!();
            }

            return Run(s_high!, all, ref hasOlder) | Run(s_normal!, all, ref hasOlder);
        }
        finally
        {
            if (entered)
            {
                Leave();
            }
        }
    }

    /// <summary>What may have entered the pool elsewhere has left it.</summary>
    public static void LeaveOutside()
    {
        if (s_entered == 0)
        {
            PutAway();
        }
    }

    // A thread of the pool has a queue of its own, of which it takes what came last, and others what came first. Here the one thread is one of the pool
    // while work of the pool runs, and else is not: what `Main` queues runs in its order, as it does natively. False: it was one already.
    private static bool Enter()
    {
        if (s_entered > 0)
        {
            return false;
        }

        s_entered = 1;
        if (s_own is not null)
        {
            s_locals!.SetValue(null, s_own);
        }

        return true;
    }

    private static void Leave()
    {
        s_entered = 0;
        PutAway();
    }

    private static void PutAway()
    {
        if (s_locals!.GetValue(null) is { } own)
        {
            s_own = own;
            s_locals.SetValue(null, null);
        }
    }

    // What does not run goes back in its order; what is queued meanwhile comes behind it.
    private static bool Run(Queue<object> queue, bool all, ref bool hasOlder)
    {
        bool worked = false;
        for (int left = queue.Count; left > 0 && queue.TryDequeue(out object? item); left--)
        {
            if ((all || item.GetType() == s_timer) && !MayBlock(item))
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
