namespace Isolator.Scripting;

/// <summary>A source as the host gives it.</summary>
public sealed class SourceFile
{
    /// <summary>What diagnostics and stack traces call it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its text.</summary>
    public string Text { get; set; } = "";
}

/// <summary>How sources are compiled.</summary>
public sealed class ScriptOptions
{
    /// <summary><c>auto</c> (a program if there is an entry point), <c>program</c> or <c>library</c>.</summary>
    public string Kind { get; set; } = "auto";

    /// <summary>What of nullable reference types there is: <c>enable</c>, <c>disable</c>, <c>warnings</c> or <c>annotations</c>.</summary>
    public string Nullable { get; set; } = "enable";

    /// <summary>Whether arithmetic that overflows throws where the code says nothing.</summary>
    public bool CheckOverflow { get; set; }

    /// <summary>Symbols for <c>#if</c>, beside those that there always are.</summary>
    public string[] PreprocessorSymbols { get; set; } = [];

    /// <summary>Ids of warnings that are not told.</summary>
    public string[] NoWarn { get; set; } = [];

    /// <summary>Whether all warnings are errors.</summary>
    public bool AreErrors { get; set; }

    /// <summary>Ids of warnings that are errors.</summary>
    public string[] Errors { get; set; } = [];

    /// <summary>Ids of warnings that are none in any case.</summary>
    public string[] NoErrors { get; set; } = [];

    /// <summary>Whether unsafe code is allowed.</summary>
    public bool Unsafe { get; set; }

    /// <summary>Version of the language, as a project file names it; empty is the newest.</summary>
    public string LanguageVersion { get; set; } = "";

    /// <summary>Whether the namespaces that a new project uses are used.</summary>
    public bool ImplicitUsings { get; set; } = true;

    /// <summary>More namespaces to use.</summary>
    public string[] Usings { get; set; } = [];

    /// <summary>Whether code is optimized.</summary>
    public bool Optimize { get; set; } = true;

    /// <summary>Whether symbols are made, for lines in stack traces.</summary>
    public bool Symbols { get; set; } = true;

    /// <summary>Most diagnostics that are told.</summary>
    public int MaxDiagnostics { get; set; } = 100;

    /// <summary>What the assembly is called; empty where nobody minds.</summary>
    public string Name { get; set; } = "";

    /// <summary>Whether the host has functions: their library is among the others.</summary>
    public bool Functions { get; set; }

    /// <summary>Assemblies to refer to, beside those that the compiler was prepared with.</summary>
    public byte[][] Libraries { get; set; } = [];

    /// <summary>Sources that the first source loads, each after those that it loads itself.</summary>
    public SourceFile[] Loaded { get; set; } = [];

    /// <summary>Which source loads which.</summary>
    public SourceLink[] Links { get; set; } = [];
}

/// <summary>That one source loads another.</summary>
public sealed class SourceLink
{
    /// <summary>The name of the one; empty for the source that is no loaded one.</summary>
    public string From { get; set; } = "";

    /// <summary>What it says.</summary>
    public string Path { get; set; } = "";

    /// <summary>The name of the other.</summary>
    public string Name { get; set; } = "";
}

/// <summary>A submission that ran.</summary>
public sealed class EarlierSubmission
{
    /// <summary>Its text.</summary>
    public string Text { get; set; } = "";

    /// <summary>Symbols that it defined for itself.</summary>
    public string[] PreprocessorSymbols { get; set; } = [];

    /// <summary>Sources that it loaded.</summary>
    public SourceFile[] Loaded { get; set; } = [];

    /// <summary>Which source loaded which.</summary>
    public SourceLink[] Links { get; set; } = [];
}

/// <summary>A value that an expression finds under a name.</summary>
public sealed class ScriptGlobal
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its type, in C#.</summary>
    public string Type { get; set; } = "";
}

/// <summary>What the compiler has to say. Lines and columns are counted from 0, columns in UTF-16 units.</summary>
public sealed class ScriptDiagnostic
{
    /// <summary>Such as CS0103.</summary>
    public string Id { get; set; } = "";

    /// <summary><c>error</c>, <c>warning</c> or <c>info</c>.</summary>
    public string Severity { get; set; } = "";

    /// <summary>The source; none if it is about all of them.</summary>
    public string? File { get; set; }

    /// <summary>Where it begins.</summary>
    public int StartLine { get; set; }

    /// <summary>Where it begins.</summary>
    public int StartColumn { get; set; }

    /// <summary>Where it ends.</summary>
    public int EndLine { get; set; }

    /// <summary>Where it ends.</summary>
    public int EndColumn { get; set; }

    /// <summary>The file in which a <c>#line</c> says that it is; none if none says so.</summary>
    public string? MappedFile { get; set; }

    /// <summary>Where it begins there.</summary>
    public int MappedStartLine { get; set; }

    /// <summary>Where it begins there.</summary>
    public int MappedStartColumn { get; set; }

    /// <summary>Where it ends there.</summary>
    public int MappedEndLine { get; set; }

    /// <summary>Where it ends there.</summary>
    public int MappedEndColumn { get; set; }

    /// <summary>What is wrong.</summary>
    public string Message { get; set; } = "";
}

/// <summary>What came of it.</summary>
public sealed class Outcome
{
    /// <summary>The assembly; none if there are errors, or none was asked for.</summary>
    public byte[]? Assembly { get; set; }

    /// <summary>Its symbols, if they were asked for.</summary>
    public byte[]? Symbols { get; set; }

    /// <summary>What the compiler has to say, in the order of places.</summary>
    public ScriptDiagnostic[] Diagnostics { get; set; } = [];

    /// <summary>How many diagnostics there were beyond those.</summary>
    public int More { get; set; }

    /// <summary>Whether the assembly has an entry point.</summary>
    public bool IsProgram { get; set; }

    /// <summary>Whether an expression has no value.</summary>
    public bool IsVoid { get; set; }

    /// <summary>The class of a submission.</summary>
    public string? TypeName { get; set; }

    /// <summary>The name of a submission's assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Whether a submission has a value.</summary>
    public bool HasValue { get; set; }

    /// <summary>Whether a submission has nothing to run.</summary>
    public bool IsEmpty { get; set; }

    /// <summary>Names of the host's functions.</summary>
    public string[] Names { get; set; } = [];

    /// <summary>Why there is no answer, if there is none: <c>options</c>, <c>depth</c>, <c>memory</c> or <c>fault</c>.</summary>
    public string? Failure { get; set; }

    /// <summary>The same in words.</summary>
    public string? Problem { get; set; }
}

/// <summary>What can stand at a place.</summary>
public sealed class ScriptCompletions
{
    /// <summary>The best first.</summary>
    public ScriptCompletion[] Items { get; set; } = [];

    /// <summary>Where what they replace begins.</summary>
    public int StartLine { get; set; }

    /// <summary>Where it begins.</summary>
    public int StartColumn { get; set; }

    /// <summary>Where it ends.</summary>
    public int EndLine { get; set; }

    /// <summary>Where it ends.</summary>
    public int EndColumn { get; set; }

    /// <summary>Why there is no answer, as with <see cref="Outcome"/>.</summary>
    public string? Failure { get; set; }

    /// <summary>The same in words.</summary>
    public string? Problem { get; set; }
}

/// <summary>Something that can stand at a place.</summary>
public sealed class ScriptCompletion
{
    /// <summary>What is written.</summary>
    public string Text { get; set; } = "";

    /// <summary>What it is: <c>variable</c>, <c>method</c>, <c>keyword</c> and so on.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Its declaration.</summary>
    public string? Detail { get; set; }

    /// <summary>The namespace that has to be used for it, if it is not yet.</summary>
    public string? Using { get; set; }
}
