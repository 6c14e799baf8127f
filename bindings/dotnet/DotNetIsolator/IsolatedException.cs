using System;
using System.Collections.Generic;

namespace DotNetIsolator;

/// <summary>A call into an isolated runtime failed: guest code threw, or what was asked for is not there or cannot cross.</summary>
public class IsolatedException : Exception
{
    /// <summary>An exception without a message of its own.</summary>
    public IsolatedException()
    {
    }

    /// <summary>An exception with a message.</summary>
    /// <param name="message">What failed.</param>
    public IsolatedException(string? message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    /// <param name="message">What failed.</param>
    /// <param name="innerException">What caused it on this side.</param>
    public IsolatedException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What went wrong.</summary>
    public IsolatedErrorKind Kind { get; internal init; }

    /// <summary>The guest's exception; null unless <see cref="Kind"/> is <see cref="IsolatedErrorKind.GuestException"/>.</summary>
    public GuestExceptionInfo? GuestException { get; internal init; }

    /// <summary>Signatures of the methods that came into question; empty where none did.</summary>
    public IReadOnlyList<string> Candidates { get; internal init; } = [];

    /// <summary>The exit code, if <see cref="Kind"/> is <see cref="IsolatedErrorKind.Exit"/>.</summary>
    public int? ExitCode { get; internal init; }

    /// <summary>The limit that was reached, if <see cref="Kind"/> is <see cref="IsolatedErrorKind.Limit"/>.</summary>
    public IsolatedLimit? Limit { get; internal init; }

    /// <summary>
    /// The call of a batch that threw, counted from 0: those before it were made and their results are in place, those after it were not
    /// made. Null for an exception of any other call.
    /// </summary>
    public int? BatchElement { get; internal init; }

    /// <summary>Whether the runtime is of no more use: the fault, or the limit, has ended it. Others are not affected.</summary>
    public bool IsFatal { get; internal init; }

    /// <summary>What to do about it, where that is known and the message does not say it already.</summary>
    public string? Hint { get; internal init; }

    /// <summary>Which functions of the sandbox ran.</summary>
    internal string? Backtrace { get; init; }

    /// <summary>The message, the guest's exception as .NET prints it there, with its stack, and the stack of this side.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string newLine = Environment.NewLine;
        if (GuestException is not { } guest)
        {
            string text = base.ToString();
            int end = Message.Length == 0 ? -1 : text.IndexOf(Message, StringComparison.Ordinal) + Message.Length;
            string more = Hint is null || Message.Contains(Hint, StringComparison.Ordinal) ? string.Empty : $"{newLine}{Hint}";
            more += Backtrace is null ? string.Empty : $"{newLine}{Backtrace}";
            return end < Message.Length ? text + more : text.Insert(end, more);
        }

        string cause = InnerException is null ? string.Empty : $"{newLine} ---> {InnerException}{newLine}   --- End of inner exception stack trace ---";
        string trace = StackTrace is { } own ? $"{newLine}{own}" : string.Empty;
        return $"{GetType().FullName}: {guest.Text}{newLine}   --- End of guest stack trace ---{cause}{trace}";
    }
}

/// <summary>An exception of guest code, as data.</summary>
public sealed class GuestExceptionInfo
{
    /// <summary>Full name of its type, such as <c>System.InvalidOperationException</c>.</summary>
    public string TypeName { get; init; } = string.Empty;

    /// <summary>Its <see cref="Exception.Message"/>.</summary>
    public string Message { get; init; } = string.Empty;

    /// <summary>Its <see cref="Exception.StackTrace"/>.</summary>
    public string? StackTrace { get; init; }

    /// <summary>Its <see cref="Exception.ToString"/>.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Its <see cref="Exception.InnerException"/>, or all of an <see cref="AggregateException"/>.</summary>
    public IReadOnlyList<GuestExceptionInfo> Inner { get; init; } = [];

    /// <summary>Its <see cref="Exception.HResult"/>.</summary>
    public int HResult { get; init; }

    /// <summary>The public properties that its type adds to those of <see cref="Exception"/>, as text.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
