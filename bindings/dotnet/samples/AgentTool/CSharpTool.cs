using System.Text.Json;
using DotNetIsolator;

namespace AgentTool;

/// <summary>A tool that runs C#: a fresh sandbox for each call, to which nothing is given.</summary>
internal sealed class CSharpTool(IsolatedScriptHost scripts) : ITool
{
    public const string Name = "execute_csharp";

    public string Description =>
        """
        {
          "name": "execute_csharp",
          "description": "Compiles and runs C# top-level statements in a fresh sandbox without files and network. Returns what they print.",
          "parameters": { "type": "object", "properties": { "code": { "type": "string" } }, "required": ["code"] }
        }
        """;

    public async Task<string> InvokeAsync(JsonElement arguments, CancellationToken cancellation)
    {
        var options = new IsolatedRuntimeOptions
        {
            MemoryLimit = 64 << 20,
            CallTimeout = TimeSpan.FromSeconds(2),
            Limits = { [IsolatedLimit.Output] = 16 << 10 },
        };
        string code = arguments.GetProperty("code").GetString() ?? string.Empty;
        try
        {
            ScriptResult result = await scripts.RunAsync(code, options: options, cancellation: cancellation);
            string end = result.Error is { } error ? $"failed: {error.Message}" : $"exit code {result.ExitCode}";
            return $"{end}\n{result.StandardOutput}{result.StandardError}".TrimEnd();
        }
        catch (ScriptCompilationException e)
        {
            // What the compiler says is what the model needs to mend its code.
            return $"does not compile:\n{e.Diagnostics}";
        }
        catch (IsolatedException e) when (e.Kind == IsolatedErrorKind.Limit)
        {
            return $"the compiler was stopped: {e.Message}";
        }
    }
}
