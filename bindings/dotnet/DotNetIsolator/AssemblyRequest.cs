namespace DotNetIsolator;

/// <summary>An assembly that guest code asks for: trust nothing in it.</summary>
/// <param name="Name">The simple name, such as <c>Newtonsoft.Json</c>; that of a satellite ends in <c>.resources</c>.</param>
/// <param name="Culture">The culture of a satellite assembly, such as <c>de-CH</c>; null for an ordinary one.</param>
public sealed record AssemblyRequest(string Name, string? Culture);

/// <summary>An assembly's bytes.</summary>
/// <param name="Image">The content of its <c>.dll</c>.</param>
/// <param name="Symbols">The content of its portable <c>.pdb</c>, for file names and line numbers in stack traces; null: none.</param>
public sealed record AssemblyImage(byte[] Image, byte[]? Symbols = null)
{
    /// <summary>Its compiled code, as <c>isolator compile</c> makes it (<c>NAME.isolated.wasm</c>); null: none. What does not fit is left alone.</summary>
    public byte[]? Compiled { get; init; }
}

/// <summary>Gives an assembly, with its symbols, to isolated runtimes.</summary>
/// <param name="request">What is asked for. It comes from guest code: trust nothing in it.</param>
/// <returns>The assembly, or null if this loader does not know it.</returns>
public delegate AssemblyImage? AssemblyRequestCallback(AssemblyRequest request);
