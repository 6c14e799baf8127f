using System;
using System.Threading;
using Isolator.Runtime.Wire;

namespace DotNetIsolator;

/// <summary>What one runtime's callbacks may take of this process.</summary>
/// <remarks>
/// The engine forgets an asynchronous call once the guest has given it up, but the delegate's work goes on until its task ends. So what
/// is under way is counted here.
/// </remarks>
/// <param name="mostBytes">Most bytes of arguments of calls that are under way; one call alone may have more.</param>
internal sealed class CallbackAccount(ulong mostBytes)
{
    private readonly Lock _lock = new();
    private int _unfinished;
    private ulong _bytes;

    /// <summary>Most bytes of arguments.</summary>
    public ulong MostBytes { get; } = mostBytes;

    /// <summary>How many failures are logged.</summary>
    public LogBudget Failures { get; } = new(FailureLog.LinesPerSecond);

    /// <summary>What they threw lately.</summary>
    public KeptFailures Kept { get; } = new();

    /// <summary>An asynchronous callback is to begin. Followed by <see cref="End"/>, unless it throws.</summary>
    /// <exception cref="InvalidOperationException">There are too many.</exception>
    public void Begin(nuint bytes)
    {
        lock (_lock)
        {
            if (_unfinished >= Codes.MaxCalls)
            {
                throw new InvalidOperationException(
                    $"{Codes.MaxCalls} calls of the runtime's asynchronous callbacks are under way, some of which guest code may have given up. "
                    + "End them when their CancellationToken says so.");
            }

            if (_unfinished > 0 && bytes > MostBytes - Math.Min(_bytes, MostBytes))
            {
                throw new InvalidOperationException(
                    $"The arguments of the runtime's asynchronous callbacks that are under way would be more than {MostBytes} bytes (the limit {IsolatedLimit.Buffers}).");
            }

            _unfinished++;
            _bytes += bytes;
        }
    }

    /// <summary>Its task has ended.</summary>
    public void End(nuint bytes)
    {
        lock (_lock)
        {
            _unfinished--;
            _bytes -= bytes;
        }
    }
}
