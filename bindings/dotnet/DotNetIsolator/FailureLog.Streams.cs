using System;

namespace DotNetIsolator;

/// <content>Failures of writers, readers and functions at a runtime's standard streams.</content>
internal sealed partial class FailureLog
{
    /// <summary>What a standard stream leads to threw.</summary>
    public void StreamFailed(LogBudget budget, string stream, Exception e) => Tell(budget, e, failure =>
    {
        if (logger is not null)
        {
            Messages.StreamFailed(logger, stream, failure);
        }
        else
        {
            Console.Error.WriteLine($"What is at the {stream} of an isolated runtime failed: {failure}");
        }
    });
}
