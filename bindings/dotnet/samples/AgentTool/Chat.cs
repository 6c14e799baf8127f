using System.Text.Json;

namespace AgentTool;

/// <summary>Who says something.</summary>
internal enum Role
{
    User,
    Assistant,
    Tool,
}

/// <summary>What the model wants called.</summary>
internal sealed record ToolCall(string Name, JsonElement Arguments);

/// <summary>One message of a conversation.</summary>
internal sealed record ChatMessage(Role Role, string Text)
{
    /// <summary>What the model wants called before it goes on.</summary>
    public IReadOnlyList<ToolCall> Calls { get; init; } = [];
}

/// <summary>Something that the model may have called.</summary>
internal interface ITool
{
    /// <summary>What the model is told: name, purpose and arguments, as a JSON schema.</summary>
    string Description { get; }

    Task<string> InvokeAsync(JsonElement arguments, CancellationToken cancellation);
}

/// <summary>A model to talk with.</summary>
internal interface IChatClient
{
    Task<ChatMessage> GetResponseAsync(IReadOnlyList<ChatMessage> messages, IEnumerable<ITool> tools, CancellationToken cancellation = default);
}

/// <summary>Plays a model: writes code with a mistake, reads what the compiler says of it, mends it, and answers with what came out.</summary>
internal sealed class ScriptedModel : IChatClient
{
    private const string Wrong = "decimal[] prices = [12.50m, 30m, 7.25m]; Console.WriteLine((int)Math.Round(price.Sum() * 108.1m));";

    public Task<ChatMessage> GetResponseAsync(IReadOnlyList<ChatMessage> messages, IEnumerable<ITool> tools, CancellationToken cancellation = default)
    {
        ChatMessage last = messages[^1];
        return Task.FromResult(last switch
        {
            { Role: Role.User } => Call("I compute that.", Wrong),
            { Text: var text } when text.Contains("The name 'price' does not exist", StringComparison.Ordinal) =>
                Call("The name is prices.", Wrong.Replace("price.Sum", "prices.Sum", StringComparison.Ordinal)),
            { Text: var text } when text.StartsWith("exit code 0", StringComparison.Ordinal) =>
                new ChatMessage(Role.Assistant, $"They cost {text.Split('\n')[1]} rappen."),
            _ => new ChatMessage(Role.Assistant, "I cannot say."),
        });
    }

    private static ChatMessage Call(string text, string code) =>
        new(Role.Assistant, text) { Calls = [new ToolCall(CSharpTool.Name, JsonSerializer.SerializeToElement(new { code }))] };
}
