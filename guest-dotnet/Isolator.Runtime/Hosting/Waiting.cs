using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Hosting;

/// <summary>Waiting in a runtime that has one thread: whoever waits runs what is queued meanwhile.</summary>
/// <remarks>
/// C calls the public methods, see <c>waiting.c</c>. Their results are null for yes, <see cref="No"/>, or an exception that
/// the waiting code then throws. All waits share one stack, so they end innermost first. What a wait
/// runs sees neither the waiting code's <see cref="ExecutionContext"/> nor its task, as if it ran on another thread, but it
/// is the same thread to a lock: one that the waiting code holds does not keep it out.
/// </remarks>
internal static partial class Waiting
{
    /// <summary>Waits inside waits, each of which needs its part of the native stack.</summary>
    private const int MaxWaits = 150;

    /// <summary>Threads that wait for a monitor, in the order in which they began to: each runs on top of the one before.</summary>
    private static readonly List<MonitorWaiter> Waiters = [];

    /// <summary>What <c>isolator_await_calls</c> says: look again; this thread must not wait; there is nothing to wait for.</summary>
    private const int CallsGoOn = 0, CallsNotHere = 1, CallsNone = 2;

    private static readonly object No = new();

    private static readonly ConditionalWeakTable<Exception, object> EndedWaits = [];

    private static int s_depth;

    /// <summary>Whether work is queued that was so before the innermost one began.</summary>
    private static bool s_hasOlder;

    /// <summary>Whether a wait inside another one was ended, because code further down the stack would have to go on.</summary>
    private static bool s_isInnerStuck;

    /// <summary>Once, before the snapshot: finds what is needed of the base class library.</summary>
    public static void Prepare()
    {
        Surroundings.Prepare();
        WorkItems.Prepare();
        Unhandled.Prepare();
        Threads.Prepare();
        Polling.Reset();
    }

    /// <summary><c>Monitor.Wait</c>: its caller has checked the arguments, and that the lock is held. Yes: pulsed.</summary>
    public static object? MonitorWait(object monitor, int milliseconds)
    {
        MonitorWaiter waiter = new(monitor);
        int entered = 0;
        for (; Monitor.IsEntered(monitor); entered++)
        {
            Monitor.Exit(monitor);
        }

        Waiters.Add(waiter);
        try
        {
            long end = EndOf(milliseconds);
            while (!waiter.IsPulsed && Advance(end))
            {
            }
        }
        catch (EndlessWaitException e)
        {
            return e.Told;
        }
        finally
        {
            Waiters.Remove(waiter);
            for (; entered > 0; entered--)
            {
                Monitor.Enter(monitor);
            }
        }

        return waiter.IsPulsed ? null : No;
    }

    /// <summary>
    /// <c>Monitor.Pulse</c>. The last to wait is woken, not the first: only the innermost wait can go on.
    /// </summary>
    public static void MonitorPulse(object monitor)
    {
        for (int i = Waiters.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(Waiters[i].Monitor, monitor) && !Waiters[i].IsPulsed)
            {
                Waiters[i].IsPulsed = true;
                return;
            }
        }
    }

    /// <summary><c>Monitor.PulseAll</c>.</summary>
    public static void MonitorPulseAll(object monitor)
    {
        foreach (MonitorWaiter waiter in Waiters)
        {
            waiter.IsPulsed |= ReferenceEquals(waiter.Monitor, monitor);
        }
    }

    /// <summary>
    /// A step of a wait for handles or of <c>Thread.Sleep</c>. No: the time is over; yes: look whether the wait is.
    /// </summary>
    public static object? HandleWait(int milliseconds)
    {
        try
        {
            if (milliseconds >= 0 && Surroundings.IsSleeping)
            {
                Sleep(EndOf(milliseconds));
                return No;
            }

            return Advance(EndOf(milliseconds)) ? null : No;
        }
        catch (EndlessWaitException e)
        {
            Surroundings.ForgetHandleWait();
            return e.Told;
        }
    }

    /// <summary><c>Thread.Yield</c>, and so <c>Thread.Sleep(0)</c>; and <c>Thread.SpinWait</c>.</summary>
    public static void Yield() => Polling.Asked();

    /// <summary><c>Thread.Start</c>.</summary>
    public static object? StartThread(Thread thread)
    {
        if ((thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            return new ThreadStateException("Thread is running or terminated; it cannot restart.");
        }

        Threads.Start(thread);
        return null;
    }

    /// <summary><c>Thread.Join</c>. The thread that the runtime has is the one that waits.</summary>
    public static object? Join(Thread thread, int milliseconds)
    {
        if ((thread.ThreadState & ThreadState.Unstarted) != 0)
        {
            return new ThreadStateException("Thread has not been started.");
        }

        if ((thread.ThreadState & ThreadState.Stopped) != 0)
        {
            return null;
        }

        try
        {
            long end = EndOf(milliseconds);
            Threads.ThreadBody? body = Threads.Of(thread);
            while (body is null or { IsDone: false })
            {
                if (!Advance(end, body))
                {
                    return No;
                }
            }

            return null;
        }
        catch (EndlessWaitException e)
        {
            return e.Told;
        }
    }

    /// <summary>Queued work of the pool, for the host's turns. Yes: some is left.</summary>
    public static object? RunPool()
    {
        WorkItems.Run();
        return ThreadPool.PendingWorkItemCount > 0 ? null : No;
    }

    /// <summary>Begins a thread that was put off, when the host finds nothing else to do. No: there is none, or the host has something to do.</summary>
    public static object? RunPutOff() =>
        HostCalls.PendingCount == 0 && OnTop(static () => Threads.RunPutOff()) ? null : No;

    /// <summary>Waits until a thread has ended.</summary>
    internal static void Until(Threads.ThreadBody body)
    {
        try
        {
            while (!body.IsDone && Advance(long.MaxValue, body))
            {
            }
        }
        catch (EndlessWaitException e)
        {
            throw e.Told;
        }
    }

    /// <summary>A thread was put off: the host's turns have to know.</summary>
    internal static void PutOff() => Native.isolator_put_off();

    /// <summary>Whether an exception is one of those with which waits end that only code below them could end.</summary>
    internal static bool IsEndedWait(Exception exception) => EndedWaits.TryGetValue(exception, out _);

    /// <summary>Runs what is ready, as if on another thread. False: there was nothing.</summary>
    internal static bool RunReady() => OnTop(static () =>
    {
        bool worked = Native.isolator_run_ready() != 0;
        int pending = Pending();
        if (pending > 0)
        {
            worked = true;
            s_hasOlder |= pending > 1;
            WorkItems.Run();
        }

        return worked;
    });

    private static bool OnTop(Func<bool> work)
    {
        if (s_depth >= MaxWaits)
        {
            throw new EndlessWaitException(new PlatformNotSupportedException(
                $"{MaxWaits} waits are under way inside each other: each runs queued work that waits in turn, all on one stack. Use await where this work waits."));
        }

        using Surroundings surroundings = Surroundings.Leave();
        Identity before = Identity.Leave();
        int locks = Native.isolator_locks(0);
        bool hadOlder = s_hasOlder;
        s_depth++;
        try
        {
            return work();
        }
        finally
        {
            s_depth--;
            s_hasOlder = hadOlder;
            _ = Native.isolator_locks(locks);
            before.Enter();
        }
    }

    private static int Pending() => (int)Math.Min(ThreadPool.PendingWorkItemCount, int.MaxValue);

    /// <summary>Runs what is ready, or else rests until something is. False: the time is over.</summary>
    /// <param name="end">When the time is over.</param>
    /// <param name="wanted">The thread that is waited for.</param>
    private static bool Advance(long end, Threads.ThreadBody? wanted = null)
    {
        Polling.Reset();
        if (IsOver(end))
        {
            return false;
        }

        if (RunReady())
        {
            return true;
        }

        long timer = Native.isolator_timer_wait();
        // Whatever such a thread waits for has to end on top of it, before this wait can: there is nothing better to do first.
        if ((wanted is { IsPutOff: true } || (timer < 0 && HostCalls.PendingCount == 0)) && OnTop(() =>
        {
            s_hasOlder = Pending() > 0;
            return Threads.RunPutOff(wanted);
        }))
        {
            return true;
        }

        if (Threads.AreEnding)
        {
            throw new EndlessWaitException(Ended("The program has ended, and its background threads with it."));
        }

        if (timer < 0 && end == long.MaxValue)
        {
            int awaited = HostCalls.PendingCount > 0 ? Native.isolator_await_calls(-1) : CallsNone;
            return awaited == CallsGoOn ? true : throw new EndlessWaitException(NothingLeft(awaited));
        }

        long left = end == long.MaxValue ? long.MaxValue : (end - Environment.TickCount64) * 1_000_000;
        Rest(Math.Max(timer < 0 ? left : Math.Min(timer, left), 0));
        return true;
    }

    /// <summary>Rests for so long at most, or until the host has completed a call.</summary>
    private static void Rest(long nanoseconds)
    {
        if (HostCalls.PendingCount == 0 || Native.isolator_await_calls(nanoseconds) != CallsGoOn)
        {
            Native.isolator_rest(nanoseconds);
        }
    }

    // A wait without end meets this when nothing runs any more.
    private static Exception NothingLeft(int awaited)
    {
        if (awaited == CallsNotHere)
        {
            return new PlatformNotSupportedException(
                $"This wait can be ended only by the host, which has {HostCalls.PendingCount} started call(s) to complete and cannot: the thread that runs this code is the only one that could. "
                + "Await the task of DotNetIsolatorHost.InvokeAsync instead of waiting for it.");
        }

        if (HostCalls.PendingCount is > 0 and int calls)
        {
            return new PlatformNotSupportedException(
                $"This wait can be ended only by the host, which has {calls} started call(s) to complete, and nobody runs them: this runtime is a copy of the one that started them. "
                + "Await the task of DotNetIsolatorHost.InvokeAsync instead of waiting for it, so that the host can complete it later.");
        }

        if (s_depth > 0)
        {
            s_isInnerStuck = true;
            return Ended(
                "This wait would never end: nothing is left to run but code that waits itself, further down the same stack, until this wait ends. "
                + "An isolated runtime has one thread, on which waits end innermost first. Use await instead of waiting.");
        }

        if (s_isInnerStuck)
        {
            s_isInnerStuck = false;
            return new PlatformNotSupportedException(
                "This wait would never end: nothing is left that could end it. Before, queued work was ended by an exception because it waited for code further down its stack; "
                + "it may be what is missing here. An isolated runtime has one thread, on which waits end innermost first. Use await in that work instead of waiting.");
        }

        return new InvalidOperationException(
            "This wait would never end: no work is queued, no timer is set and no call to the host is under way, so nothing is left that could end it. "
            + "Await instead of waiting, or wait with a time-out.");
    }

    private static PlatformNotSupportedException Ended(string message)
    {
        PlatformNotSupportedException ended = new(message);
        EndedWaits.Add(ended, ended);
        return ended;
    }

    private static long EndOf(int milliseconds) => milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;

    private static bool IsOver(long end) => end != long.MaxValue && Environment.TickCount64 >= end;

    /// <summary>Ends a wait; carries what the waiting code throws.</summary>
    private sealed class EndlessWaitException(Exception told) : Exception
    {
        public Exception Told => told;
    }

    private sealed class MonitorWaiter(object monitor)
    {
        public object Monitor => monitor;

        public bool IsPulsed { get; set; }
    }

    /// <summary>What the guest shim does for waits.</summary>
    private static class Native
    {
        private const string Library = "isolator";

        [DllImport(Library)]
        public static extern int isolator_run_ready();

        [DllImport(Library)]
        public static extern int isolator_run_timer();

        [DllImport(Library)]
        public static extern long isolator_timer_wait();

        [DllImport(Library)]
        public static extern int isolator_locks(int set);

        [DllImport(Library)]
        public static extern void isolator_put_off();

        [DllImport(Library)]
        public static extern unsafe int isolator_input(byte* buffer, int length, int patient);

        [DllImport(Library)]
        public static extern long isolator_wait_site();

        [DllImport(Library)]
        public static extern void isolator_rest(long nanoseconds);

        [DllImport(Library)]
        public static extern int isolator_await_calls(long nanoseconds);
    }
}
