using System;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime.Http;

/// <summary>What the host answers, from the second element on.</summary>
internal ref struct Answer(WireReader reader, int left)
{
    private WireReader _reader = reader;
    private int _left = left;

    /// <summary>Reads an answer, or throws the error that it is.</summary>
    public static unsafe T Read<T>(byte[] bytes, string target, HttpHost.Reading<T> read)
    {
        fixed (byte* p = bytes)
        {
            try
            {
                WireReader reader = new(p, bytes.Length);
                int count = reader.ReadArrayHeader();
                Answer answer = new(reader, count);
                if (answer.Int32() == 0)
                {
                    return read(ref answer);
                }

                throw Error(answer.Text(), answer.Text() ?? string.Empty);
            }
            catch (FailureException e)
            {
                throw new HttpRequestException($"The host's answer about {target} could not be read: {e.Message}", e);
            }
        }
    }

    public int Int32()
    {
        Take();
        return _reader.ReadInt32();
    }

    public bool Flag()
    {
        Take();
        return _reader.ReadBoolean();
    }

    public string? Text()
    {
        Take();
        return _reader.ReadString();
    }

    public unsafe byte[] Bytes()
    {
        Take();
        int length = _reader.ReadBinaryHeader();
        byte[] bytes = new ReadOnlySpan<byte>(_reader.Pointer, length).ToArray();
        _reader.Advance(length);
        return bytes;
    }

    /// <summary>Names and values of headers, by turns.</summary>
    public string[] Headers()
    {
        Take();
        string[] all = new string[_reader.ReadArrayHeader()];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = _reader.ReadString() ?? string.Empty;
        }

        return all;
    }

    private static HttpRequestException Error(string? kind, string message)
    {
        Exception? inner = kind switch
        {
            "time" => new TimeoutException(message),
            "name" => new SocketException((int)SocketError.HostNotFound, message),
            "name-later" => new SocketException((int)SocketError.TryAgain, message),
            "connection" => new SocketException((int)SocketError.ConnectionRefused, message),
            "unanswered" => new SocketException((int)SocketError.TimedOut, message),
            "host-unreachable" => new SocketException((int)SocketError.HostUnreachable, message),
            "network-unreachable" => new SocketException((int)SocketError.NetworkUnreachable, message),
            "tls" => new AuthenticationException(message),
            "reset" => new IOException(message, new SocketException((int)SocketError.ConnectionReset, message)),
            "ended" => new HttpIOException(HttpRequestError.ResponseEnded, message),
            "protocol" => new HttpProtocolException(0, message, null),
            _ => null,
        };
        HttpRequestError error = kind switch
        {
            "name" or "name-later" => HttpRequestError.NameResolutionError,
            "connection" or "unanswered" or "host-unreachable" or "network-unreachable" => HttpRequestError.ConnectionError,
            "tls" => HttpRequestError.SecureConnectionError,
            "version" => HttpRequestError.VersionNegotiationError,
            "invalid" => HttpRequestError.InvalidResponse,
            "protocol" => HttpRequestError.HttpProtocolError,
            "ended" => HttpRequestError.ResponseEnded,
            "limit" => HttpRequestError.ConfigurationLimitExceeded,
            _ => HttpRequestError.Unknown,
        };
        return new HttpRequestException(error, message, inner);
    }

    private void Take()
    {
        if (--_left < 0)
        {
            throw new FailureException(FailureKind.Value, "it has too few elements.");
        }
    }
}
