using System;
using System.Collections.Generic;

namespace Isolator.Runtime.Http;

/// <summary>Headers behind a body.</summary>
internal static class Trailing
{
    /// <summary>What the base class library's own connections leave out there: what says how a message is read, where it goes, and who asks.</summary>
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "Age", "Authorization", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Location", "Content-Range",
        "Content-Type", "Date", "Expect", "Expires", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
        "Location", "Max-Forwards", "Pragma", "Proxy-Authenticate", "Proxy-Authorization", "Range", "Retry-After", "Set-Cookie", "Set-Cookie2", "TE",
        "Trailer", "Transfer-Encoding", "Vary", "WWW-Authenticate", "Warning",
    };

    /// <summary>Whether a header is none there.</summary>
    public static bool IsRefused(string name) => Refused.Contains(name);
}
