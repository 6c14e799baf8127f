using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;

namespace Isolator.Scripting;

/// <summary>What the host calls. Bad sources throw nothing: what is wrong with them is in the outcome.</summary>
public static class Compiler
{
    /// <summary>Says what sources may refer to, and compiles this and that, so that what a first compilation takes longer is done.</summary>
    /// <param name="assemblies">Names of assemblies of the base class library.</param>
    /// <param name="libraries">Other assemblies.</param>
    /// <param name="thoroughly">Whether this and that is all that there is to compile: it takes an interpreted compiler half a minute.</param>
    public static void Prepare(string[] assemblies, byte[][] libraries, bool thoroughly)
    {
        References.Set(assemblies, libraries);
        WarmUp.Run();
        SessionWarmUp.Run();
        if (thoroughly)
        {
            WarmUp.RunAll();
        }
    }

    /// <summary>Says what is wrong with sources.</summary>
    public static Outcome Check(SourceFile[] files, ScriptOptions options) => Guarded(() =>
    {
        CSharpCompilation compilation = Compilation(files, options, new Settings(options), out Joined? joined);
        return Checked(compilation, options, joined);
    });

    /// <summary>Compiles sources.</summary>
    public static Outcome Compile(SourceFile[] files, ScriptOptions options) => Guarded(() =>
    {
        CSharpCompilation compilation = Compilation(files, options, new Settings(options), out Joined? joined);
        return Emit(compilation, options, joined is null ? Diagnosis.Of : joined.Tell);
    });

    /// <summary>Compiles an expression as the method <c>Evaluation.Evaluate</c>, whose parameters are the globals.</summary>
    public static Outcome CompileExpression(string expression, ScriptGlobal[] globals, ScriptOptions options) =>
        Guarded(() => new Expression(expression, globals, options).Compile());

    /// <summary>Compiles functions of the host to a library, which options then name.</summary>
    public static Outcome CompileFunctions(string[] declarations, SourceFile[] files, ScriptOptions options) =>
        Guarded(() => HostFunctions.Compile(declarations, files, options));

    /// <summary>Says what can stand at a place in one of some sources.</summary>
    public static ScriptCompletions Complete(SourceFile[] files, int file, int position, ScriptOptions options) => Completions(() =>
    {
        // In their own sources, of which one alone has statements.
        options.Loaded = [.. options.Loaded.Where(source => !Joined.HasStatements(new Settings(options).Tree(source.Name, source.Text)))];
        CSharpCompilation compilation = Compilation(files, options, new Settings(options), out _);
        return new Completion(compilation, compilation.SyntaxTrees[file], position).Find();
    });

    /// <summary>Begins a session, in which these submissions have run.</summary>
    public static Outcome RestoreSession(EarlierSubmission[] submissions, ScriptOptions options) => Guarded(() =>
    {
        Chain.Restore(submissions, options);
        return new Outcome();
    });

    /// <summary>Compiles the next submission of the session.</summary>
    public static Outcome CompileSubmission(string text, ScriptOptions options, bool ran) => Guarded(() => Chain.Compile(text, options, ran));

    /// <summary>Says what is wrong with it.</summary>
    public static Outcome CheckSubmission(string text, ScriptOptions options, bool ran) => Guarded(() => Chain.Check(text, options, ran));

    /// <summary>Says what can stand at a place in it.</summary>
    public static ScriptCompletions CompleteSubmission(string text, int position, ScriptOptions options, bool ran) =>
        Completions(() => Chain.Complete(text, position, options, ran));

    /// <summary>Whether it is one, and not the beginning of one.</summary>
    public static bool IsCompleteSubmission(string text, ScriptOptions options)
    {
        bool isComplete = true;
        // What is wrong is told when it is compiled.
        Guarded(() =>
        {
            isComplete = Chain.IsComplete(text, options);
            return new Outcome();
        });
        return isComplete;
    }

    private static ScriptCompletions Completions(Func<ScriptCompletions> find)
    {
        ScriptCompletions found = new();
        Outcome outcome = Guarded(() =>
        {
            found = find();
            return new Outcome();
        });
        (found.Failure, found.Problem) = (outcome.Failure, outcome.Problem);
        return found;
    }

    internal static Outcome Checked(CSharpCompilation compilation, ScriptOptions options, Joined? joined = null)
    {
        var outcome = new Outcome();
        outcome.Tell(compilation.GetDiagnostics(), options.MaxDiagnostics, joined is null ? Diagnosis.Of : joined.Tell);
        return outcome;
    }

    internal static Outcome Emit(CSharpCompilation compilation, ScriptOptions options, Func<Diagnostic, ScriptDiagnostic> tell)
    {
        using var assembly = new MemoryStream();
        using var symbols = options.Symbols ? new MemoryStream() : null;
        EmitResult result = compilation.Emit(assembly, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        var outcome = new Outcome { IsProgram = compilation.Options.OutputKind == OutputKind.ConsoleApplication };
        outcome.Tell(result.Diagnostics, options.MaxDiagnostics, tell);
        if (result.Success)
        {
            outcome.Assembly = assembly.ToArray();
            if (options.Name.Length > 0)
            {
                Naming.Rename(outcome.Assembly, options.Name);
            }
            outcome.Symbols = symbols?.ToArray();
        }
        return outcome;
    }

    private static CSharpCompilation Compilation(SourceFile[] files, ScriptOptions options, Settings settings, out Joined? joined)
    {
        var trees = new List<SyntaxTree>(files.Length + options.Loaded.Length + 1);
        foreach (SourceFile file in files)
        {
            trees.Add(settings.Tree(file.Name, file.Text));
        }
        joined = Load(trees, options, settings);
        OutputKind kind = options.Kind switch
        {
            "program" => OutputKind.ConsoleApplication,
            "library" => OutputKind.DynamicallyLinkedLibrary,
            _ => trees.Exists(HasEntryPoint) ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
        };
        if (settings.Usings() is { } usings)
        {
            trees.Add(usings);
        }
        CSharpCompilationOptions how = settings.Options(kind);
        if (joined is not null)
        {
            how = how.WithSourceReferenceResolver(new MappedNames(joined.Tree.FilePath));
        }
        return Libraries.With(options.Libraries).WithOptions(how).AddSyntaxTrees(trees);
    }

    /// <summary>Adds what the first source loads. Statements of that become the first source's.</summary>
    private static Joined? Load(List<SyntaxTree> trees, ScriptOptions options, Settings settings)
    {
        var joining = new List<SyntaxTree>();
        foreach (SourceFile file in options.Loaded)
        {
            SyntaxTree tree = settings.Tree(file.Name, file.Text);
            (Joined.HasStatements(tree) ? joining : trees).Add(tree);
        }
        if (joining.Count == 0)
        {
            return null;
        }
        var joined = new Joined(settings, [.. joining, trees[0]]);
        trees[0] = joined.Tree;
        return joined;
    }

    private static bool HasEntryPoint(SyntaxTree tree)
    {
        var waiting = new Stack<MemberDeclarationSyntax>(tree.GetCompilationUnitRoot().Members);
        while (waiting.TryPop(out MemberDeclarationSyntax? member))
        {
            switch (member)
            {
                case GlobalStatementSyntax or MethodDeclarationSyntax { Identifier.ValueText: "Main" }:
                    return true;
                case BaseNamespaceDeclarationSyntax space:
                    foreach (MemberDeclarationSyntax inner in space.Members)
                    {
                        waiting.Push(inner);
                    }
                    break;
                case TypeDeclarationSyntax type:
                    foreach (MemberDeclarationSyntax inner in type.Members)
                    {
                        waiting.Push(inner);
                    }
                    break;
            }
        }
        return false;
    }

    private static Outcome Guarded(Func<Outcome> work)
    {
        try
        {
            return work();
        }
        catch (OptionException problem)
        {
            return new Outcome { Failure = "options", Problem = problem.Message };
        }
        catch (NestingException problem)
        {
            return new Outcome { Failure = "depth", Problem = problem.Message };
        }
        catch (InsufficientExecutionStackException)
        {
            return new Outcome { Failure = "depth", Problem = "the source nests too deep for the compiler" };
        }
        catch (OutOfMemoryException)
        {
            return new Outcome { Failure = "memory", Problem = "the compiler has no more memory" };
        }
#pragma warning disable CA1031 // A fault of the compiler's ends this compilation, and says what it is.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return new Outcome { Failure = "fault", Problem = fault.ToString() };
        }
    }
}
