using System;
using System.Collections.Concurrent;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Http;

/// <summary>What the host does for HTTP: calls of callbacks whose names nobody else can register.</summary>
/// <remarks>
/// Each takes an array and answers with one, whose first element is 0, or 1 before a kind of error and a text. Guest code may call them by itself:
/// the host knows no difference, and its rules are the same.
/// </remarks>
internal static class HttpHost
{
    public const string Send = "isolator.http.send";
    public const string Read = "isolator.http.read";
    public const string Write = "isolator.http.write";
    public const string Finish = "isolator.http.finish";

    /// <summary>Most bytes that are asked for, or given, at once.</summary>
    public const int Piece = 64 * 1024;

    private const string Close = "isolator.http.close";

    /// <summary>Responses that nobody has read to their end, and that the collector found.</summary>
    private static readonly ConcurrentQueue<ulong> Forgotten = [];

    private static ulong s_last;

    /// <summary>Reads the rest of an answer.</summary>
    public delegate T Reading<out T>(ref Answer answer);

    /// <summary>A number for a request.</summary>
    public static ulong NextNumber()
    {
        while (Forgotten.TryDequeue(out ulong number))
        {
            Abandon(number);
        }

        return ++s_last;
    }

    /// <summary>Calls the host, and waits for it, or until the token is cancelled: see <see cref="Waiting.ForCall"/>.</summary>
    public static T Call<T>(string name, WireWriter args, string target, Reading<T> read, CancellationToken cancellation)
    {
        Task<byte[]> started = StartAsync(name, args, cancellation, out CancellationTokenRegistration registration);
        using (registration)
        {
            return Wait(started, target, read);
        }
    }

    /// <summary>Starts a call of the host; what the token has of it is the caller's to dispose of.</summary>
    public static Task<byte[]> StartAsync(string name, WireWriter args, CancellationToken cancellation, out CancellationTokenRegistration registration)
    {
        try
        {
            return HostCalls.StartBytesAsync(name, args, cancellation, out registration);
        }
        finally
        {
            args.Free();
        }
    }

    /// <summary>Waits for a call of the host that was started.</summary>
    public static T Wait<T>(Task<byte[]> started, string target, Reading<T> read)
    {
        byte[] answer;
        try
        {
            Waiting.ForCall(started);
            answer = started.GetAwaiter().GetResult();
        }
        catch (HostCallFailedException e)
        {
            throw Failed(e, target);
        }

        return Answer.Read(answer, target, read);
    }

    /// <summary>Starts a call of the host.</summary>
    public static async Task<T> CallAsync<T>(string name, WireWriter args, string target, Reading<T> read, CancellationToken cancellation)
    {
        Task<byte[]> started = StartAsync(name, args, cancellation, out CancellationTokenRegistration registration);
        using (registration)
        {
            byte[] answer;
            try
            {
                answer = await started.ConfigureAwait(false);
            }
            catch (HostCallFailedException e)
            {
                throw Failed(e, target);
            }

            return Answer.Read(answer, target, read);
        }
    }

    /// <summary>Lets go of a request or response. It may be one that the host does not have.</summary>
    public static void Abandon(ulong number)
    {
        WireWriter args = Begin(1);
        args.WriteUInt64(number);
        try
        {
            _ = HostCalls.CallBytes(Close, args);
        }
        catch (HostCallFailedException)
        {
            // The host has let go of it, or never had it.
        }
        finally
        {
            args.Free();
        }
    }

    /// <summary>The same from a finalizer, which must not call the host.</summary>
    public static void Forget(ulong number) => Forgotten.Enqueue(number);

    /// <summary>Begins the arguments of a call.</summary>
    public static WireWriter Begin(int count)
    {
        WireWriter writer = new();
        writer.WriteArrayHeader(count);
        return writer;
    }

    private static HttpRequestException Failed(HostCallFailedException e, string target) => e.Kind == FailureKind.UnknownCallback
        ? new HttpRequestException(
            $"HTTP to {target} was not granted: the host gave this runtime no HTTP at all. Whoever runs it has to allow the address: "
            + "HttpGrant::allow in Rust, --allow-http on the command line, options.Http.Allow in C#.")
        : new HttpRequestException($"The request to {target} failed: {e.Message}", e);
}
