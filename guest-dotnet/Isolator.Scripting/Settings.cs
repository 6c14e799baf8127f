using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Isolator.Scripting;

/// <summary>The host's options in Roslyn's terms.</summary>
internal sealed class Settings
{
    // As the SDK has them for a project without special needs.
    private static readonly string[] s_implicit =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
    ];

    // What the SDK does not tell either: references that are unified.
    private static readonly Dictionary<string, ReportDiagnostic> s_quiet = new()
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
        ["CS1702"] = ReportDiagnostic.Suppress,
    };

    private const int NewestWarnings = 10;
    private static readonly Encoding s_encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    private readonly ScriptOptions _options;

    internal Settings(ScriptOptions options)
    {
        _options = options;
        var version = LanguageVersion.Default;
        if (options.LanguageVersion.Length > 0 && !LanguageVersionFacts.TryParse(options.LanguageVersion, out version))
        {
            throw new OptionException(
                $"`{options.LanguageVersion}` is no version of C#: name a number such as 13, `latest` or `preview`");
        }
        Parse = new CSharpParseOptions(version, DocumentationMode.None, preprocessorSymbols: Symbols())
            .WithFeatures([new KeyValuePair<string, string>("FileBasedProgram", "true")]);
    }

    internal CSharpParseOptions Parse { get; }

    private string[] Symbols()
    {
        const int newest = 10;
        var symbols = new List<string> { "NET", $"NET{newest}_0", "NETCOREAPP", "TRACE", _options.Optimize ? "RELEASE" : "DEBUG" };
        for (int version = 5; version <= newest; version++)
        {
            symbols.Add($"NET{version}_0_OR_GREATER");
        }
        return [.. symbols, .. _options.PreprocessorSymbols];
    }

    /// <summary>Whether a type that may be null is written with a question mark.</summary>
    internal bool HasAnnotations => (Nullable & NullableContextOptions.Annotations) != 0;

    private NullableContextOptions Nullable => _options.Nullable switch
    {
        "disable" => NullableContextOptions.Disable,
        "warnings" => NullableContextOptions.Warnings,
        "annotations" => NullableContextOptions.Annotations,
        _ => NullableContextOptions.Enable,
    };

    private Dictionary<string, ReportDiagnostic> Quiet()
    {
        if (_options.NoWarn.Length + _options.Errors.Length + _options.NoErrors.Length == 0)
        {
            return s_quiet;
        }
        var quiet = new Dictionary<string, ReportDiagnostic>(s_quiet);
        // Of diagnostics that are too many to be told, errors come first.
        foreach (string id in _options.Errors)
        {
            quiet[id] = ReportDiagnostic.Error;
        }
        foreach (string id in _options.NoErrors)
        {
            quiet[id] = ReportDiagnostic.Warn;
        }
        foreach (string id in _options.NoWarn)
        {
            quiet[id] = ReportDiagnostic.Suppress;
        }
        return quiet;
    }

    internal SyntaxTree Tree(string name, string text) => Tree(name, text, Parse);

    /// <summary>A submission of a session.</summary>
    internal SyntaxTree SubmissionTree(string name, string text) => Tree(name, text, Parse.WithKind(SourceCodeKind.Script));

    // Symbols have a digest of each source, for which there must be an encoding.
    private static SyntaxTree Tree(string name, string text, CSharpParseOptions how)
    {
        Nesting.Check(text, how);
        SyntaxTree tree = CSharpSyntaxTree.ParseText(Source(text), how, name);
        Nesting.Check(text, tree);
        return tree;
    }

    internal static SourceText Source(string text) => SourceText.From(text, s_encoding, SourceHashAlgorithm.Sha256);

    /// <summary>The namespaces that are used everywhere; none if there are none.</summary>
    internal SyntaxTree? Usings()
    {
        var text = new StringBuilder();
        foreach (string name in _options.ImplicitUsings ? s_implicit : [])
        {
            text.Append("global using global::").Append(name).Append(";\n");
        }
        if (_options.Functions)
        {
            text.Append("global using static global::").Append(HostFunctions.ClassName).Append(";\n");
        }
        foreach (string name in Others())
        {
            text.Append("global using ").Append(name).Append(";\n");
        }
        return text.Length == 0 ? null : Tree("", text.ToString());
    }

    /// <summary>The same, for submissions.</summary>
    internal IEnumerable<string> Namespaces() =>
        [.. _options.ImplicitUsings ? s_implicit : [], .. _options.Functions ? [HostFunctions.ClassName] : Array.Empty<string>(), .. Others()];

    private IEnumerable<string> Others()
    {
        foreach (string name in _options.Usings)
        {
            if (SyntaxFactory.ParseName(name) is not { ContainsDiagnostics: false, IsMissing: false } parsed || parsed.FullSpan.Length != name.Length)
            {
                throw new OptionException($"`{name}` is no namespace that could be used");
            }
            yield return name;
        }
    }

    internal CSharpCompilationOptions Options(OutputKind kind) =>
        new(kind,
            optimizationLevel: _options.Optimize ? OptimizationLevel.Release : OptimizationLevel.Debug,
            allowUnsafe: _options.Unsafe,
            warningLevel: NewestWarnings,
            generalDiagnosticOption: _options.AreErrors ? ReportDiagnostic.Error : ReportDiagnostic.Default,
            specificDiagnosticOptions: Quiet(),
            checkOverflow: _options.CheckOverflow,
            // One thread is all there is.
            concurrentBuild: false,
            deterministic: true,
            sourceReferenceResolver: MappedNames.Usual,
            nullableContextOptions: Nullable);
}

/// <summary>An option that cannot be understood.</summary>
internal sealed class OptionException(string message) : Exception(message);
