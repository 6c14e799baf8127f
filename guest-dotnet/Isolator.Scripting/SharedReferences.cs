using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Isolator.Scripting;

/// <summary>
/// Submissions that share what was bound of their references. Roslyn has one binding for all compilations that are made of one, as long as none has another
/// name; submissions need names of their own, and a binding knows nothing of the name but the name itself. So each gets a copy of one, with its name.
/// </summary>
internal static class SharedReferences
{
    private static readonly FieldInfo s_binding = Field(typeof(CSharpCompilation), "_referenceManager");
    private static readonly FieldInfo s_name = Field(s_binding.FieldType, "SimpleAssemblyName");
    private static readonly MethodInfo s_copy = typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private static CSharpCompilation? s_references;
    private static CSharpCompilation? s_first;

    /// <param name="name">Its assembly's name.</param>
    /// <param name="tree">Its source.</param>
    /// <param name="references">A compilation with all that it refers to.</param>
    /// <param name="options">How it is compiled.</param>
    /// <param name="previous">The submission before it.</param>
    internal static CSharpCompilation Submission(
        string name, SyntaxTree tree, CSharpCompilation references, CSharpCompilationOptions options, CSharpCompilation? previous)
    {
        if (s_first is null || s_references != references)
        {
            s_first = CSharpCompilation.CreateScriptCompilation(Naming.Placeholder, null, references.ExternalReferences, options);
            s_references = references;
            // This binds them.
            _ = s_first.Assembly;
        }
        var submission = CSharpCompilation.CreateScriptCompilation(name, tree, references.ExternalReferences, options, previous);
        // What a source refers to itself is bound, and refused, with it.
        if (tree.GetCompilationUnitRoot().GetReferenceDirectives().Count > 0)
        {
            return submission;
        }
        object binding = s_copy.Invoke(s_binding.GetValue(s_first), null)!;
        s_name.SetValue(binding, name);
        s_binding.SetValue(submission, binding);
        return submission;
    }

    private static FieldInfo Field(Type type, string name)
    {
        for (Type? of = type; of != null; of = of.BaseType)
        {
            if (of.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly) is { } field)
            {
                return field;
            }
        }
        throw new InvalidOperationException($"Roslyn's {type} has no {name}: this is another version than the one that this was written for");
    }
}
