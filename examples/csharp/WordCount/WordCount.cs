// A plug-in that remembers: statics live as long as the plug-in's own runtime.
public static class PlugIn
{
    private static readonly Dictionary<string, int> s_seen = [];

    public static string Handle(string text)
    {
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            s_seen[word] = s_seen.GetValueOrDefault(word) + 1;
        }

        return $"{s_seen.Values.Sum()} words so far, {s_seen.Count} different ones";
    }
}
