using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Threading;

namespace DotNetIsolator;

/// <summary>What one runtime's callbacks threw lately, by numbers that guest code is told.</summary>
/// <remarks>
/// The guest gets nothing but a number. Where its own exception comes back with one, the callback's is its cause, on this side. Numbers are random,
/// so that no guest can name what another one's callback threw.
/// </remarks>
internal sealed class KeptFailures
{
    private const int Most = 32;

    private static readonly ConcurrentDictionary<long, Exception> All = new();

    private readonly Lock _lock = new();
    private readonly Queue<long> _numbers = new();

    ~KeptFailures() => Forget();

    /// <summary>What was thrown; null if it is unknown or forgotten.</summary>
    public static Exception? Find(long number) => All.GetValueOrDefault(number);

    /// <summary>Keeps an exception.</summary>
    /// <returns>Its number, which is not 0.</returns>
    public long Keep(Exception e)
    {
        Span<byte> random = stackalloc byte[sizeof(long)];
        long number;
        do
        {
            RandomNumberGenerator.Fill(random);
            number = BitConverter.ToInt64(random) & long.MaxValue;
        }
        while (number == 0 || !All.TryAdd(number, e));

        lock (_lock)
        {
            _numbers.Enqueue(number);
            if (_numbers.Count > Most)
            {
                All.TryRemove(_numbers.Dequeue(), out _);
            }
        }

        return number;
    }

    /// <summary>Lets go of all.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            while (_numbers.TryDequeue(out long number))
            {
                All.TryRemove(number, out _);
            }
        }
    }
}
