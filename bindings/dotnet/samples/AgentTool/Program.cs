// An agent whose model may write and run C#: each piece of code runs in a fresh sandbox, with limits, and sees nothing of this process.
// The model is a scripted one, so that the sample needs no network. Its interface has the shape of an `IChatClient`.
using AgentTool;
using DotNetIsolator;

using var scripts = new IsolatedScriptHost();
var tools = new Dictionary<string, ITool> { [CSharpTool.Name] = new CSharpTool(scripts) };
IChatClient model = new ScriptedModel();

List<ChatMessage> conversation = [new(Role.User, "A basket has items for 12.50, 30 and 7.25 francs. What do they cost with 8.1 % tax, in whole rappen?")];
Print(conversation[0]);
const int MostTurns = 8;
for (int turn = 0; turn < MostTurns; turn++)
{
    ChatMessage answer = await model.GetResponseAsync(conversation, tools.Values);
    Add(answer);
    if (answer.Calls.Count == 0)
    {
        break;
    }

    foreach (ToolCall call in answer.Calls)
    {
        string result = tools.TryGetValue(call.Name, out ITool? tool)
            ? await tool.InvokeAsync(call.Arguments, CancellationToken.None)
            : $"there is no tool {call.Name}";
        Add(new ChatMessage(Role.Tool, result));
    }
}

void Add(ChatMessage message)
{
    conversation.Add(message);
    Print(message);
}

static void Print(ChatMessage message)
{
    Console.WriteLine($"{message.Role}: {message.Text}");
    foreach (ToolCall call in message.Calls)
    {
        Console.WriteLine($"  {call.Name}: {call.Arguments.GetProperty("code").GetString()}");
    }
}
