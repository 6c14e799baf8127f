using System;
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
