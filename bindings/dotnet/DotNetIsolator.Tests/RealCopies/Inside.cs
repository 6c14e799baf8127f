namespace DotNetIsolator.Tests.RealCopies;

/// <summary>What runs in the sandbox: it makes the same value again, and compares.</summary>
internal static class Inside
{
    /// <summary>What is different about a value that has come; null if nothing is.</summary>
    public static string? Check(string name, object? arrived)
    {
        string? ran = Effects.Since();
        string? difference = GraphComparer.FirstDifference(Catalog.Find(name).Make(), arrived) ?? ran;
        Effects.Seal();
        return difference is null ? null : "inside, " + difference;
    }

    /// <summary>What ran while the last result was copied.</summary>
    public static string? Since() => Effects.Since() is { } ran ? "inside, " + ran : null;
}

/// <summary>The members that the ways lead through.</summary>
internal static class Receiver<T>
{
    public static string? Take(string name, T value) => Inside.Check(name, value);

    public static string? TakeObject(string name, object? value) => Inside.Check(name, value);

    public static string? TakeHolder(string name, Holder<T> holder)
    {
        string? ran = Effects.Since();
        string? difference = GraphComparer.FirstDifference(new Holder<T>((T)Catalog.Find(name).Make()!), holder) ?? ran;
        Effects.Seal();
        return difference is null ? null : "inside, " + difference;
    }

    public static T Make(string name)
    {
        T made = (T)Catalog.Find(name).Make()!;
        Effects.Seal();
        return made;
    }

    public static Holder<T> MakeHolder(string name)
    {
        Holder<T> made = new((T)Catalog.Find(name).Make()!);
        Effects.Seal();
        return made;
    }

    public static T Echo(T value) => value;

    public static async Task<T> EchoAsync(T value)
    {
        await Task.Yield();
        return value;
    }

    public static string Give(string name)
    {
        T made = (T)Catalog.Find(name).Make()!;
        Effects.Seal();
        return DotNetIsolatorHost.Invoke<string>("take", name, made);
    }

    public static string? Ask(string name) => Inside.Check(name, DotNetIsolatorHost.Invoke<T>("give", name));
}

/// <summary>An object that is made of a value and keeps it.</summary>
internal sealed class Keeper<T>(string name, T value)
{
    private readonly T _value = value;

    public string? Check() => Inside.Check(name, _value);

    public T Get() => _value;
}

/// <summary>A value in several places.</summary>
internal sealed class Holder<T>(T value)
{
    private readonly T _value = value;
    private readonly object? _again = value;
    private readonly T[] _many = [value, value];
    private readonly List<object?> _list = [value, null];

    public (T, object?, T[], List<object?>) All() => (_value, _again, _many, _list);
}
