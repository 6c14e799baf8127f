using System;
using System.Collections.Generic;

namespace DotNetIsolator.Interop;

/// <content>Copies of a runtime, and what goes on in them.</content>
internal sealed unsafe partial class NativeRuntime
{
    /// <summary>Makes runtimes that go on from where this one is.</summary>
    public NativeRuntime[] Fork(int count)
    {
        using NativeUse use = new(this);
        nint[] pointers = new nint[count];
        fixed (nint* made = pointers)
        {
            NativeErrors.Check(NativeMethods.isolator_runtime_fork_many(use.Pointer, (nuint)count, made));
        }

        return Array.ConvertAll(pointers, pointer =>
        {
            NativeRuntime fork = new() { _held = _held };
            fork.Begin(pointer);
            return fork;
        });
    }

    /// <summary>What a handle of the runtime that this one was forked from names here.</summary>
    public GuestHandle Inherit(GuestHandle handle)
    {
        using NativeUse use = new(this);
        using NativeUse of = new(handle);
        nint inherited;
        NativeErrors.Check(NativeMethods.isolator_runtime_inherit(use.Pointer, of.Pointer, &inherited));
        return new GuestHandle(inherited);
    }

    /// <summary>Writes the runtime down.</summary>
    public NativeSuspended Suspend()
    {
        using NativeUse use = new(this);
        nint suspended;
        NativeErrors.Check(NativeMethods.isolator_runtime_suspend(use.Pointer, &suspended));
        return new NativeSuspended(suspended);
    }

    /// <summary>Calls of the host that nobody runs.</summary>
    public List<IsolatedPendingCall> PendingCalls(IsolatedRuntime runtime)
    {
        using NativeUse use = new(this);
        nint calls;
        NativeErrors.Check(NativeMethods.isolator_runtime_pending_calls(use.Pointer, &calls));
        try
        {
            nuint count = NativeMethods.isolator_pending_calls_len(calls);
            List<IsolatedPendingCall> all = new((int)count);
            for (nuint i = 0; i < count; i++)
            {
                NativePendingCall call = NativeMethods.isolator_pending_calls_get(calls, i);
                all.Add(new IsolatedPendingCall(runtime, call.Id, call.Name.Text, call.Args.Span.ToArray()));
            }

            return all;
        }
        finally
        {
            NativeMethods.isolator_pending_calls_free(calls);
        }
    }

    /// <summary>Gives a pending call its result.</summary>
    public void Answer(ulong id, ArgumentWriter value)
    {
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_answer_call(use.Pointer, id, BytesOf(value)));
    }

    /// <summary>Ends a pending call with a failure.</summary>
    public void Fail(ulong id, string message)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_fail_call(use.Pointer, id, texts.AddLossy(message)));
    }

    /// <summary>Begins a pending call again.</summary>
    public void Restart(ulong id)
    {
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_restart_call(use.Pointer, id));
    }

    /// <summary>Begins the asynchronous calls that are queued, on this thread.</summary>
    public void BeginQueued()
    {
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_begin_queued(use.Pointer));
    }

    /// <summary>Keeps an asynchronous call that is under way under a name.</summary>
    public void KeepCall(string name, ulong call)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        NativeErrors.Check(NativeMethods.isolator_runtime_keep_call(use.Pointer, texts.Add(name), call));
    }

    /// <summary>Numbers of asynchronous calls that nobody awaits here.</summary>
    public ulong[] UnfinishedCalls()
    {
        using NativeUse use = new(this);
        ulong[] numbers = new ulong[16];
        while (true)
        {
            nuint count;
            fixed (ulong* first = numbers)
            {
                NativeErrors.Check(NativeMethods.isolator_runtime_unfinished_calls(use.Pointer, first, (nuint)numbers.Length, &count));
            }

            bool fits = count <= (nuint)numbers.Length;
            Array.Resize(ref numbers, (int)count);
            if (fits)
            {
                return numbers;
            }
        }
    }

    /// <summary>Awaits such a call.</summary>
    public void TakeUp(ulong number, PendingCall pending)
    {
        using NativeUse use = new(this);
        nint userData = UserData.New(pending);
        ulong call;
        Started(NativeMethods.isolator_runtime_take_up_async(use.Pointer, number, &Done, userData, &call), userData);
        pending.Number = call;
    }

    /// <summary>Awaits a task that was kept under a name.</summary>
    public void TakeUp(string name, PendingCall pending)
    {
        using Utf8Texts texts = new();
        using NativeUse use = new(this);
        nint userData = UserData.New(pending);
        ulong call;
        Started(NativeMethods.isolator_runtime_take_up_kept_async(use.Pointer, texts.Add(name), &Done, userData, &call), userData);
        pending.Number = call;
    }

    private void Begin(nint made)
    {
        SetHandle(made);
        IsolatorTelemetry.RuntimeMade();
        _id = NativeMethods.isolator_runtime_id(made);
    }
}
