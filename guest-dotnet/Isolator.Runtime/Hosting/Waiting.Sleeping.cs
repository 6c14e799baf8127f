using System;
using System.Threading;
using System.Threading.Tasks;

namespace Isolator.Runtime.Hosting;

/// <content>What lasts a time, or until something is there, and runs meanwhile what may run (<see cref="Blocking"/>).</content>
internal static partial class Waiting
{
    /// <summary>What <c>isolator_input</c> says when nothing is there yet.</summary>
    internal const int InputNotThere = -1;

    /// <summary>Nanoseconds between two looks whether there is input, while timers or other work may become ready.</summary>
    private const long InputStep = 10_000_000;

    /// <summary>Nanoseconds of the shortest rest for a timer: timers are as exact as a millisecond.</summary>
    private const long LeastRest = 50_000;

    /// <summary>Nanoseconds between two looks at timers while a call of the host's is waited for: the program's own are only queued then.</summary>
    private const long TimeOutStep = 10_000_000;

    /// <summary>Nanoseconds of the longest rest for a call of the host's: one with an end needs no executor of the host's, see the contract.</summary>
    private const long LongestRest = 3_600_000_000_000;

    /// <summary>Waits for a call of the host's to be complete or cancelled.</summary>
    /// <remarks>
    /// Nothing of the program's runs meanwhile, as if the call were a synchronous one, but for what is to happen when a token's time is over: other
    /// work may make calls that wait for what this one's result holds, and could never end on top of it.
    /// </remarks>
    public static void ForCall(Task call)
    {
        RunTimeOuts();
        while (!call.IsCompleted)
        {
            long timer = Native.isolator_timer_wait();
            int awaited = Native.isolator_await_calls(timer < 0 ? LongestRest : Math.Clamp(timer, TimeOutStep, LongestRest));
            if (awaited == CallsNone && !call.IsCompleted)
            {
                throw NothingLeft(awaited);
            }

            RunTimeOuts();
        }
    }

    /// <summary>The program reads the clock over and over, and something is ready.</summary>
    public static void Clock()
    {
        if (s_depth < MaxWaits)
        {
            RunInSleep();
        }
    }

    /// <summary>Reads standard input. What is queued runs while nothing is there.</summary>
    public static unsafe int ReadInput(byte* buffer, int length)
    {
        // Whoever reads by `Console.In` has its lock.
        const int OwnLocks = 1;
        bool ran = s_depth < MaxWaits && RunInSleep(OwnLocks);
        while (true)
        {
            long timer = Native.isolator_timer_wait();
            bool idle = timer < 0 && !ran && ThreadPool.PendingWorkItemCount == 0 && HostCalls.PendingCount == 0;
            int read = Native.isolator_input(buffer, length, idle ? 1 : 0);
            if (read != InputNotThere)
            {
                return read;
            }

            ran = s_depth < MaxWaits && RunInSleep(OwnLocks);
            if (!ran)
            {
                Rest(timer < 0 ? InputStep : Math.Min(timer, InputStep));
            }
        }
    }

    /// <summary>Reads what of standard input is there, and what is queued runs first.</summary>
    public static unsafe int TryReadInput(byte* buffer, int length)
    {
        if (s_depth < MaxWaits)
        {
            RunInSleep();
        }

        return Native.isolator_input(buffer, length, 0);
    }

    /// <summary>Runs what is ready and may run in a sleep. False: there was nothing.</summary>
    private static bool RunInSleep(int ownLocks = 0)
    {
        // What the sleeping code's lock keeps out would get in: it is the same thread to a lock.
        if (Native.isolator_locks(-1) > ownLocks)
        {
            return false;
        }

        // Inside other work, what was queued before that comes after it: else all would lie on top of each other, and end in reverse.
        bool all = s_depth == 0 || !s_hasOlder;
        return OnTop(() =>
        {
            bool worked = Native.isolator_run_timer() != 0;
            return WorkItems.RunInSleep(all, ref s_hasOlder) || worked;
        });
    }

    private static void RunTimeOuts()
    {
        if (s_depth < MaxWaits && (ThreadPool.PendingWorkItemCount > 0 || Native.isolator_timer_wait() == 0))
        {
            OnTop(static () =>
            {
                _ = Native.isolator_run_timer();
                return WorkItems.RunTimeOuts(ref s_hasOlder);
            });
        }
    }

    // `Thread.Sleep`. It lasts its time, and longer if what runs meanwhile does.
    private static void Sleep(long end)
    {
        Polling.Asked();
        while (true)
        {
            if (Threads.AreEnding)
            {
                throw new EndlessWaitException(Ended("The program has ended, and its background threads with it."));
            }

            bool worked = s_depth < MaxWaits && RunInSleep();
            long left = (end - Environment.TickCount64) * 1_000_000;
            if (left <= 0)
            {
                return;
            }

            if (!worked)
            {
                // Under a lock timers do not run, so nothing is gained by waking for them.
                long timer = Native.isolator_locks(-1) > 0 || s_depth >= MaxWaits ? -1 : Native.isolator_timer_wait();
                Rest(timer < 0 ? left : Math.Min(Math.Max(timer, LeastRest), left));
            }
        }
    }

    /// <summary>Code that asks again and again, sleeping or yielding in between, until other code has done something.</summary>
    /// <remarks>
    /// Who does so over and over at one place waits for something, which then has to be run, also if it may wait itself.
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
                if (HostCalls.PendingCount > 0)
                {
                    _ = Native.isolator_await_calls(0);
                }

                if (!RunReady())
                {
                    OnTop(static () => Threads.RunPutOff());
                }

                // It may have polled itself.
                (s_count, s_last) = (Patience, place);
            }
        }
    }
}
