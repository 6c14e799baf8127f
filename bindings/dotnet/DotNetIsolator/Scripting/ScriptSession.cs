using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>C# one submission after the other, as at a prompt: each finds the variables, methods, types and namespaces of those before it.</summary>
/// <remarks>
/// Made by <see cref="IsolatedScriptHost.CreateSession"/>. Any thread may use it, one at a time: others wait. A submission that does not compile changes nothing; one that throws keeps
/// what it did until then. One that a limit or a token stops, or that ends its process, ends the session, until <see cref="Reset"/>.
/// </remarks>
public sealed class ScriptSession : IDisposable
{
    /// <summary>Milliseconds after which what does not end is stopped again.</summary>
    private const int Again = 5;

    private readonly IsolatedScriptHost _host;
    private readonly NativeScriptSession _native;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isDisposed;

    /// <summary>The thread that a submission runs on; 0: none.</summary>
    private volatile int _thread;

    internal ScriptSession(IsolatedScriptHost host, NativeScriptSession native) => (_host, _native) = (host, native);

    /// <summary>Whether submissions can run. If not, <see cref="Reset"/> helps.</summary>
    public bool IsAlive => InTurn(() => _native.IsAlive);

    /// <summary>Compiles a submission and runs it. <c>await</c> may stand anywhere in it.</summary>
    /// <param name="source">The submission. Where its last expression has no semicolon, it has a value.</param>
    /// <returns>What came of it. An exception that it let escape, or a limit that stopped it, is in there.</returns>
    /// <exception cref="ScriptCompilationException">It does not compile. Nothing has changed.</exception>
    /// <exception cref="IsolatedException">The session has ended, or the compiler reached a limit.</exception>
    /// <exception cref="ArgumentException">A text has half of a surrogate pair, which cannot be passed on.</exception>
    public ScriptSubmission Execute(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        return InTurn(() => _native.Execute(source, _host.Host.Scope));
    }

    /// <summary>As <see cref="Execute"/>, on a thread of its own.</summary>
    /// <param name="source">The submission.</param>
    /// <param name="cancellation">Stops the compiler, after which the session goes on, or the submission, which ends it.</param>
    /// <returns>What came of it.</returns>
    public Task<ScriptSubmission> ExecuteAsync(string source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        return InTurnAsync(() => _native.Execute(source, _host.Host.Scope), cancellation);
    }

    /// <summary>Says what is wrong with a submission, which does not run.</summary>
    /// <param name="source">The submission.</param>
    /// <returns>Errors, warnings and hints.</returns>
    public ScriptDiagnostics Check(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        return InTurn(() => _native.Check(source));
    }

    /// <summary>As <see cref="Check"/>, on a thread of its own.</summary>
    /// <param name="source">The submission.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <returns>Errors, warnings and hints.</returns>
    public Task<ScriptDiagnostics> CheckAsync(string source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        return InTurnAsync(() => _native.Check(source), cancellation);
    }

    /// <summary>Whether a text is a submission, and not the beginning of one that needs more lines. What is wrong in any case counts as one.</summary>
    /// <param name="source">The text.</param>
    /// <returns>Whether it is.</returns>
    public bool IsComplete(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        return InTurn(() => _native.IsComplete(source));
    }

    /// <summary>Says what can stand at a place in a submission.</summary>
    /// <param name="source">The submission.</param>
    /// <param name="position">The place: characters of the text before it.</param>
    /// <returns>What can stand there, the best first.</returns>
    public IReadOnlyList<ScriptCompletion> Complete(string source, int position)
    {
        ArgumentNullException.ThrowIfNull(source);
        WholeText.Check(source, "The submission", nameof(source));
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, source.Length);
        return InTurn(() => _native.Complete(source, position));
    }

    /// <summary>Begins anew, with the same options: nothing is left of the submissions.</summary>
    public void Reset() => InTurn(() =>
    {
        _native.Reset();
        return true;
    });

    /// <summary>Ends the session. If a submission is under way, it ends with it.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (_thread == Environment.CurrentManagedThreadId)
        {
            // From within a function that a submission calls: the session is gone when that has ended.
            _native.Cancel();
            return;
        }

        while (!_turn.Wait(Again))
        {
            _native.Cancel();
        }

        End();
    }

    private T InTurn<T>(Func<T> work)
    {
        if (_thread == Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException("The session is in the middle of a submission, which calls this function: use another session.");
        }

        _turn.Wait();
        try
        {
            return Work(work);
        }
        finally
        {
            End();
        }
    }

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Again and again, as the native library stops only what is under way at that instant: the compiler, then the submission.
            Timer stop = new(static session => ((ScriptSession)session!)._native.Cancel(), this, Timeout.Infinite, Timeout.Infinite);
            await using ConfiguredAsyncDisposable stopped = stop.ConfigureAwait(false);
            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static stop => ((Timer)stop!).Change(0, Again), stop);
            return await IsolatedScriptHost.OnOwnThread(() => Work(work)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("The submission was stopped, as its token was cancelled.", cancellation);
        }
        finally
        {
            End();
        }
    }

    private T Work<T>(Func<T> work)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            return work();
        }
        catch (OperationCanceledException) when (_isDisposed)
        {
            throw new ObjectDisposedException(nameof(ScriptSession));
        }
        finally
        {
            _thread = 0;
        }
    }

    /// <summary>Ends a turn.</summary>
    private void End()
    {
        if (_isDisposed)
        {
            _native.Dispose();
        }

        _turn.Release();
    }
}
