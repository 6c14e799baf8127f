// A plug-in that goes wrong in every way that plug-ins do.
public static class PlugIn
{
    private static readonly List<byte[]> s_kept = [];

    public static string Handle(string text)
    {
        switch (text)
        {
            case "throw":
                throw new InvalidOperationException("I do not like this text");
            case "hang":
                while (true)
                {
                }

            case "eat":
                while (true)
                {
                    s_kept.Add(new byte[1 << 20]);
                }

            case "crash":
                Environment.FailFast("nothing makes sense any more");
                return "";
            case "exit":
                Environment.Exit(3);
                return "";
            default:
                return "fine";
        }
    }
}
