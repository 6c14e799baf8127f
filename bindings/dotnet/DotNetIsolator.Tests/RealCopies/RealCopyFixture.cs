using Xunit;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>Hosts and runtimes for the tests of copies, which run one after the other, since they count what runs.</summary>
[CollectionDefinition(Name)]
public sealed class RealCopyFixture : IDisposable, ICollectionFixture<RealCopyFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Real copies";

    private const int MostCalls = 300;

    private readonly IsolatedRuntimeHost _host = new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader();
    private IsolatedRuntime? _runtime;
    private int _calls;

    public RealCopyFixture()
    {
        foreach (Type type in Met())
        {
            typeof(IsolatedRuntimeHost).GetMethod(nameof(IsolatedRuntimeHost.WithWireType))!.MakeGenericMethod(type).Invoke(_host, null);
        }
    }

    public void Dispose()
    {
        _runtime?.Dispose();
        _host.Dispose();
    }

    /// <summary>Tries a way, in a runtime whose guest may send every type that a shape has. One that failed is not used again; an exception is a difference.</summary>
    internal string? Try(Func<IsolatedRuntime, string?> way)
    {
        IsolatedRuntime runtime = Next();
        try
        {
            return way(runtime);
        }
        catch (Exception e)
        {
            Drop();
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <inheritdoc cref="Try"/>
    internal async Task<string?> TryAsync(Func<IsolatedRuntime, Task<string?>> way)
    {
        IsolatedRuntime runtime = Next();
        try
        {
            return await way(runtime);
        }
        catch (Exception e)
        {
            Drop();
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <summary>The types that a guest must be allowed to name, so that each shape can come back.</summary>
    private static HashSet<Type> Met()
    {
        HashSet<Type> all = [];
        foreach (Shape shape in Catalog.All)
        {
            all.UnionWith(GraphComparer.TypesIn(shape.Make()));
        }

        all.RemoveWhere(type => type.IsPrimitive || type == typeof(string) || typeof(Delegate).IsAssignableFrom(type) || (GraphComparer.IsFramework(type) && !type.IsVisible));
        return all;
    }

    private IsolatedRuntime Next()
    {
        if (_calls++ == MostCalls)
        {
            Drop();
        }

        return _runtime ??= new IsolatedRuntime(_host, new IsolatedRuntimeOptions { StandardOutput = IsolatedOutput.Discard, StandardError = IsolatedOutput.Discard });
    }

    private void Drop()
    {
        _runtime?.Dispose();
        _runtime = null;
        _calls = 0;
    }
}
