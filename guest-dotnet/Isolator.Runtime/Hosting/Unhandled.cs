using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Isolator.Runtime.Hosting;

/// <summary>Exceptions that nobody handles, of queued work, timers, asynchronous methods without a task, and threads.</summary>
internal static unsafe class Unhandled
{
    private static Action<object>? s_raise;
    private static bool s_isEnding;

    /// <summary>Finds what is needed of the base class library.</summary>
    public static void Prepare() =>
        s_raise = typeof(AppContext).GetMethod("OnUnhandledException", BindingFlags.Static | BindingFlags.NonPublic)?.CreateDelegate<Action<object>>()
            ?? throw new FailureException(FailureKind.Internal, "This .NET tells of unhandled exceptions in another way.");

    /// <summary>
    /// Tells <c>AppDomain.UnhandledException</c> and ends the runtime, as .NET ends a process. It is called from an exception
    /// filter, so that nothing is unwound before; it does not return.
    /// </summary>
    public static bool End(Exception exception)
    {
        if (!s_isEnding)
        {
            s_isEnding = true;
            s_raise!(exception);
        }

        Console.Out.Flush();
        byte[] text = Encoding.UTF8.GetBytes("Unhandled exception. " + StackTraces.WithoutOurs(exception.ToString()) + "\n");
        fixed (byte* bytes = text)
        {
            isolator_unhandled(bytes, text.Length);
        }

        return true;
    }

    [DllImport("isolator")]
    private static extern void isolator_unhandled(byte* text, int length);
}
