// What this machine has is not there, unless the command line granted it.
Try("read a file", () => File.ReadAllText("/etc/passwd").Length);
Try("list the root", () => Directory.GetFileSystemEntries("/").Length);
Try("read the environment", () => Environment.GetEnvironmentVariables().Count);
Try("start a process", () => System.Diagnostics.Process.Start("ls").Id);
Try("write a temporary file", () =>
{
    File.WriteAllText("/tmp/note", "it is in this sandbox's memory");
    return File.ReadAllText("/tmp/note").Length;
});

static void Try<T>(string what, Func<T> action)
{
    try
    {
        Console.WriteLine($"{what}: {action()}");
    }
    catch (Exception exception)
    {
        Console.WriteLine($"{what}: {exception.GetType().Name}");
    }
}
