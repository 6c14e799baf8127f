using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>What guest code asks of the network where that is granted.</summary>
public sealed class HttpTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public HttpTests()
    {
        _server.Start();
        _ = AnswerAsync();
    }

    private string Url => $"http://127.0.0.1:{((IPEndPoint)_server.LocalEndpoint).Port}/";

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Without_a_grant_there_is_no_network()
    {
        using var runtime = new IsolatedRuntime(SharedHost.Instance);
        string told = Ask(runtime, Url + "v1/a");
        Assert.Contains("was not granted: the host gave this runtime no HTTP at all", told, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_allowed_is_asked_with_the_secrets_put_in()
    {
        var options = new IsolatedRuntimeOptions();
        options.Http.AddSecret("key", "hunter22-is-secret");
        options.Http.Allow(Url + "v1/*", "GET").WithHeader("X-Key", "{key}");
        options.Http.AllowAddress("127.0.0.1");
        options.Http.MaskSecrets = true;
        options.Http.MaxRequests = 3;
        options.Http.Timeout = TimeSpan.FromSeconds(30);
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        Assert.Equal("GET /v1/a HTTP/1.1 " + new string('*', 18), Ask(runtime, Url + "v1/a"));
        Assert.Contains("was not granted: no address that the host allows is like it", Ask(runtime, Url + "v2"), StringComparison.Ordinal);
        IsolatedRuntimeUsage usage = runtime.GetUsage();
        Assert.Equal((2, 0), (usage.HttpRequests, usage.HttpBytesSent));
        Assert.Equal(37, usage.HttpBytesReceived);
        _ = Ask(runtime, Url + "v1/b");
        Assert.Contains("The host allows 3 requests", Ask(runtime, Url + "v1/c"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_no_sense_is_an_error_before_guest_code_runs()
    {
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow("example.com");
        ArgumentException e = Assert.Throws<ArgumentException>(() => new IsolatedRuntime(SharedHost.Instance, options));
        Assert.Contains("it begins with https://", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_time_is_no_limit_and_less_than_none_is_an_error()
    {
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow(Url + "*");
        options.Http.AllowAddress("127.0.0.1");
        options.Http.Timeout = TimeSpan.MaxValue;
        using (var runtime = new IsolatedRuntime(SharedHost.Instance, options))
        {
            Assert.Equal("GET /v1/a HTTP/1.1 ", Ask(runtime, Url + "v1/a"));
        }

        options.Http.Timeout = TimeSpan.FromTicks(-1);
        ArgumentException e = Assert.Throws<ArgumentOutOfRangeException>(() => new IsolatedRuntime(SharedHost.Instance, options));
        Assert.Equal(nameof(options.Http.Timeout), e.ParamName);
        (options.Http.Timeout, options.Http.MaxRequests) = (null, -2);
        e = Assert.Throws<ArgumentOutOfRangeException>(() => new IsolatedRuntime(SharedHost.Instance, options));
        Assert.Equal(nameof(options.Http.MaxRequests), e.ParamName);
    }

    private static string Ask(IsolatedRuntime runtime, string url) => runtime.Invoke(() =>
    {
        try
        {
            using var client = new HttpClient();
            using HttpResponseMessage response = client.Send(new HttpRequestMessage(HttpMethod.Get, url));
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return reader.ReadToEnd();
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
    });

    /// <summary>Answers with the request's first line and its key.</summary>
    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _server.AcceptTcpClientAsync();
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
                string first = await reader.ReadLineAsync() ?? string.Empty;
                string key = string.Empty;
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                {
                    key = line.StartsWith("x-key: ", StringComparison.OrdinalIgnoreCase) ? line[7..] : key;
                }

                string body = $"{first} {key}";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
