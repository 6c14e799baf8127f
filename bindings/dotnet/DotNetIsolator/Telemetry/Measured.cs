using System;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading;

namespace DotNetIsolator;

/// <summary>Something that is measured, from its beginning to its end. It is made only where somebody listens.</summary>
/// <param name="activity">The activity that has begun; null if nobody wants it.</param>
/// <param name="duration">Takes the time, in seconds.</param>
/// <param name="count">Counts it; null: it is not counted.</param>
/// <param name="kind">The kind of a call; null for what is no call.</param>
internal sealed class Measured(Activity? activity, Histogram<double> duration, Counter<long>? count, string? kind)
{
    /// <summary>How a call is made.</summary>
    public const string KindTag = "isolator.call.kind";

    private readonly long _began = Stopwatch.GetTimestamp();
    private string? _error;
    private int _ended;

    /// <summary>The activity; null if nobody wants it.</summary>
    public Activity? Activity => activity;

    /// <summary>Says what is called.</summary>
    public void Name(string? method)
    {
        if (method is not null)
        {
            activity?.SetTag("code.function.name", method);
        }
    }

    /// <summary>
    /// Notes a failure: by its kind, since the types and messages of a guest's exceptions are the guest's to choose. For exception filters: it is always false.
    /// </summary>
    public bool Fails(Exception e)
    {
        _error = e switch
        {
            IsolatedException isolated => isolated.Kind.ToString(),
            OperationCanceledException => "Cancelled",
            _ => e.GetType().FullName,
        };
        return false;
    }

    /// <summary>It has ended, on whatever thread. Only the first time counts.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        TagList tags = default;
        if (kind is not null)
        {
            tags.Add(KindTag, kind);
        }

        if (_error is not null)
        {
            tags.Add("error.type", _error);
        }

        duration.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds, tags);
        count?.Add(1, tags);
        if (activity is null)
        {
            return;
        }

        if (_error is not null)
        {
            activity.SetTag("error.type", _error);
            activity.SetStatus(ActivityStatusCode.Error);
        }

        // To stop one makes its parent the current one, which is right only where it is current itself.
        Activity? here = Activity.Current;
        activity.Stop();
        if (!ReferenceEquals(here, activity))
        {
            Activity.Current = here;
        }
    }
}
