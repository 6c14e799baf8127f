using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Reflection;
using System.Threading.Tasks;

namespace Training.Reflection;

/// <summary>Something to greet with.</summary>
public interface IGreeter
{
    string Greet(string name, int times);
}

/// <summary>Says what it is called with.</summary>
public class Recorder : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => $"{targetMethod!.Name}({string.Join(',', args!)})";
}

/// <summary>Arguments of every kind.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public sealed class MarkAttribute(string name, params int[] numbers) : Attribute
{
    public string Name => name;

    public int[] Numbers => numbers;

    public long Number { get; set; }

    public Type? Type { get; set; }
}

/// <summary>What is invoked.</summary>
[Mark("type", 1, 2)]
[Mark("again", Type = typeof(string))]
public sealed class Target
{
    public const int Constant = 5;
    public readonly string Fixed = "fixed";
    public decimal Money = 1.5m;
    private static int s_count;
    private int _number;

    public Target(int number) => _number = number;

    public Target(string name, double value) => _number = name.Length + (int)value;

    public event EventHandler? Happened;

    [Mark("property", Number = 7)]
    public int Number
    {
        get => _number;
        set => _number = value;
    }

    public string? Optional { get; set; } = "o";

    public DateTime At { get; set; } = Types.Time(3);

    public List<string> Words { get; set; } = ["a"];

    public int this[int index] => index * _number;

    public static int Add(int a, int b) => a + b;

    public static double AddAll(double a, float b, long c, short d, byte e, decimal f, uint g, ulong h) => a + b + c + d + e + (double)f + g + h;

    public static string Join(string a, object b, int? c, DayOfWeek d) => $"{a}{b}{c}{d}";

    public static bool Is(bool a, char b) => a && b == 3;

    public static void Nothing() => s_count++;

    public static void Change(ref int a, out string b, in long c)
    {
        a += (int)c;
        b = "out";
    }

    public static Task<int> LaterAsync(int a) => Task.FromResult(a + 1);

    public static int[] Twice(int[] values) => [.. values, .. values];

    public static Guid Id(Guid id) => id;

    public static DateTime Later(DateTime time) => time.AddDays(1);

    public static T Same<T>(T value) => value;

    public static void Fail() => throw new InvalidOperationException("invoked");

    [Mark("method", Type = typeof(List<int>))]
    public int Described([Description("described")] int a = 5) => a + _number;

    public void Raise() => Happened?.Invoke(this, EventArgs.Empty);

    public override string ToString() => $"target {_number}";
}
