using System;

namespace DotNetIsolator;

/// <summary>A call to the host failed. The message is what the host chose to tell; the host's log may say more.</summary>
public sealed class HostCallException : Exception
{
    /// <summary>An exception without a message of its own.</summary>
    public HostCallException()
    {
    }

    /// <summary>An exception with a message.</summary>
    /// <param name="message">What the host tells.</param>
    public HostCallException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    /// <param name="message">What the host tells.</param>
    /// <param name="innerException">What caused it.</param>
    public HostCallException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal HostCallException(string message, HostCallReason reason, long failureNumber = 0)
        : base(message) => (Reason, FailureNumber) = (reason, failureNumber);

    /// <summary>A number by which the host finds the failure among what it knows of it; 0: it has none. It says nothing else.</summary>
    public long FailureNumber { get; }

    /// <summary>Why the call failed.</summary>
    public HostCallReason Reason { get; }
}
