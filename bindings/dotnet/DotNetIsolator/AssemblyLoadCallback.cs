namespace DotNetIsolator;

/// <summary>Gives an assembly to isolated runtimes.</summary>
/// <param name="assemblyName">The assembly's simple name, such as <c>Newtonsoft.Json</c>. It comes from guest code: trust nothing in it.</param>
/// <returns>The content of its <c>.dll</c>, or null if this loader does not know it.</returns>
public delegate byte[]? AssemblyLoadCallback(string assemblyName);
