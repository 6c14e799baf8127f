using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Http;

/// <summary>What a handler was told, as a pool of its has it: the base class library keeps that to itself.</summary>
internal sealed class PoolSettings
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    private static readonly ConditionalWeakTable<object, PoolSettings> Known = [];

    private readonly CookieContainer? _cookies;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly bool _hasEncodings;

    private PoolSettings(object pool)
    {
        object settings = pool.GetType().GetProperty("Settings", Hidden)!.GetValue(pool)!;
        Type type = settings.GetType();
        if (type.GetField("_useCookies", Hidden)!.GetValue(settings) is true)
        {
            _cookies = (CookieContainer?)type.GetField("_cookieContainer", Hidden)!.GetValue(settings);
        }

        _tls = (SslClientAuthenticationOptions?)type.GetField("_sslOptions", Hidden)!.GetValue(settings);
        _hasEncodings = type.GetField("_requestHeaderEncodingSelector", Hidden)!.GetValue(settings) is not null
            || type.GetField("_responseHeaderEncodingSelector", Hidden)!.GetValue(settings) is not null;
    }

    /// <summary>Those of a pool.</summary>
    public static PoolSettings Of(object pool) => Known.GetValue(pool, static pool => new PoolSettings(pool));

    /// <summary>Refuses what cannot be done here, since the host is who encrypts, and what must not be left out in silence.</summary>
    public void Check()
    {
        if (_hasEncodings)
        {
            throw new PlatformNotSupportedException(
                "Encodings of headers (RequestHeaderEncodingSelector, ResponseHeaderEncodingSelector) cannot be chosen in an isolated runtime: the host writes and reads headers, "
                + "those of requests in ASCII and those of responses in Latin-1. Leave the selectors null, and decode values from Latin-1.");
        }

        if (_tls is null)
        {
            return;
        }

        if (_tls.ClientCertificates is { Count: > 0 } || _tls.ClientCertificateContext is not null)
        {
            throw new PlatformNotSupportedException(
                "A certificate of the client's cannot be used in an isolated runtime: the host encrypts. Let the host put a secret into a header instead.");
        }

        // That any certificate will do is what the host does not hold with: it checks them, and a program that cares for none can bear that.
        if (_tls.RemoteCertificateValidationCallback is { } check && !AcceptsAny(check) && !IsOfWebRequest(check))
        {
            throw new PlatformNotSupportedException(
                "A server's certificate cannot be looked at in an isolated runtime: the host encrypts, and checks certificates by its own roots.");
        }
    }

    /// <summary>Adds the cookies for an address.</summary>
    public void AddCookies(List<string> headers, Uri to)
    {
        string? cookies = _cookies?.GetCookieHeader(to);
        if (string.IsNullOrEmpty(cookies))
        {
            return;
        }

        // Names and values come by turns, and a value may be `Cookie`, too.
        for (int at = 0; at < headers.Count; at += 2)
        {
            if (headers[at].Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                headers[at + 1] += "; " + cookies;
                return;
            }
        }

        headers.Add("Cookie");
        headers.Add(cookies);
    }

    /// <summary>Takes the cookies of a response.</summary>
    public void TakeCookies(HttpResponseMessage response, Uri from)
    {
        if (_cookies is null || !response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? all))
        {
            return;
        }

        foreach (string cookie in all)
        {
            try
            {
                _cookies.SetCookies(from, cookie);
            }
            catch (CookieException)
            {
                // As everywhere, one that makes no sense is none.
            }
        }
    }

    private static bool AcceptsAny(RemoteCertificateValidationCallback check)
    {
        // What HttpClientHandler makes of its own property.
        object? inner = check.Target?.GetType().GetField("FromHttpClientHandler", Hidden)?.GetValue(check.Target)
            ?? check.Target?.GetType().GetProperty("FromHttpClientHandler", Hidden)?.GetValue(check.Target);
        return inner is not null && ReferenceEquals(inner, HttpClientHandler.DangerousAcceptAnyServerCertificateValidator);
    }

    // What HttpWebRequest has where a program gave it none: it asks for a certificate without a fault.
    private static bool IsOfWebRequest(RemoteCertificateValidationCallback check) =>
        check.Target is { } target && check.Method.Module.Assembly.GetName().Name == "System.Net.Requests"
        && Array.TrueForAll(target.GetType().GetFields(Hidden), field =>
            field.FieldType != typeof(RemoteCertificateValidationCallback) || field.GetValue(target) is null);
}
