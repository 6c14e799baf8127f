using System;
using Microsoft.Extensions.Logging;

namespace DotNetIsolator;

/// <summary>Where failures of the embedder's own functions are told. It never throws: it is used where the frames below are not .NET's.</summary>
/// <param name="logger">The embedder's logger; null: lines go to <see cref="Console.Error"/>.</param>
internal sealed partial class FailureLog(ILogger? logger)
{
    /// <summary>Failures that are logged in a second: those of one runtime's callbacks, and those of one host's loaders.</summary>
    public const int LinesPerSecond = 100;

    /// <summary>Most characters of an exception's message that are passed on: guest code may have chosen it.</summary>
    private const int LongestMessage = 4000;

    private readonly LogBudget _loaders = new(LinesPerSecond);

    /// <summary>An exception's message, as far as it can be had.</summary>
    public static string MessageOf(Exception e)
    {
        try
        {
            string message = e.Message ?? string.Empty;
            return message.Length <= LongestMessage ? message : message[..LongestMessage] + "…";
        }
        catch (Exception)
        {
            return "(it cannot say why)";
        }
    }

    /// <summary>A callback threw.</summary>
    public void CallbackFailed(LogBudget budget, string name, Exception e) => Tell(budget, e, failure =>
    {
        if (logger is not null)
        {
            Messages.CallbackFailed(logger, name, failure);
        }
        else
        {
            Console.Error.WriteLine($"The callback '{name}' of an isolated runtime failed: {failure}");
        }
    });

    /// <summary>A loader threw.</summary>
    public void LoaderFailed(string name, Exception e) => Tell(_loaders, e, failure =>
    {
        if (logger is not null)
        {
            Messages.LoaderFailed(logger, name, failure);
        }
        else
        {
            Console.Error.WriteLine($"A loader failed to give the assembly '{name}' to an isolated runtime: {failure}");
        }
    });

    private void Tell(LogBudget budget, Exception e, Action<Exception> write)
    {
        try
        {
            switch (budget.Take(out long missed))
            {
                case LogLine.Dropped:
                    return;
                case LogLine.FirstDropped:
                    TooMany();
                    return;
                case LogLine.Logged when missed > 0:
                    Missed(missed);
                    break;
            }

            write(e);
        }
        catch (Exception)
        {
            TellLess(e, write);
        }
    }

    /// <summary>Tells of an exception whose own text may be what failed.</summary>
    private static void TellLess(Exception e, Action<Exception> write)
    {
        try
        {
            write(new InvalidOperationException($"{e.GetType()}, which cannot be described: {MessageOf(e)}"));
        }
        catch (Exception)
        {
            // A logger that fails has nowhere to say so.
            return;
        }
    }

    private void TooMany()
    {
        if (logger is not null)
        {
            Messages.TooManyFailures(logger, LinesPerSecond);
        }
        else
        {
            Console.Error.WriteLine($"More than {LinesPerSecond} failures of callbacks or loaders in a second: the rest is not logged.");
        }
    }

    private void Missed(long count)
    {
        if (logger is not null)
        {
            Messages.FailuresMissed(logger, count);
        }
        else
        {
            Console.Error.WriteLine($"{count} failures of callbacks or loaders were not logged.");
        }
    }
}
