using System;
using System.Collections.Generic;
using System.Globalization;

namespace Training;

/// <summary>What a part has computed, as one number: the same natively and inside, or something is wrong.</summary>
internal sealed class Checksum(bool verbose)
{
    // FNV-1a, of 64 bits.
    private ulong _state = 14695981039346656037;

    /// <summary>How many values were added.</summary>
    public int Count { get; private set; }

    public void Add(string? text)
    {
        Count++;
        if (verbose)
        {
            Console.WriteLine($"  {Count}: {text ?? "null"}");
        }

        foreach (char c in text ?? "\0null")
        {
            Mix(c);
        }

        Mix('\uffff');
    }

    public void Add<T>(T value) => Add(string.Create(CultureInfo.InvariantCulture, $"{value}"));

    /// <summary>Values of which the last bits depend on the platform's mathematics.</summary>
    public void AddRounded(double value) => Add(value.ToString("G11", CultureInfo.InvariantCulture));

    public void AddAll<T>(IEnumerable<T> values)
    {
        foreach (T value in values)
        {
            Add(value);
        }
    }

    /// <summary>The type of what an action throws, or that it throws nothing.</summary>
    public void AddThrown(Action action)
    {
        try
        {
            action();
            Add("nothing thrown");
        }
        catch (Exception e)
        {
            Add(e.GetType().FullName);
        }
    }

    public override string ToString() => _state.ToString("x16", CultureInfo.InvariantCulture);

    private void Mix(char c)
    {
        unchecked
        {
            _state = (_state ^ (byte)c) * 1099511628211;
            _state = (_state ^ (byte)(c >> 8)) * 1099511628211;
        }
    }
}
