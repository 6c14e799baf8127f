using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    public void Known_methods_are_allowed_in_letters_of_any_size()
    {
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow(Url + "v1/*", "get", "Post");
        options.Http.AllowAddress("127.0.0.1");
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        Assert.Equal("GET /v1/a HTTP/1.1 ", Ask(runtime, Url + "v1/a"));
        Assert.Equal("POST /v1/a HTTP/1.1 ", Post(runtime, Url + "v1/a", 10));
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

    [Fact]
    public void Bodies_are_no_longer_than_is_said()
    {
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow(Url + "*", "GET", "POST");
        options.Http.AllowAddress("127.0.0.1");
        (options.Http.MaxRequestBytes, options.Http.MaxResponseBytes) = (10, 30);
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        Assert.Equal("POST /v1/a HTTP/1.1 ", Post(runtime, Url + "v1/a", 10));
        Assert.Equal("The request's content has more than the 10 bytes that the host allows.", Post(runtime, Url + "v1/a", 11));
        string longer = Url + new string('a', 30);
        Assert.StartsWith("The response has more than the 30 bytes that the host allows.", Post(runtime, longer, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Cookies_of_requests_with_secrets_are_shown_where_that_is_said()
    {
        foreach (bool shown in new[] { false, true })
        {
            var options = new IsolatedRuntimeOptions();
            options.Http.AddSecret("key", "hunter22-is-secret");
            options.Http.Allow(Url + "*").WithHeader("X-Key", "{key}");
            options.Http.AllowAddress("127.0.0.1");
            options.Http.ShowCookies = shown;
            using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
            string url = Url + "v1/a";
            string cookies = runtime.Invoke(() =>
            {
                using var client = new HttpClient();
                using HttpResponseMessage response = client.Send(new HttpRequestMessage(HttpMethod.Get, url));
                return response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? all) ? string.Join(", ", all) : "none";
            });
            Assert.Equal(shown ? "session=1" : "none", cookies);
        }
    }

    [Fact]
    public void Exchanges_beyond_the_most_wait_for_others()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var counted = new Counted();
        _ = counted.AnswerAsync(server);
        string url = $"http://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/";
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow(url + "*");
        options.Http.AllowAddress("127.0.0.1");
        options.Http.MaxConcurrent = 3;
        using var runtime = new IsolatedRuntime(SharedHost.Instance, options);
        int answered = runtime.Invoke(() =>
        {
            using var client = new HttpClient();
            var all = new Task<string>[12];
            for (int i = 0; i < all.Length; i++)
            {
                all[i] = client.GetStringAsync(url);
            }

            int done = 0;
            foreach (Task<string> one in all)
            {
                done += one.GetAwaiter().GetResult() == "done" ? 1 : 0;
            }

            return done;
        });
        Assert.Equal((12, 3), (answered, counted.Most));
    }

    [Fact]
    public void A_root_certificate_lets_its_servers_be_asked()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=authority of tests", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 root = rootRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server of tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        byte[] serial = [1, 2, 3];
        using X509Certificate2 bare = request.Create(root, now.AddHours(-1), now.AddHours(1), serial);
        using X509Certificate2 shown = bare.CopyWithPrivateKey(key);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        _ = EncryptAsync(server, shown);
        string url = $"https://localhost:{((IPEndPoint)server.LocalEndpoint).Port}/";
        var options = new IsolatedRuntimeOptions();
        options.Http.Allow(url + "*");
        options.Http.AllowAddress("127.0.0.1");
        options.Http.AllowAddress("::1");
        using (var runtime = new IsolatedRuntime(SharedHost.Instance, options))
        {
            Assert.StartsWith("The SSL connection to localhost could not be established", Ask(runtime, url), StringComparison.Ordinal);
        }

        options.Http.AddRootCertificate(root.RawData);
        using var trusting = new IsolatedRuntime(SharedHost.Instance, options);
        Assert.Equal("GET / HTTP/1.1 ", Ask(trusting, url));
    }

    /// <summary>A body of so many bytes; what came, or what was told instead.</summary>
    private static string Post(IsolatedRuntime runtime, string url, int length) => runtime.Invoke(() =>
    {
        try
        {
            using var client = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(new byte[length]) };
            using HttpResponseMessage response = client.Send(request);
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return reader.ReadToEnd();
        }
        catch (HttpRequestException e)
        {
            return e.InnerException?.Message ?? e.Message;
        }
    });

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
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string first = await reader.ReadLineAsync() ?? string.Empty;
        (string key, int length) = (string.Empty, 0);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            key = line.StartsWith("x-key: ", StringComparison.OrdinalIgnoreCase) ? line[7..] : key;
            length = line.StartsWith("content-length: ", StringComparison.OrdinalIgnoreCase) ? int.Parse(line[16..]) : length;
        }

        // A connection that is closed with something unread in it is broken off.
        if (length > 0)
        {
            await reader.ReadBlockAsync(new char[length]);
        }

        string body = $"{first} {key}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: session=1\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    /// <summary>The same, encrypted, with a certificate.</summary>
    private static async Task EncryptAsync(TcpListener server, X509Certificate2 shown)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await server.AcceptTcpClientAsync();
                using var stream = new SslStream(client.GetStream());
                try
                {
                    await stream.AuthenticateAsServerAsync(shown);
                    await AnswerAsync(stream);
                }
                catch (Exception e) when (e is AuthenticationException or IOException)
                {
                    // Who does not trust it goes.
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>Answers after a while, and counts how many wait at once.</summary>
    private sealed class Counted
    {
        private readonly Lock _lock = new();
        private int _now;

        public int Most { get; private set; }

        public async Task AnswerAsync(TcpListener server)
        {
            try
            {
                while (true)
                {
                    _ = AnswerOneAsync(await server.AcceptTcpClientAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task AnswerOneAsync(TcpClient client)
        {
            using (client)
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                }

                Count(1);
                await Task.Delay(100);
                Count(-1);
                await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone"u8.ToArray());
            }
        }

        private void Count(int by)
        {
            lock (_lock)
            {
                _now += by;
                Most = Math.Max(Most, _now);
            }
        }
    }
}
