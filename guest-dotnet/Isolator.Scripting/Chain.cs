using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolator.Scripting;

/// <summary>The submissions of a session: each is a compilation of its own, which sees what those before it declared.</summary>
internal static class Chain
{
    private static CSharpCompilation? s_last;
    private static int s_count;

    /// <summary>The one that was compiled last. It counts once it has begun to run.</summary>
    private static CSharpCompilation? s_next;

    /// <summary>Takes up a session: these submissions were compiled elsewhere, and have run.</summary>
    internal static void Restore(EarlierSubmission[] submissions, ScriptOptions options)
    {
        (s_last, s_next, s_count) = (null, null, 0);
        foreach (EarlierSubmission submission in submissions)
        {
            options.PreprocessorSymbols = submission.PreprocessorSymbols;
            var settings = new Settings(options);
            s_last = Compilation(submission.Text, options, settings, submission.Loaded, submission.Links);
            s_count++;
        }
    }

    /// <param name="text">The submission.</param>
    /// <param name="options">How it is compiled.</param>
    /// <param name="ran">Whether the one that was compiled last has begun to run.</param>
    internal static Outcome Compile(string text, ScriptOptions options, bool ran)
    {
        CSharpCompilation compilation = Next(text, options, ran);
        if (IsEmpty(compilation))
        {
            // Nothing to run, and so nothing to emit: what it uses counts from now on.
            Outcome nothing = Compiler.Checked(compilation, options);
            nothing.IsEmpty = !compilation.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
            s_next = nothing.IsEmpty ? compilation : null;
            return nothing;
        }
        Outcome outcome = Compiler.Emit(compilation, options, Diagnosis.Of);
        if (outcome.Assembly != null)
        {
            outcome.TypeName = compilation.Options.ScriptClassName!;
            outcome.AssemblyName = compilation.AssemblyName!;
            outcome.HasValue = HasValue(compilation);
            s_next = compilation;
        }
        return outcome;
    }

    internal static Outcome Check(string text, ScriptOptions options, bool ran) => Compiler.Checked(Next(text, options, ran), options);

    internal static ScriptCompletions Complete(string text, int position, ScriptOptions options, bool ran)
    {
        CSharpCompilation compilation = Next(text, options, ran);
        return new Completion(compilation, Own(compilation), position).Find();
    }

    internal static bool IsComplete(string text, ScriptOptions options) =>
        SyntaxFactory.IsCompleteSubmission(new Settings(options).SubmissionTree("", text));

    private static CSharpCompilation Next(string text, ScriptOptions options, bool ran)
    {
        if (ran && s_next is { } next)
        {
            s_last = next;
            s_count++;
        }
        s_next = null;
        return Compilation(text, options, new Settings(options), options.Loaded, options.Links);
    }

    /// <summary>All have names of their own: those after one refer to it by its name.</summary>
    private static CSharpCompilation Compilation(string text, ScriptOptions options, Settings settings, SourceFile[] loaded, SourceLink[] links)
    {
        int number = s_count + 1;
        SyntaxTree tree = settings.SubmissionTree($"submission{number}", text);
        CSharpCompilationOptions how = settings.Options(OutputKind.DynamicallyLinkedLibrary)
            .WithScriptClassName($"Submission#{number}")
            .WithUsings(settings.Namespaces());
        if (links.Length > 0)
        {
            how = how.WithSourceReferenceResolver(new Loaded(loaded, links));
        }
        return SharedReferences.Submission($"Submission{number}", tree, Libraries.With(options.Libraries), how, s_last);
    }

    /// <summary>Whether there are but directives: such a submission has no place among the states.</summary>
    private static bool IsEmpty(CSharpCompilation compilation) =>
        compilation.SyntaxTrees.All(tree => tree.GetCompilationUnitRoot().Members.Count == 0);

    /// <summary>The submission's own source: what it loads comes before it.</summary>
    private static SyntaxTree Own(CSharpCompilation compilation) => compilation.SyntaxTrees[^1];

    /// <summary>Whether it ends with an expression that has a value, without a semicolon, or returns something.</summary>
    private static bool HasValue(CSharpCompilation compilation)
    {
        SyntaxTree tree = Own(compilation);
        SyntaxList<MemberDeclarationSyntax> members = tree.GetCompilationUnitRoot().Members;
        if (members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last })
        {
            return !Expression.MayBeVoid(last.Expression)
                || compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type?.SpecialType != SpecialType.System_Void;
        }
        return members.OfType<GlobalStatementSyntax>()
            .SelectMany(member => member.DescendantNodes(node => node is not (ExpressionSyntax or LocalFunctionStatementSyntax)))
            .Any(node => node is ReturnStatementSyntax { Expression: not null });
    }
}
