using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>
/// What guest code may ask of the network by <c>HttpClient</c>: addresses and methods, with secrets that this side puts in and the guest never
/// sees. By default there is no network.
/// </summary>
/// <remarks>
/// The first rule that fits a request counts; a redirect is a request of its own, so secrets do not follow one to where they are not granted.
/// Whatever the name, only addresses of the public network are connected to, unless <see cref="AllowAddress"/> says otherwise.
/// </remarks>
public sealed unsafe class IsolatedHttp
{
    private readonly List<IsolatedHttpRule> _rules = [];
    private readonly Dictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly List<string> _addresses = [];
    private readonly List<byte[]> _roots = [];

    internal IsolatedHttp()
    {
    }

    /// <summary>Most requests; null: no limit.</summary>
    public long? MaxRequests { get; set; }

    /// <summary>Most exchanges under way at once; null: 16. Others wait.</summary>
    public int? MaxConcurrent { get; set; }

    /// <summary>Most bytes of a request's body; null: 64 MiB.</summary>
    public long? MaxRequestBytes { get; set; }

    /// <summary>Most bytes of a response's body, before it is decompressed; null: 64 MiB.</summary>
    public long? MaxResponseBytes { get; set; }

    /// <summary>The time that an exchange may take, to the end of the response's body; null: five minutes.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>
    /// Whether guest code is shown <c>Set-Cookie</c> of responses to requests that a secret was put into. Such a cookie may be as good as the secret.
    /// </summary>
    public bool ShowCookies { get; set; }

    /// <summary>
    /// Whether the values of all secrets (of six bytes or more) are covered where they come back in a response. One that is compressed, or a part, is an error then.
    /// </summary>
    public bool MaskSecrets { get; set; }

    /// <summary>Allows requests to what a pattern says, such as <c>https://api.example.com/v1/*</c>.</summary>
    /// <param name="pattern">
    /// Scheme, host, port and path. <c>*.example.com</c> is any name beneath that one, <c>*</c> in a path any one segment, and at its end any number of
    /// them. Without a path any is allowed.
    /// </param>
    /// <param name="methods">The methods, known ones in letters of any size; none given: GET and HEAD.</param>
    /// <returns>The rule, to which <see cref="IsolatedHttpRule.WithHeader"/> adds headers.</returns>
    public IsolatedHttpRule Allow(string pattern, params string[] methods)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(methods);
        IsolatedHttpRule rule = new(pattern, methods.Length == 0 ? "GET,HEAD" : string.Join(',', methods));
        _rules.Add(rule);
        return rule;
    }

    /// <summary>Gives a secret a name, by which headers of rules have it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, which guest code never sees.</param>
    public void AddSecret(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        _secrets[name] = value;
    }

    /// <summary>Lets connections go to an address that is not of the public network, or a range of them.</summary>
    /// <param name="range">Such as <c>127.0.0.1</c> or <c>10.0.0.0/8</c>.</param>
    public void AllowAddress(string range)
    {
        ArgumentNullException.ThrowIfNull(range);
        _addresses.Add(range);
    }

    /// <summary>Trusts servers whose certificates lead to this one, beside the system's roots.</summary>
    /// <param name="certificate">The certificate, as DER.</param>
    public void AddRootCertificate(byte[] certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        _roots.Add(certificate);
    }

    internal void ApplyTo(nint builder, Utf8Texts texts)
    {
        if (_rules.Count == 0)
        {
            return;
        }

        nint grant = NativeMethods.isolator_http_grant_new();
        try
        {
            foreach ((string name, string value) in _secrets)
            {
                Pair(HttpPair.Secret, name, value);
            }

            foreach (IsolatedHttpRule rule in _rules)
            {
                Pair(HttpPair.Allow, rule.Pattern, rule.Methods);
                foreach ((string name, string value) in rule.Headers)
                {
                    Pair(HttpPair.Header, name, value);
                }
            }

            foreach (string range in _addresses)
            {
                NativeErrors.Check(NativeMethods.isolator_http_grant_address(grant, texts.Add(range)));
            }

            foreach (byte[] root in _roots)
            {
                fixed (byte* bytes = root)
                {
                    NativeErrors.Check(NativeMethods.isolator_http_grant_root_certificate(grant, new BorrowedBytes(bytes, (nuint)root.Length)));
                }
            }

            Number(HttpNumber.MaxRequests, MaxRequests);
            Number(HttpNumber.MaxConcurrent, MaxConcurrent);
            Number(HttpNumber.MaxRequest, MaxRequestBytes);
            Number(HttpNumber.MaxResponse, MaxResponseBytes);
            // Nanoseconds reach 292 years, and a TimeSpan 29,000.
            long? time = Timeout is { } most ? (long)Int128.Min((Int128)most.Ticks * TimeSpan.NanosecondsPerTick, long.MaxValue) : null;
            Number(HttpNumber.Timeout, time, nameof(Timeout));
            Number(HttpNumber.ShowCookies, ShowCookies ? 1 : null);
            Number(HttpNumber.MaskSecrets, MaskSecrets ? 1 : null);
            NativeErrors.Check(NativeMethods.isolator_runtime_builder_http(builder, grant));
        }
        finally
        {
            NativeMethods.isolator_http_grant_free(grant);
        }

        void Pair(uint which, string name, string value) =>
            NativeErrors.Check(NativeMethods.isolator_http_grant_set_pair(grant, which, texts.Add(name), texts.Add(value)));

        void Number(uint which, long? value, [CallerArgumentExpression(nameof(value))] string? name = null)
        {
            if (value is { } given)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(given, name);
                NativeErrors.Check(NativeMethods.isolator_http_grant_set_number(grant, which, (ulong)given));
            }
        }
    }
}

/// <summary>Addresses that guest code may ask, with the headers that this side sets in such requests.</summary>
public sealed class IsolatedHttpRule
{
    private readonly List<KeyValuePair<string, string>> _headers = [];

    internal IsolatedHttpRule(string pattern, string methods)
    {
        Pattern = pattern;
        Methods = methods;
    }

    internal string Pattern { get; }

    internal string Methods { get; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers => _headers;

    /// <summary>Has this side set a header in such requests, whatever guest code sets there.</summary>
    /// <param name="name">The header, such as <c>Authorization</c>.</param>
    /// <param name="value">Its value, in which <c>{NAME}</c> is a secret: <c>Bearer {github}</c>.</param>
    /// <returns>This rule.</returns>
    public IsolatedHttpRule WithHeader(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        _headers.Add(new(name, value));
        return this;
    }
}
