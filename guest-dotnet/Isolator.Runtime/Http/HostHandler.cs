using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Http;

/// <summary>
/// The bottom of <c>SocketsHttpHandler</c>: where that would take a connection of its pool, this asks the host. Above it are the base class library's
/// own handlers: redirects, credentials, decompression, diagnostics.
/// </summary>
/// <remarks>What is decided about trust is decided by the host. A program may use this class as it likes.</remarks>
internal sealed class HostHandler(PoolSettings settings) : HttpMessageHandler
{
    /// <summary>Content that is known to be no longer is given with the request.</summary>
    private const int Small = 32 * 1024;

    private const string ContentLength = "Content-Length";

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        settings.Check();
        string target = Target(request);
        ulong number = HttpHost.NextNumber();
        Head head;
        if (request.Content is not { } content)
        {
            head = Ask(Write(request, number, null, null));
        }
        else if (IsSmall(request, content))
        {
            using MemoryStream buffer = new();
            Copying(() => content.CopyTo(buffer, null, cancellationToken));
            head = Ask(Write(request, number, Whole(content, buffer), null));
        }
        else
        {
            head = SendPieces(content);
        }

        return Response(request, number, target, head);

        Head Ask(WireWriter args) => HttpHost.Call(HttpHost.Send, args, target, Head.Read, cancellationToken);

        Head SendPieces(HttpContent from)
        {
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            WireWriter args = Write(request, number, null, Following(request, from));
            Task<byte[]> asking = HttpHost.StartAsync(HttpHost.Send, args, both.Token, out CancellationTokenRegistration registration);
            using (registration)
            {
                try
                {
                    Copying(() => UploadStream.Copy(from, number, target, both.Token));
                }
                catch (Exception)
                {
                    // A server may answer before it has all: then nobody wants the rest.
                    if (!asking.IsCompleted)
                    {
                        both.Cancel();
                        throw;
                    }
                }

                return HttpHost.Wait(asking, target, Head.Read);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        settings.Check();
        string target = Target(request);
        ulong number = HttpHost.NextNumber();
        Head head;
        if (request.Content is not { } content)
        {
            head = await Ask(Write(request, number, null, null)).ConfigureAwait(false);
        }
        else if (IsSmall(request, content))
        {
            using MemoryStream buffer = new();
            await CopyingAsync(content.CopyToAsync(buffer, null, cancellationToken)).ConfigureAwait(false);
            head = await Ask(Write(request, number, Whole(content, buffer), null)).ConfigureAwait(false);
        }
        else
        {
            head = await SendPieces(content, Following(request, content)).ConfigureAwait(false);
        }

        return Response(request, number, target, head);

        Task<Head> Ask(WireWriter args) => HttpHost.CallAsync(HttpHost.Send, args, target, Head.Read, cancellationToken);

        async Task<Head> SendPieces(HttpContent from, long length)
        {
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<Head> asking = HttpHost.CallAsync(HttpHost.Send, Write(request, number, null, length), target, Head.Read, both.Token);
            Task upload = UploadStream.CopyAsync(from, number, target, both.Token);
            if (await Task.WhenAny(asking, upload).ConfigureAwait(false) == upload && upload.IsFaulted)
            {
                if (asking.IsCompleted)
                {
                    return await asking.ConfigureAwait(false);
                }

                await both.CancelAsync().ConfigureAwait(false);
                await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await CopyingAsync(upload).ConfigureAwait(false);
            }

            // A server may answer before it has all: then nobody wants the rest.
            Head answer = await asking.ConfigureAwait(false);
            _ = upload.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return answer;
        }
    }

    /// <summary>What is told of an address.</summary>
    private static string Target(HttpRequestMessage request) => request.RequestUri is { } address
        ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : throw new InvalidOperationException("The request has no address.");

    /// <summary>An address as it is asked for: as everywhere, a name and a password in it are nobody's but the program's.</summary>
    private static string Address(Uri address) =>
        address.UserInfo.Length == 0 ? address.AbsoluteUri : address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);

    /// <summary>Whether content goes with its request.</summary>
    private static bool IsSmall(HttpRequestMessage request, HttpContent content) =>
        content.Headers.ContentLength is <= Small && request.Headers.TransferEncodingChunked != true;

    /// <summary>The length of content that follows its request (-1: nobody knows it).</summary>
    private static long Following(HttpRequestMessage request, HttpContent content) =>
        request.Headers.TransferEncodingChunked == true ? -1 : content.Headers.ContentLength ?? -1;

    /// <summary>What is read of content, in the words of the base class library where it fails.</summary>
    private static void Copying(Action copy)
    {
        try
        {
            copy();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new HttpRequestException("Error while copying content to a stream.", e);
        }
    }

    private static async Task CopyingAsync(Task copy)
    {
        try
        {
            await copy.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new HttpRequestException("Error while copying content to a stream.", e);
        }
    }

    private static byte[] Whole(HttpContent content, MemoryStream buffer)
    {
        long? said = content.Headers.ContentLength;
        if (said is { } length && length != buffer.Length)
        {
            throw new HttpRequestException(
                $"Unable to write content to request stream; the content has {buffer.Length} bytes, and its Content-Length says {length}.");
        }

        return buffer.ToArray();
    }

    /// <summary>The arguments of a request: with content, or with the length of one that follows (-1: nobody knows it).</summary>
    private WireWriter Write(HttpRequestMessage request, ulong number, byte[]? content, long? following)
    {
        List<string> headers = [];
        // A Content-Length is the host's to write: what it says is told beside.
        Add(headers, request.Headers.NonValidated);
        if (request.Content is { } of)
        {
            Add(headers, of.Headers.NonValidated);
        }

        settings.AddCookies(headers, request.RequestUri!);
        WireWriter args = HttpHost.Begin(9);
        args.WriteUInt64(number);
        // Methods that .NET knows go out in capitals, however a program writes them.
        args.WriteString(HttpMethod.Parse(request.Method.Method).Method);
        args.WriteString(Address(request.RequestUri!));
        args.WriteInt64((request.Version.Major * 10) + request.Version.Minor);
        args.WriteInt64((int)request.VersionPolicy);
        args.WriteArrayHeader(headers.Count);
        foreach (string text in headers)
        {
            args.WriteString(text);
        }

        // The length, whether the content follows, and the content.
        args.WriteInt64(following ?? content?.Length ?? 0);
        args.WriteBoolean(following is not null);
        if (content is null)
        {
            args.WriteNil();
        }
        else
        {
            args.WriteBinary(content);
        }

        return args;
    }

    private static void Add(List<string> headers, HttpHeadersNonValidated from)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in from)
        {
            if (header.Key.Equals(ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            string value = header.Value.ToString();
            if (!System.Text.Ascii.IsValid(value))
            {
                throw new HttpRequestException("Request headers must contain only ASCII characters.");
            }

            headers.Add(header.Key);
            headers.Add(value);
        }
    }

    private HttpResponseMessage Response(HttpRequestMessage request, ulong number, string target, Head head)
    {
        HttpResponseMessage response = new((HttpStatusCode)head.Status)
        {
            RequestMessage = request,
            Version = new Version(head.Version / 10, head.Version % 10),
        };
        response.Content = new BodyContent(new BodyStream(response, number, target));
        if (head.Reason is not null)
        {
            response.ReasonPhrase = head.Reason;
        }

        for (int i = 0; i + 1 < head.Headers.Length; i += 2)
        {
            if (!response.Headers.TryAddWithoutValidation(head.Headers[i], head.Headers[i + 1]))
            {
                _ = response.Content.Headers.TryAddWithoutValidation(head.Headers[i], head.Headers[i + 1]);
            }
        }

        settings.TakeCookies(response, request.RequestUri!);
        return response;
    }

    /// <summary>A response without its body.</summary>
    private readonly record struct Head(int Status, string? Reason, int Version, string[] Headers)
    {
        public static Head Read(ref Answer answer) => new(answer.Int32(), answer.Text(), answer.Int32(), answer.Headers());
    }
}
