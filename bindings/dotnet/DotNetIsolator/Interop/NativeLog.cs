using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator.Interop;

/// <summary>The native library's log, which guests' lines go to as well, led into an <see cref="ILogger"/>. There is one for the process.</summary>
internal static unsafe class NativeLog
{
    /// <summary>Leads the log there from now on.</summary>
    public static void SendTo(ILogger logger)
    {
        uint least = 4;
        while (least > 0 && logger.IsEnabled(LevelOf((int)least - 1)))
        {
            least--;
        }

        NativeMethods.isolator_set_log(&Write, UserData.New(logger), &UserData.Drop, least);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Write(nint userData, int level, ulong runtime, BorrowedBytes category, BorrowedBytes message)
    {
        try
        {
            Messages.FromGuest(UserData.Get<ILogger>(userData), LevelOf(level), runtime, category.Text, message.Text);
        }
        catch (Exception)
        {
            // A logger that fails has nowhere to say so, and the frames below are not .NET's.
            return;
        }
    }

    private static LogLevel LevelOf(int level) => level switch
    {
        0 => LogLevel.Trace,
        1 => LogLevel.Debug,
        2 => LogLevel.Information,
        3 => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}
