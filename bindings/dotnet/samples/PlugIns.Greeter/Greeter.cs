namespace Greetings;

public sealed class Greeter(string language)
{
    private int _greeted;

    public string Greet(string name)
    {
        _greeted++;
        return language switch
        {
            "fr" => $"Bonjour, {name}",
            "de" => $"Guten Tag, {name}",
            _ => $"Hello, {name}",
        };
    }

    public int Greeted() => _greeted;

    // What a plug-in should not get at.
    public string Snoop() => Directory.Exists("/home") ? "I see your files" : "I see nothing";
}
