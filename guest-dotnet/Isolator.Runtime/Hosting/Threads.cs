using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;

namespace Isolator.Runtime.Hosting;

/// <summary>Threads that the program started: their bodies are work, which runs as queued work does, with an identity of its own.</summary>
/// <remarks>
/// A body that may wait for something that other code does (<see cref="Blocking"/>) is begun as late as possible: everything
/// that runs on top of it has to end before it can go on.
/// </remarks>
internal static class Threads
{
    private static readonly List<ThreadBody> Started = [];
    private static Func<Thread, object?>? s_helper;
    private static Action<Thread>? s_run;
    private static Action<Thread, ThreadState>? s_set;
    private static Action<Thread, ThreadState>? s_clear;
    private static Action<Thread>? s_exiting;
    private static Func<object, Delegate?>? s_start;

    /// <summary>Whether the program has ended, and only background threads are left.</summary>
    public static bool AreEnding { get; private set; }

    /// <summary>Finds what is needed of the base class library.</summary>
    public static void Prepare()
    {
        const BindingFlags Members = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic;
        FieldInfo helper = Need(typeof(Thread).GetField("_startHelper", Members));
        FieldInfo start = Need(helper.FieldType.GetField("_start", Members));
        s_helper = helper.GetValue;
        s_start = o => start.GetValue(o) as Delegate;
        s_run = Need(typeof(Thread).GetMethod("StartCallback", Members)).CreateDelegate<Action<Thread>>();
        s_set = Need(typeof(Thread).GetMethod("SetState", Members)).CreateDelegate<Action<Thread, ThreadState>>();
        s_clear = Need(typeof(Thread).GetMethod("ClrState", Members)).CreateDelegate<Action<Thread, ThreadState>>();
        s_exiting = Need(typeof(Thread).GetMethod("OnThreadExiting", Members)).CreateDelegate<Action<Thread>>();
        Identity.Prepare();
    }

    /// <summary><c>Thread.Start</c>: the thread runs when other code waits, sleeps or returns.</summary>
    public static void Start(Thread thread)
    {
        Delegate? start = s_helper!(thread) is { } helper ? s_start!(helper) : null;
        s_clear!(thread, ThreadState.Unstarted);
        ThreadBody body = new(thread, start);
        Started.Add(body);
        ThreadPool.UnsafeQueueUserWorkItem(body, preferLocal: false);
    }

    /// <summary>The body of a thread that has not ended; null for any other.</summary>
    public static ThreadBody? Of(Thread thread) => Started.Find(body => ReferenceEquals(body.Thread, thread));

    /// <summary>Begins a body that was put off. False: there is none.</summary>
    /// <param name="wanted">The one to begin, if it can be; null: the first.</param>
    public static bool RunPutOff(ThreadBody? wanted = null)
    {
        ThreadBody? body = wanted is { IsPutOff: true } ? wanted : Started.Find(one => one.IsPutOff);
        body?.Run();
        return body is not null;
    }

    /// <summary>The end of a program: its foreground threads end first, and others get as far as they do without waiting.</summary>
    public static void Finish()
    {
        while (Started.Find(one => !one.Thread.IsBackground) is { } foreground)
        {
            Waiting.Until(foreground);
        }

        if (Started.Count == 0)
        {
            return;
        }

        AreEnding = true;
        try
        {
            while (Started.Find(one => !one.IsBegun) is { } background)
            {
                background.Run();
            }
        }
        finally
        {
            AreEnding = false;
        }
    }

    private static T Need<T>(T? member)
        where T : class =>
        member ?? throw new FailureException(FailureKind.Internal, "This .NET starts threads in another way.");

    /// <summary>What a thread has to run.</summary>
    internal sealed class ThreadBody(Thread thread, Delegate? start) : IThreadPoolWorkItem
    {
        public Thread Thread => thread;

        /// <summary>What the program gave it; null if that is not known.</summary>
        public Delegate? Code => start;

        public bool IsBegun { get; private set; }

        public bool IsDone { get; private set; }

        public bool IsPutOff { get; private set; }

        /// <summary>Its turn among queued work.</summary>
        public void Execute()
        {
            if (IsBegun)
            {
                return;
            }

            if (start is not null && Blocking.May(start))
            {
                IsPutOff = true;
                Waiting.PutOff();
                return;
            }

            Run();
        }

        /// <summary>Runs it to its end.</summary>
        public void Run()
        {
            if (IsBegun)
            {
                return;
            }

            (IsBegun, IsPutOff) = (true, false);
            Identity before = Identity.Current, own = new(thread);
            own.Enter();
            try
            {
                s_run!(thread);
            }
            catch (Exception e) when (thread.IsBackground && Waiting.IsEndedWait(e))
            {
                // Where there are threads, it would wait on and hold nobody up.
            }
            catch (Exception e) when (Unhandled.End(e))
            {
            }
            finally
            {
                IsDone = true;
                Started.Remove(this);
                s_exiting!(thread);
                s_clear!(thread, ThreadState.Background);
                s_set!(thread, ThreadState.Stopped);
                own.End(before);
            }
        }
    }
}
