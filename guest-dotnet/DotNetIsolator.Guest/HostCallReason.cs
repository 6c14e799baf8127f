namespace DotNetIsolator;

/// <summary>Why a call to the host failed.</summary>
public enum HostCallReason
{
    /// <summary>The host's function failed, or arguments or result are not of the types that it or the caller wants.</summary>
    Failed,

    /// <summary>The host has no function of that name.</summary>
    UnknownName,

    /// <summary>Calls between host and guest nest deeper than the host allows.</summary>
    TooDeep,

    /// <summary>The host's function is asynchronous and cannot be waited for here: call it with <c>InvokeAsync</c>.</summary>
    Asynchronous,
}
