// A plug-in that does what it should. What makes an assembly a plug-in is a public class of this name.
public static class PlugIn
{
    public static string Handle(string text) => text.ToUpperInvariant();
}
