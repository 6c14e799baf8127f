using System;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator.Interop;

/// <summary>The native library's log, which guests' lines go to as well. There is one for the process: each line is led to the logger of the host that it is about.</summary>
internal static unsafe class NativeLog
{
    private static readonly ConcurrentDictionary<ulong, ILogger> OfRuntimes = new();
    private static readonly ConditionalWeakTable<ILogger, object?> Loggers = [];
    private static readonly Lock Installing = new();
    private static uint s_least = uint.MaxValue;

    /// <summary>Of the host that this thread makes something for, which has no number yet.</summary>
    [ThreadStatic]
    private static ILogger? t_making;

    /// <summary>Has lines of a logger's levels told from now on.</summary>
    public static void Install(ILogger logger)
    {
        uint least = 4;
        while (least > 0 && logger.IsEnabled(LevelOf((int)least - 1)))
        {
            least--;
        }

        lock (Installing)
        {
            Loggers.AddOrUpdate(logger, null);
            if (least < s_least)
            {
                s_least = least;
                NativeMethods.isolator_set_log(&Write, 0, null, least);
            }
        }
    }

    /// <summary>Lines of this thread are about what is made, until the result is disposed.</summary>
    public static Making For(ILogger? logger) => new(logger);

    /// <summary>Lines of a runtime go there.</summary>
    public static void Add(ulong runtime, ILogger logger) => OfRuntimes[runtime] = logger;

    /// <summary>The runtime is gone.</summary>
    public static void Remove(ulong runtime) => OfRuntimes.TryRemove(runtime, out _);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Write(nint userData, int level, ulong runtime, BorrowedBytes category, BorrowedBytes message)
    {
        try
        {
            if (runtime != 0 && OfRuntimes.TryGetValue(runtime, out ILogger? logger))
            {
                Tell(logger, level, runtime, category, message);
            }
            else if (t_making is { } making)
            {
                Tell(making, level, runtime, category, message);
            }
            else if (runtime == 0)
            {
                // It is about the process.
                foreach ((ILogger each, _) in Loggers)
                {
                    Tell(each, level, runtime, category, message);
                }
            }
        }
        catch (Exception)
        {
            // A logger that fails has nowhere to say so, and the frames below are not .NET's.
            return;
        }
    }

    private static void Tell(ILogger logger, int level, ulong runtime, BorrowedBytes category, BorrowedBytes message) =>
        Messages.FromGuest(logger, LevelOf(level), runtime, category.Text, Wording.Of(message.Text));

    private static LogLevel LevelOf(int level) => level switch
    {
        0 => LogLevel.Trace,
        1 => LogLevel.Debug,
        2 => LogLevel.Information,
        3 => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    /// <summary>See <see cref="For"/>.</summary>
    internal readonly ref struct Making : IDisposable
    {
        private readonly ILogger? _before;

        public Making(ILogger? logger)
        {
            _before = t_making;
            t_making = logger;
        }

        public void Dispose() => t_making = _before;
    }
}
