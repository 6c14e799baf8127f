using System;
using System.Collections.Generic;
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
internal static class Waiting
{
    /// <summary>Waits inside waits, each of which needs its part of the native stack.</summary>
    private const int MaxWaits = 150;

    /// <summary>Threads that wait for a monitor, in the order in which they began to: each runs on top of the one before.</summary>
    private static readonly List<MonitorWaiter> Waiters = [];

    private static readonly object No = new();

    private static int s_depth;

    /// <summary>Whether a wait inside another one was ended, because code further down the stack would have to go on.</summary>
    private static bool s_isInnerStuck;

    /// <summary>Once, before the snapshot: finds what is needed of the base class library.</summary>
    public static void Prepare()
    {
        Surroundings.Prepare();
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
        if (milliseconds >= 0 && Surroundings.IsSleeping)
        {
            Polling.Asked();
            Native.isolator_rest(milliseconds * 1_000_000L);
            return No;
        }

        try
        {
            return Advance(EndOf(milliseconds)) ? null : No;
        }
        catch (EndlessWaitException e)
        {
            Surroundings.ForgetHandleWait();
            return e.Told;
        }
    }

    /// <summary><c>Thread.Yield</c>, and so <c>Thread.Sleep(0)</c> and spinning.</summary>
    public static void Yield() => Polling.Asked();

    /// <summary><c>Thread.Start</c>.</summary>
    public static object StartThread() => new PlatformNotSupportedException(
        "No thread can be started: an isolated runtime has exactly one. Use Task.Run, whose work runs while other code awaits or waits, or run several runtimes.");

    /// <summary><c>Thread.Join</c>. A thread that can be waited for is the one that waits.</summary>
    public static object? Join(Thread thread, int milliseconds)
    {
        if ((thread.ThreadState & ThreadState.Unstarted) != 0)
        {
            return new ThreadStateException("The thread has not been started.");
        }

        try
        {
            long end = EndOf(milliseconds);
            while (Advance(end))
            {
            }

            return No;
        }
        catch (EndlessWaitException e)
        {
            return e.Told;
        }
    }

    /// <summary>Runs what is ready, as if on another thread. False: there was nothing.</summary>
    internal static bool RunReady()
    {
        if (s_depth >= MaxWaits)
        {
            throw new EndlessWaitException(new PlatformNotSupportedException(
                $"{MaxWaits} waits are under way inside each other: each runs queued work that waits in turn, all on one stack. Use await where this work waits."));
        }

        using Surroundings surroundings = Surroundings.Leave();
        s_depth++;
        try
        {
            bool worked = Native.isolator_run_ready() != 0;
            if (ThreadPool.PendingWorkItemCount > 0)
            {
                worked = true;
                Surroundings.RunWorkItems();
            }

            return worked;
        }
        finally
        {
            s_depth--;
        }
    }

    /// <summary>Runs what is ready, or else rests until something is. False: the time is over.</summary>
    private static bool Advance(long end)
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
        if (timer < 0 && end == long.MaxValue)
        {
            throw new EndlessWaitException(NothingLeft());
        }

        long left = end == long.MaxValue ? long.MaxValue : (end - Environment.TickCount64) * 1_000_000;
        Native.isolator_rest(Math.Max(timer < 0 ? left : Math.Min(timer, left), 0));
        return true;
    }

    // A wait without end meets this when nothing runs any more. A way for the host to block until one of its calls is
    // complete would be asked here.
    private static Exception NothingLeft()
    {
        if (HostCalls.PendingCount is > 0 and int calls)
        {
            return new PlatformNotSupportedException(
                $"This wait can be ended only by the host, which has {calls} started call(s) to complete and cannot while this code runs: an isolated runtime has one thread. "
                + "Await the task of DotNetIsolatorHost.InvokeAsync instead of waiting for it, or use DotNetIsolatorHost.Invoke, for which the host waits.");
        }

        if (s_depth > 0)
        {
            s_isInnerStuck = true;
            return new PlatformNotSupportedException(
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
        public static extern long isolator_timer_wait();

        [DllImport(Library)]
        public static extern long isolator_wait_site();

        [DllImport(Library)]
        public static extern void isolator_rest(long nanoseconds);
    }

    /// <summary>Code that asks again and again, sleeping or yielding in between, until other code has done something.</summary>
    /// <remarks>
    /// Sleeping runs nothing: what sleeps inside a lock may rely on nobody else getting in, and what is started before a sleep
    /// may rely on what comes after it. Who sleeps over and over at one place waits for something, which then has to be run.
    /// </remarks>
    private static class Polling
    {
        private const int Patience = 16;
        private static int s_count;
        private static (long Site, int Depth, int? Task) s_last;

        public static void Reset() => s_count = 0;

        public static void Asked()
        {
            (long, int, int?) place = (Native.isolator_wait_site(), s_depth, Task.CurrentId);
            if (place != s_last)
            {
                (s_count, s_last) = (0, place);
            }

            if (++s_count > Patience && s_depth < MaxWaits)
            {
                RunReady();
                // It may have polled itself.
                (s_count, s_last) = (Patience, place);
            }
        }
    }
}
