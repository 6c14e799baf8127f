using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator;

/// <summary>What goes into the log.</summary>
internal static partial class Messages
{
    [LoggerMessage(1, LogLevel.Error, "The callback '{Name}' of an isolated runtime failed")]
    public static partial void CallbackFailed(ILogger logger, string name, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "A loader failed to give the assembly '{Name}' to an isolated runtime")]
    public static partial void LoaderFailed(ILogger logger, string name, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "More than {Most} failures of callbacks or loaders in a second: the rest is not logged")]
    public static partial void TooManyFailures(ILogger logger, int most);

    [LoggerMessage(5, LogLevel.Warning, "{Count} failures of callbacks or loaders were not logged")]
    public static partial void FailuresMissed(ILogger logger, long count);

    [LoggerMessage(6, LogLevel.Error, "What is at the {Stream} of an isolated runtime failed")]
    public static partial void StreamFailed(ILogger logger, string stream, Exception exception);

    public static void FromGuest(ILogger logger, LogLevel level, ulong runtime, string category, string line) =>
        Guest[level](logger, runtime, category, line, null);

    private static readonly Dictionary<LogLevel, Action<ILogger, ulong, string, string, Exception?>> Guest = MakeGuest();

    private static Dictionary<LogLevel, Action<ILogger, ulong, string, string, Exception?>> MakeGuest()
    {
        Dictionary<LogLevel, Action<ILogger, ulong, string, string, Exception?>> made = [];
        foreach (LogLevel level in Enum.GetValues<LogLevel>())
        {
            made[level] = LoggerMessage.Define<ulong, string, string>(level, new EventId(3, "Guest"), "[runtime {Runtime}] {Category}: {Line}");
        }

        return made;
    }
}
