using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolator.Scripting;

/// <summary>Functions of the host as methods that scripts call: a library, made of their declarations.</summary>
internal static class HostFunctions
{
    private const string Space = "Isolator.Host";
    private const string Class = "Functions";

    /// <summary>Whose members scripts use without a name before them.</summary>
    internal const string ClassName = Space + "." + Class;

    /// <param name="declarations">A method's declaration each, such as <c>decimal Price(string sku)</c>.</param>
    /// <param name="files">Types that they use.</param>
    /// <param name="options">How they are compiled.</param>
    internal static Outcome Compile(string[] declarations, SourceFile[] files, ScriptOptions options)
    {
        var settings = new Settings(options);
        var trees = new List<SyntaxTree>();
        var names = new List<string>();
        foreach (string declaration in declarations)
        {
            MethodDeclarationSyntax method = Parsed(declaration, settings);
            string name = method.Identifier.ValueText;
            if (names.Contains(name))
            {
                throw new OptionException($"the function `{name}` is declared twice; the host knows its functions by their names alone");
            }
            names.Add(name);
            trees.Add(settings.Tree(declaration.Trim(), Source(method)));
        }
        trees.AddRange(files.Select(file => settings.Tree(file.Name, file.Text)));
        if (settings.Usings() is { } usings)
        {
            trees.Add(usings);
        }
        CSharpCompilation compilation = Libraries.With(options.Libraries)
            .WithOptions(settings.Options(OutputKind.DynamicallyLinkedLibrary)).AddSyntaxTrees(trees);
        Outcome outcome = Compiler.Emit(compilation, options, Diagnosis.Of);
        outcome.Names = [.. names];
        return outcome;
    }

    private static MethodDeclarationSyntax Parsed(string declaration, Settings settings)
    {
        string text = declaration.Trim().TrimEnd(';');
        OptionException Wrong(string why) => new($"the function `{text}` cannot be declared: {why}");
        if (SyntaxFactory.ParseMemberDeclaration(text + ";", options: settings.Parse) is not MethodDeclarationSyntax method
            || method.FullSpan.Length != text.Length + 1 || method.ContainsDiagnostics)
        {
            throw Wrong("it is no declaration of a method in C#, such as `decimal Price(string sku)`");
        }
        if (method is not { Body: null, ExpressionBody: null, TypeParameterList: null, ExplicitInterfaceSpecifier: null, AttributeLists.Count: 0, Modifiers.Count: 0 })
        {
            throw Wrong("it has a body, modifiers, attributes or type parameters. Write its type, its name and its parameters, such as `decimal Price(string sku)`");
        }
        foreach (ParameterSyntax parameter in method.ParameterList.Parameters)
        {
            if (parameter.Type is null || parameter.Modifiers.Any(modifier => !modifier.IsKind(SyntaxKind.ParamsKeyword)) || parameter.AttributeLists.Count > 0)
            {
                throw Wrong($"its parameter `{parameter}` is passed by reference, or has attributes: values go to the host as copies");
            }
        }
        bool isTask = IsTask(method.ReturnType);
        int tokens = method.ParameterList.Parameters.Count(IsToken);
        if (tokens > 1 || tokens == 1 && !isTask)
        {
            throw Wrong("only what returns a task takes a cancellation token, and takes one");
        }
        if (method.ReturnType is RefTypeSyntax || NameOf(method.ReturnType)?.Identifier.ValueText == "ValueTask")
        {
            throw Wrong($"its result is a `{method.ReturnType}`. Let it be a value, a `Task` or a `Task<…>`");
        }
        return method;
    }

    private static string Source(MethodDeclarationSyntax method)
    {
        bool isTask = IsTask(method.ReturnType);
        string? result = isTask
            ? (NameOf(method.ReturnType) as GenericNameSyntax)?.TypeArgumentList.Arguments.FirstOrDefault()?.ToString()
            : method.ReturnType is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword } ? null : method.ReturnType.ToString();
        var source = new StringBuilder();
        source.Append("namespace ").Append(Space).Append(";\npublic static partial class ").Append(Class).Append("\n{\n")
            .Append(method.GetLeadingTrivia().ToString())
            .Append("public static ").Append(method.ReturnType).Append(' ').Append(method.Identifier).Append(method.ParameterList)
            .Append(" => global::DotNetIsolator.DotNetIsolatorHost.Invoke").Append(isTask ? "Async" : "");
        if (result != null)
        {
            source.Append('<').Append(result).Append('>');
        }
        source.Append('(').Append(SymbolDisplay.FormatLiteral(method.Identifier.ValueText, quote: true));
        ParameterSyntax? token = method.ParameterList.Parameters.FirstOrDefault(IsToken);
        if (token != null)
        {
            source.Append(", ").Append(token.Identifier);
        }
        source.Append(", new object?[] { ")
            .AppendJoin(", ", method.ParameterList.Parameters.Where(parameter => parameter != token).Select(parameter => parameter.Identifier.ToString()))
            .Append(" });\n}\n");
        return source.ToString();
    }

    private static bool IsTask(TypeSyntax type) => NameOf(type)?.Identifier.ValueText == "Task";

    private static bool IsToken(ParameterSyntax parameter) => NameOf(parameter.Type)?.Identifier.ValueText == "CancellationToken";

    private static SimpleNameSyntax? NameOf(TypeSyntax? type) => type switch
    {
        SimpleNameSyntax simple => simple,
        QualifiedNameSyntax qualified => qualified.Right,
        AliasQualifiedNameSyntax alias => alias.Name,
        _ => null,
    };
}
