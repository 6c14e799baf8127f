[assembly: Xunit.CollectionBehavior(MaxParallelThreads = 2)]

namespace DotNetIsolator.Tests;

/// <summary>One host for all tests that need nothing special of it.</summary>
internal static class SharedHost
{
    private static readonly Lazy<IsolatedRuntimeHost> Made = new(() => new IsolatedRuntimeHost().WithBinDirectoryAssemblyLoader());

    public static IsolatedRuntimeHost Instance => Made.Value;
}
