using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Threading.Tasks;

namespace DotNetIsolator;

/// <summary>Functions of this application that scripts call as methods: see <see cref="IsolatedScriptHostOptions.Functions"/>.</summary>
public sealed class ScriptFunctions : IEnumerable<string>
{
    private readonly List<(string Declaration, Delegate Function)> _all = [];

    internal IReadOnlyList<(string Declaration, Delegate Function)> All => _all;

    /// <summary>Adds a function.</summary>
    /// <param name="declaration">
    /// How scripts see it: a declaration in C#, such as <c>decimal Price(string sku)</c>, whose types they know. Or only its name: then the types are those of the
    /// delegate, which must be .NET's own, or of a library of the host's.
    /// </param>
    /// <param name="function">
    /// The delegate. It is called on any thread, by several scripts at once. One that returns a task is awaited; its last parameter may be a token, which says that the
    /// script has given up.
    /// </param>
    /// <remarks>Scripts choose the arguments: trust nothing in them. An exception is logged, and scripts are told only that the call failed.</remarks>
    /// <exception cref="ArgumentException">The declaration has other parameters than the delegate.</exception>
    public void Add(string declaration, Delegate function)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(declaration);
        ArgumentNullException.ThrowIfNull(function);
        string text = declaration.Trim();
        _all.Add((text.Contains('(', StringComparison.Ordinal) ? text : Declaration(text, function), function));
    }

    /// <summary>The declarations.</summary>
    /// <returns>Each of them.</returns>
    public IEnumerator<string> GetEnumerator() => _all.Select(each => each.Declaration).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The declaration of a delegate, by its own types and the names of its method's parameters.</summary>
    internal static string Declaration(string name, Delegate function)
    {
        MethodInfo invoke = function.GetType().GetMethod("Invoke")!;
        ParameterInfo[] parameters = invoke.GetParameters();

        // A lambda's own parameters have the names that were written; those of its delegate type are called arg1, arg2…
        ParameterInfo[] named = function.Method.GetParameters();
        named = named.Length == parameters.Length ? named : parameters;
        StringBuilder text = new();
        text.Append(CSharpNames.Of(Awaited(invoke.ReturnType))).Append(' ').Append(name).Append('(');
        for (int i = 0; i < parameters.Length; i++)
        {
            string called = string.IsNullOrEmpty(named[i].Name) ? $"arg{i + 1}" : named[i].Name!;
            text.Append(i == 0 ? string.Empty : ", ").Append(CSharpNames.Of(parameters[i].ParameterType)).Append(" @").Append(called);
        }

        return text.Append(')').ToString();
    }

    /// <summary>What scripts await: a value task is a task to them.</summary>
    private static Type Awaited(Type returned) =>
        returned == typeof(ValueTask) ? typeof(Task)
        : returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(ValueTask<>) ? typeof(Task<>).MakeGenericType(returned.GetGenericArguments())
        : returned;
}
