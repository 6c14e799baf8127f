using System;
using System.Reflection;
using Isolator.Runtime;

namespace DotNetIsolator;

/// <summary>Errors as this library's users see them.</summary>
internal static class ErrorMapping
{
    /// <summary>A failure of the wire format on this side.</summary>
    public static IsolatedException Of(FailureException failure) => new(failure.Message, failure)
    {
        Kind = KindOf(failure.Kind),
        Candidates = failure.Candidates,
    };

    /// <summary>A result that a guest gave and that cannot be read: the bytes are wrong, or a constructor or setter here refused what they say.</summary>
    public static IsolatedException Unreadable(Type type, Exception e)
    {
        // Constructors may have been called by reflection.
        Exception why = e is TargetInvocationException { InnerException: { } thrown } ? thrown : e;

        // What a key or comparer of the application's said is what the application knows.
        Exception inner = why is FailureException { Kind: Isolator.Runtime.FailureKind.Value, InnerException: { } said } and not { Member: { } } ? said : why;
        string advice = type.IsInterface || type.IsAbstract
            ? $" Ask for the object itself, which stays in the guest, with Invoke<{nameof(IsolatedObject)}>."
            : string.Empty;
        return new IsolatedException($"The result cannot be read as {type}: {FailureLog.MessageOf(why)}{advice}", inner)
        {
            Kind = why is FailureException failure ? KindOf(failure.Kind) : IsolatedErrorKind.Value,
        };
    }

    /// <summary>The kind of a failure that has crossed.</summary>
    public static IsolatedErrorKind KindOf(string kind) => kind switch
    {
        FailureKind.Exception => IsolatedErrorKind.GuestException,
        FailureKind.AssemblyNotFound => IsolatedErrorKind.AssemblyNotFound,
        FailureKind.BadImage => IsolatedErrorKind.BadImage,
        FailureKind.TypeNotFound => IsolatedErrorKind.TypeNotFound,
        FailureKind.MemberNotFound => IsolatedErrorKind.MethodNotFound,
        FailureKind.Ambiguous => IsolatedErrorKind.Ambiguous,
        FailureKind.Argument => IsolatedErrorKind.Argument,
        FailureKind.Value => IsolatedErrorKind.Value,
        FailureKind.BadHandle => IsolatedErrorKind.BadHandle,
        FailureKind.Async => IsolatedErrorKind.Async,
        _ => IsolatedErrorKind.Other,
    };
}
