// What the documents' pieces of C# have around them: an application's own types and objects. It is compiled and never run.
using System.Diagnostics.CodeAnalysis;
using DotNetIsolator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Documents;

internal static class Context
{
    public static IsolatedRuntimeHost host => throw new NotImplementedException();

    public static IsolatedRuntime runtime => throw new NotImplementedException();

    public static ILogger logger => throw new NotImplementedException();

    public static CancellationToken cancellationToken => default;

    public static CancellationToken token => default;

    public static string gitHubToken => "";

    public static TextWriter textWriter => Console.Out;

    public static HttpClient http => new();

    public static HashSet<string> allowed => [];

    public static Dictionary<string, decimal> prices => [];

    public static Database database => throw new NotImplementedException();

    public static Store store => throw new NotImplementedException();

    public static Tenant tenant => throw new NotImplementedException();

    public static IsolatedObject service => throw new NotImplementedException();

    public static IsolatedObject parser => throw new NotImplementedException();

    public static IsolatedObject counter => throw new NotImplementedException();

    public static IShop shop => throw new NotImplementedException();

    public static Builder builder => throw new NotImplementedException();

    public static ReadOnlySpan<double> amounts => [];

    public static ReadOnlySpan<int> rebates => [];

    public static Span<double> results => default;

    public static ReadOnlySpan<int> numbers => [];

    public static Span<int> sums => default;
}

internal sealed record Person(string Name, int Age);

[SuppressMessage("Performance", "CA1812")]
internal sealed class Cart(string name)
{
    public string Name => name;
}

internal static class Rules
{
    public static double Price(double amount, int rebate) => amount - rebate;
}

internal static class Log
{
    public static async IAsyncEnumerable<string> FollowAsync(string day)
    {
        await Task.Yield();
        yield return day;
    }
}

public interface ICalculator
{
    int Add(int a, int b);
}

public interface IShop
{
    decimal Price(string item);
}

internal sealed class Database
{
    public byte[]? Find(string name) => null;
}

internal sealed class Store
{
    public (byte[] Dll, byte[]? Pdb)? Find(string name, string? culture) => null;
}

internal sealed class Tenant
{
    public Dictionary<string, byte[]> Assemblies { get; } = [];
}

internal sealed class Builder
{
    public IServiceCollection Services => throw new NotImplementedException();
}
