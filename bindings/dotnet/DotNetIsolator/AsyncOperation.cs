using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>An asynchronous call, from its place in the queue to its end or until its token is cancelled.</summary>
/// <remarks>The native library holds it until it has nothing more to tell, also of a call that was given up.</remarks>
/// <typeparam name="T">Type of the result.</typeparam>
internal sealed class AsyncOperation<T>(IsolatedRuntime runtime, string kind, Func<NativeBytes, T> read, CancellationToken cancellation) : PendingCall
{
    private readonly Measured? _measured = Begin(runtime, kind);

    // Its continuations are the embedder's code, which must run neither on the native library's thread nor on the one that cancels.
    private readonly TaskCompletionSource<T> _source = new(new CallPlace(runtime.Weak), TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private CancellationTokenRegistration _registration;
    private Action? _prepare;
    private object? _kept;
    private IsolatedObject? _target;
    private bool _isOver;

    /// <summary>Ends when the guest's task does, or the token is cancelled.</summary>
    public Task<T> Task => _source.Task;

    /// <inheritdoc/>
    public override ulong Number
    {
        get => Place.Number;
        set => Place.Number = value;
    }

    private CallPlace Place => (CallPlace)_source.Task.AsyncState!;

    /// <summary>Queues a call that needs nothing more.</summary>
    public void BeginBy(Action<PendingCall> begin)
    {
        lock (_lock)
        {
            begin(this);
        }
    }

    /// <summary>Queues the call. The writer is given back.</summary>
    /// <param name="method">What to call.</param>
    /// <param name="target">The object to call it on.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="kept">What must live until the call is done: objects that are passed by reference; disposed then, if it can be.</param>
    public void Begin(IsolatedMethod method, IsolatedObject? target, ArgumentWriter args, object? kept)
    {
        try
        {
            _measured?.Name(method.KnownName);
            runtime.CheckOwner(target);
            lock (_lock)
            {
                (_target, _kept) = (target, kept);
                if (!_isOver)
                {
                    runtime.Native.InvokeAsync(method.Handle, target?.Handle, args, this);
                    return;
                }
            }

            Drop();
        }
        finally
        {
            args.Return();
        }
    }

    /// <summary>Queues something that needs the runtime, and that then begins the call.</summary>
    public void BeginInTurn(Action prepare)
    {
        lock (_lock)
        {
            _prepare = prepare;
            runtime.Native.QueueTurn(this);
        }
    }

    /// <summary>Gives the call up once the token is cancelled. Called once, when it is queued.</summary>
    public void Watch()
    {
        if (!cancellation.CanBeCanceled)
        {
            return;
        }

        CancellationTokenRegistration registration = cancellation.UnsafeRegister(static call => ((AsyncOperation<T>)call!).GiveUp(), this);
        bool over;
        lock (_lock)
        {
            _registration = registration;
            over = _isOver;
        }

        if (over)
        {
            registration.Unregister();
        }
    }

    public override void TakeTurn()
    {
        Action? prepare;
        lock (_lock)
        {
            prepare = _isOver ? null : _prepare;
            _prepare = null;
            Number = 0;
        }

        try
        {
            prepare?.Invoke();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    public override void Complete(NativeBytes bytes)
    {
        if (!End())
        {
            bytes.Dispose();
            Drop();
            return;
        }

        try
        {
            T result = read(bytes);
            _measured?.End();
            _source.TrySetResult(result);
        }
        catch (Exception e)
        {
            Set(e);
        }

        Drop();
        GC.KeepAlive(runtime);
    }

    public override void Fail(Exception e)
    {
        if (End())
        {
            Set(e);
        }

        Drop();
    }

    private void GiveUp()
    {
        ulong number;
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            number = Number;
        }

        if (number != 0)
        {
            // First, so that whoever learns that the call is cancelled finds the guest's own token cancelled by the next call.
            runtime.Native.Abandon(number);
        }

        Set(new OperationCanceledException("The call into the isolated runtime was given up, as its token was cancelled.", cancellation));
    }

    private bool End()
    {
        CancellationTokenRegistration registration;
        lock (_lock)
        {
            if (_isOver)
            {
                return false;
            }

            _isOver = true;
            registration = _registration;
        }

        registration.Unregister();
        return true;
    }

    private void Set(Exception e)
    {
        // Before whoever waits for the call goes on.
        _measured?.Fails(e);
        _measured?.End();
        if (e is OperationCanceledException canceled)
        {
            _source.TrySetFromTask(Canceled(canceled));
        }
        else
        {
            _source.TrySetException(e);
        }
    }

    /// <summary>Begins to measure, in the context of whoever makes the call; null if nobody listens.</summary>
    private static Measured? Begin(IsolatedRuntime runtime, string kind) =>
        IsolatorTelemetry.IsListened ? BeginHere(runtime, kind) : null;

    private static Measured? BeginHere(IsolatedRuntime runtime, string kind)
    {
        Activity? here = Activity.Current;
        Measured? measured = IsolatorTelemetry.BeginCall(runtime, kind, null);
        if (measured?.Activity is not null)
        {
            // What the caller does next is no part of the call.
            Activity.Current = here;
        }

        return measured;
    }

    /// <summary>A task that is cancelled, and says why.</summary>
    private static async Task<T> Canceled(OperationCanceledException e)
    {
        await System.Threading.Tasks.Task.CompletedTask.ConfigureAwait(false);
        throw e;
    }

    private void Drop()
    {
        object? kept;
        lock (_lock)
        {
            (kept, _kept) = (_kept, null);
            (_target, _prepare) = (null, null);
        }

        (kept as IDisposable)?.Dispose();
        GC.KeepAlive(kept);
    }
}

/// <summary>Where an asynchronous call is: what its task says of it. It keeps no runtime alive.</summary>
/// <param name="runtime">The runtime.</param>
internal sealed class CallPlace(WeakReference<IsolatedRuntime> runtime)
{
    /// <summary>The runtime.</summary>
    public WeakReference<IsolatedRuntime> Runtime { get; } = runtime;

    /// <summary>The call's number there, or that of its turn.</summary>
    public ulong Number { get; set; }
}
