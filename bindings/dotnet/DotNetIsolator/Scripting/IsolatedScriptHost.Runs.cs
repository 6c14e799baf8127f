using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <content>Runs and evaluations.</content>
public sealed partial class IsolatedScriptHost
{
    /// <summary>Compiles a program, top-level statements or a class with <c>Main</c>, and runs it in a fresh runtime, to its end.</summary>
    /// <param name="source">The source.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">
    /// What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>. What it writes is in the result, unless these say where it goes.
    /// </param>
    /// <returns>What came of it. An exception that it let escape, or a limit that stopped it, is in there.</returns>
    /// <exception cref="ScriptCompilationException">It does not compile.</exception>
    /// <exception cref="IsolatedException">The compiler reached a limit, or there are as many runtimes already as the host allows.</exception>
    /// <exception cref="ArgumentException">A text has half of a surrogate pair, which cannot be passed on.</exception>
    public ScriptResult Run(ScriptSource source, IReadOnlyList<string>? args = null, IsolatedRuntimeOptions? options = null) => Run([source], args, options);

    /// <summary>Compiles sources that belong together, and runs them in a fresh runtime, to the program's end.</summary>
    /// <inheritdoc cref="Run(ScriptSource, IReadOnlyList{string}, IsolatedRuntimeOptions)"/>
    /// <param name="sources">The sources.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    public ScriptResult Run(IReadOnlyList<ScriptSource> sources, IReadOnlyList<string>? args = null, IsolatedRuntimeOptions? options = null) =>
        _native.Run(this, Some(sources), Texts(args), options ?? _runOptions, null);

    /// <summary>Runs a compiled program in a fresh runtime, to its end.</summary>
    /// <inheritdoc cref="Run(ScriptSource, IReadOnlyList{string}, IsolatedRuntimeOptions)"/>
    /// <param name="script">The program.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    /// <exception cref="ArgumentException">It is a library: <see cref="CompiledScript.IsProgram"/>.</exception>
    public ScriptResult Run(CompiledScript script, IReadOnlyList<string>? args = null, IsolatedRuntimeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(script);
        return _native.Run(this, script.Native, Texts(args), options ?? _runOptions, null);
    }

    /// <summary>As <see cref="Run(IReadOnlyList{ScriptSource}, IReadOnlyList{string}, IsolatedRuntimeOptions)"/>, on a thread of its own.</summary>
    /// <param name="sources">The sources.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    /// <param name="cancellation">Stops the compiler and the program, at once.</param>
    /// <returns>What came of it.</returns>
    public Task<ScriptResult> RunAsync(
        IReadOnlyList<ScriptSource> sources,
        IReadOnlyList<string>? args = null,
        IsolatedRuntimeOptions? options = null,
        CancellationToken cancellation = default)
    {
        ScriptSource[] copies = Some(sources);
        string[] texts = Texts(args);
        return Start(stop => _native.Run(this, copies, texts, options ?? _runOptions, stop), cancellation);
    }

    /// <inheritdoc cref="RunAsync(IReadOnlyList{ScriptSource}, IReadOnlyList{string}, IsolatedRuntimeOptions, CancellationToken)"/>
    /// <param name="source">The source.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    /// <param name="cancellation">Stops the compiler and the program, at once.</param>
    public Task<ScriptResult> RunAsync(
        ScriptSource source, IReadOnlyList<string>? args = null, IsolatedRuntimeOptions? options = null, CancellationToken cancellation = default) =>
        RunAsync([source], args, options, cancellation);

    /// <summary>As <see cref="Run(CompiledScript, IReadOnlyList{string}, IsolatedRuntimeOptions)"/>, on a thread of its own.</summary>
    /// <param name="script">The program.</param>
    /// <param name="args">What it finds in <c>args</c>.</param>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    /// <param name="cancellation">Stops the program, at once.</param>
    /// <returns>What came of it.</returns>
    public Task<ScriptResult> RunAsync(
        CompiledScript script, IReadOnlyList<string>? args = null, IsolatedRuntimeOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(script);
        string[] texts = Texts(args);
        return Start(stop => _native.Run(this, script.Native, texts, options ?? _runOptions, stop), cancellation);
    }

    /// <summary>Evaluates an expression in a fresh runtime. One that awaits is awaited.</summary>
    /// <typeparam name="T">
    /// The value's type here: a number, a text, one of .NET's collections, or a type of your own, which is made by the names of its members.
    /// </typeparam>
    /// <param name="expression">The expression.</param>
    /// <param name="globals">
    /// Values that it finds under names: the properties of an object (of an anonymous one, say), or a dictionary by <c>string</c>. Their types are .NET's own, or of
    /// a library of the host's. They are copied.
    /// </param>
    /// <param name="options">
    /// What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>. What it writes to the console goes where these say, and nowhere by default.
    /// </param>
    /// <returns>The value; the type's default for an expression without one.</returns>
    /// <exception cref="ScriptCompilationException">It is no expression, or has errors.</exception>
    /// <exception cref="IsolatedException">It threw, a limit stopped it, or its value is no <typeparamref name="T"/>.</exception>
    /// <exception cref="ArgumentException">A text has half of a surrogate pair, which cannot be passed on.</exception>
    public T Evaluate<T>(string expression, object? globals = null, IsolatedRuntimeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(expression);
        WholeText.Check(expression, "The expression", nameof(expression));
        CheckResult<T>();
        return _native.Evaluate<T>(this, expression, ScriptGlobals.Of(globals), options ?? _runOptions, null);
    }

    /// <summary>As <see cref="Evaluate{T}"/>, on a thread of its own.</summary>
    /// <inheritdoc cref="Evaluate{T}"/>
    /// <param name="expression">The expression.</param>
    /// <param name="globals">Values that it finds under names.</param>
    /// <param name="options">What its runtime is given.</param>
    /// <param name="cancellation">Stops the compiler and the evaluation, at once.</param>
    public Task<T> EvaluateAsync<T>(
        string expression, object? globals = null, IsolatedRuntimeOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(expression);
        WholeText.Check(expression, "The expression", nameof(expression));
        CheckResult<T>();
        ScriptGlobals values = ScriptGlobals.Of(globals);
        return Start(stop => _native.Evaluate<T>(this, expression, values, options ?? _runOptions, stop), cancellation);
    }

    /// <summary>Begins a session: submissions whose state goes from one to the next.</summary>
    /// <param name="options">What its runtime is given; null: <see cref="IsolatedScriptHostOptions.RunOptions"/>.</param>
    /// <returns>The session. It lives on when this is disposed.</returns>
    /// <exception cref="IsolatedException">There are as many runtimes already as the host allows.</exception>
    public ScriptSession CreateSession(IsolatedRuntimeOptions? options = null) => new(this, _native.NewSession(this, options ?? _runOptions));

    private static void CheckResult<T>()
    {
        if (typeof(T) == typeof(IsolatedObject))
        {
            throw new ArgumentException(
                $"The runtime of an expression ends with it, so its value cannot stay there as an {nameof(IsolatedObject)}. Compile the code, load what it gives ({nameof(CompiledScript)}.{nameof(CompiledScript.GetAssembly)}) into a runtime, and call its methods.");
        }
    }

    private static string[] Texts(IReadOnlyList<string>? args)
    {
        string[] texts = [.. args ?? []];
        for (int i = 0; i < texts.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(texts[i], nameof(args));
            WholeText.Check(texts[i], $"The argument {i}", nameof(args));
        }

        return texts;
    }
}
