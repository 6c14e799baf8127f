using System;
using System.Text;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Interop;

/// <summary>Leads from the native library to a delegate that guest code may call.</summary>
internal abstract class CallTarget(string name, FailureLog log)
{
    public string Name { get; } = name;

    /// <summary>The types that arguments may name.</summary>
    public abstract TypeScope Scope { get; }

    /// <summary>What calls may take of this process.</summary>
    public abstract CallbackAccount Account { get; }

    /// <summary>The runtime whose guest calls, if there is one of this library's: it is alive as long as it calls.</summary>
    public abstract IsolatedRuntime? Runtime { get; }

    /// <summary>The delegate.</summary>
    public abstract CallbackEntry Entry { get; }

    /// <summary>
    /// Logs a failure and keeps it, and says in UTF-8 what the native library may tell the guest. It throws nothing.
    /// </summary>
    /// <param name="target">What failed; null if it was not even found.</param>
    /// <param name="e">How.</param>
    /// <param name="number">The number by which it is kept; 0: it was not logged.</param>
    public static ReadOnlySpan<byte> FailureOf(CallTarget? target, Exception e, out long number)
    {
        number = 0;
        try
        {
            if (target is not null)
            {
                target.Log.CallbackFailed(target.Account.Failures, target.Name, e);
                number = target.Account.Kept.Keep(e);
            }

            return Encoding.UTF8.GetBytes($"{e.GetType()}: {FailureLog.MessageOf(e)}");
        }
        catch (Exception)
        {
            return "The callback failed, and why cannot be said."u8;
        }
    }

    private FailureLog Log { get; } = log;
}
