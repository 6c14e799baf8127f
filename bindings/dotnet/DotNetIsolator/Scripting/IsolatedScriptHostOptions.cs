using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;

namespace DotNetIsolator;

/// <summary>How an <see cref="IsolatedScriptHost"/> is set up.</summary>
public sealed partial class IsolatedScriptHostOptions
{
    /// <summary>Where all runs: its guest image, its callbacks and loaders. Null: the host of scripts makes one, and disposes it with itself.</summary>
    public IsolatedRuntimeHost? Host { get; init; }

    /// <summary>
    /// The folder of the compiler; null: the one that the environment variable <c>ISOLATOR_SCRIPTING</c> names, or else the one that came with the package
    /// <c>Isolator.DotNet.Scripting</c>.
    /// </summary>
    public string? CompilerDirectory { get; init; }

    /// <summary>Where the prepared compiler is kept; null: the user's cache folder, or the one that the environment variable <c>ISOLATOR_CACHE</c> names.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Assemblies that scripts may refer to, beside .NET's own: see <see cref="WithLibrary(string)"/>. Nothing else can be referred to.</summary>
    public IList<AssemblyImage> Libraries { get; } = [];

    /// <summary>
    /// Functions of this application that scripts, expressions and sessions call as methods, with their types:
    /// <c>Functions = { { "decimal Price(string sku)", (string sku) =&gt; prices[sku] } }</c>. The compiler knows them, and completion offers them.
    /// </summary>
    public ScriptFunctions Functions { get; init; } = new();

    /// <summary>Types that scripts, and declarations of functions, find: sources that are compiled once, as a library.</summary>
    public IList<ScriptSource> Prelude { get; } = [];

    /// <summary>
    /// The folder from which a script may load other sources, with <c>#load "FILE.cs"</c>: in it and in folders below. Without it nothing can be loaded.
    /// </summary>
    public string? LoadFolder { get; init; }

    /// <summary>
    /// Folders in which packages are looked for that scripts ask for with <c>#:package NAME@VERSION</c> or <c>#r "nuget: NAME, VERSION"</c>. Nothing is downloaded.
    /// </summary>
    public IList<string> PackageFolders { get; } = [];

    /// <summary>Packages that scripts may ask for, by name, in any version; or as <c>NAME@VERSION</c> in that one. What they need comes with them.</summary>
    public IList<string> AllowedPackages { get; } = [];

    /// <summary>How many submissions a <see cref="ScriptSession"/> may have: the compiler keeps what each declared.</summary>
    public int MaxSubmissions { get; init; } = 1000;

    /// <summary>
    /// Whether scripts that run often are made faster in the background. One that runs for the third time begins in a runtime in which it is loaded, and one whose
    /// runs took a second of a processor, or that ran two hundred times, is compiled ahead, where the tools of <c>isolator compile</c> are at hand. Its next runs use
    /// what is ready by then, and differ in nothing else. These tools are native programs, which read what the sandboxed compiler made of the script.
    /// </summary>
    public bool HotScripts { get; init; } = true;

    /// <summary>Whether nullable reference types are checked.</summary>
    public bool Nullable { get; init; } = true;

    /// <summary>Whether <c>unsafe</c> is allowed. What unsafe code does it does to its own sandbox.</summary>
    public bool AllowUnsafe { get; init; }

    /// <summary>Version of the language, as a project file names it: <c>13</c>, <c>latest</c>, <c>preview</c>. Null: the newest.</summary>
    public string? LanguageVersion { get; init; }

    /// <summary>
    /// Whether <c>System</c>, <c>System.Collections.Generic</c>, <c>System.IO</c>, <c>System.Linq</c>, <c>System.Threading</c> and
    /// <c>System.Threading.Tasks</c> are used everywhere.
    /// </summary>
    public bool ImplicitUsings { get; init; } = true;

    /// <summary>More namespaces that are used everywhere.</summary>
    public IList<string> Usings { get; } = [];

    /// <summary>Whether code is optimized.</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>Whether symbols are made, without which stack traces have no lines.</summary>
    public bool Symbols { get; init; } = true;

    /// <summary>Most diagnostics that are told of one compilation.</summary>
    public int MaxDiagnostics { get; init; } = 100;

    /// <summary>Bytes of memory that a compilation may take; null: 512 MiB.</summary>
    public long? CompileMemoryLimit { get; init; }

    /// <summary>Wall time that a compilation may take; null: 30 seconds.</summary>
    public TimeSpan? CompileTimeout { get; init; }

    /// <summary>Other limits of a compilation, each in its own unit (times in nanoseconds); <see cref="IsolatedRuntimeOptions.NoLimit"/> removes one.</summary>
    public IDictionary<IsolatedLimit, ulong> CompileLimits { get; } = new Dictionary<IsolatedLimit, ulong>();

    /// <summary>What the runtime of a script is given that is given no options of its own. By default it is nothing.</summary>
    public IsolatedRuntimeOptions RunOptions { get; init; } = new();

    /// <summary>Lets scripts refer to an assembly.</summary>
    /// <param name="path">The file. Symbols that lie beside it are taken along.</param>
    /// <returns>This.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public IsolatedScriptHostOptions WithLibrary(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string symbols = Path.ChangeExtension(path, ".pdb");
        Libraries.Add(new AssemblyImage(File.ReadAllBytes(path), File.Exists(symbols) ? File.ReadAllBytes(symbols) : null));
        return this;
    }

    /// <summary>Lets scripts refer to an assembly of this application, whose types globals may have then. Its code runs inside, in a copy.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>This.</returns>
    /// <exception cref="ArgumentException">It was not loaded from a file.</exception>
    public IsolatedScriptHostOptions WithLibrary(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
#pragma warning disable IL3000 // said below
        string path = assembly.Location;
#pragma warning restore IL3000
        return path.Length > 0
            ? WithLibrary(path)
            : throw new ArgumentException($"{assembly.GetName().Name} was not loaded from a file. Add its bytes to {nameof(Libraries)}.", nameof(assembly));
    }

    /// <summary>The limits of a compilation that are set.</summary>
    internal IEnumerable<(IsolatedLimit Limit, ulong Value)> GivenCompileLimits()
    {
        if (CompileMemoryLimit is { } memory)
        {
            yield return (IsolatedLimit.Memory, LimitValue.OfNumber(memory, nameof(CompileMemoryLimit)));
        }

        if (CompileTimeout is { } time)
        {
            yield return (IsolatedLimit.CallTimeout, LimitValue.OfTime(time, nameof(CompileTimeout)));
        }

        foreach ((IsolatedLimit limit, ulong value) in CompileLimits)
        {
            yield return (limit, value);
        }
    }
}
