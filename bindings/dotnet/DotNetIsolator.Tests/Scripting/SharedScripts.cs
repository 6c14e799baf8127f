namespace DotNetIsolator.Tests.Scripting;

/// <summary>One host of scripts for all tests that need nothing special of it.</summary>
internal static class SharedScripts
{
    private static readonly Lazy<IsolatedScriptHost> Made = new(() => new IsolatedScriptHost(new IsolatedScriptHostOptions { Host = SharedHost.Instance }));

    public static IsolatedScriptHost Instance => Made.Value;
}
