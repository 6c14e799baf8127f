using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace DotNetIsolator.Tests;

/// <summary>The samples, run as programs of their own: what they print is what a user sees.</summary>
public sealed class SampleTests
{
    private static readonly string[] Samples =
        typeof(SampleTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Samples").Value!.Split(';');

    [Fact]
    public void Environment_info()
    {
        string output = Run("EnvironmentInfo");
        string[] lines = output.Split('\n');
        Assert.StartsWith($"Here:   {System.Runtime.InteropServices.RuntimeInformation.OSArchitecture}, ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("a PATH, files visible", lines[0], StringComparison.Ordinal);
        Assert.Equal("Inside: Wasm, 0 environment variables, no PATH, files invisible", lines[1]);
        Assert.Equal("Printed from inside, on Wasm", lines[2]);
    }

    [Fact]
    public void State_and_captures() => Assert.Equal(
        """
        The sandbox added 77 years
        inside: counter 1, local 1
        inside: counter 2, local 1
        here:   counter 0, local 0
        another runtime's counter: 0
        left on the account: 70
        refused: Ada has no 1000

        """,
        Run("StateAndCaptures"));

    [Fact]
    public void Plug_ins() => Assert.Equal(
        """
        (the sandbox gets PlugIns.Greeter)
        Bonjour, Ada
        Bonjour, Alan
        It greeted 2 people. I see nothing.
        Could not load assembly 'PlugIns.Missing'

        """,
        Run("PlugIns"));

    [Fact]
    public void Callbacks() => Assert.Equal(
        """
        the guest says: 123 + 456 = 579
        the guest says: lamps: 3
        the guest says: Call to host failed: The call failed. See host console logs for details.
        the guest's clock is right

        """,
        Run("Callbacks"));

    [Fact]
    public void Workflow() => Assert.Equal(
        """
        book ordered: waits
        book ordered, 12.50 paid: waits
        book ordered, 12.50 paid, approved by Ada: book is on its way
        pen ordered: waits
        pen ordered, 12.50 paid: waits
        pen ordered, 12.50 paid, nobody approved it in time: 12.50 go back

        """,
        Run("Workflow"));

    [Fact]
    public void Agent_tool() => Assert.Equal(
        """
        User: A basket has items for 12.50, 30 and 7.25 francs. What do they cost with 8.1 % tax, in whole rappen?
        Assistant: I compute that.
          execute_csharp: decimal[] prices = [12.50m, 30m, 7.25m]; Console.WriteLine((int)Math.Round(price.Sum() * 108.1m));
        Tool: does not compile:
        script.cs(1,76): error CS0103: The name 'price' does not exist in the current context
        Assistant: The name is prices.
          execute_csharp: decimal[] prices = [12.50m, 30m, 7.25m]; Console.WriteLine((int)Math.Round(prices.Sum() * 108.1m));
        Tool: exit code 0
        5378
        Assistant: They cost 5378 rappen.

        """,
        Run("AgentTool"));

    [Fact]
    public void Tenants() => Assert.Equal(
        """
        100 tenants have what is theirs
        tenant 13 is gone (Trap)
        99 tenants go on

        """,
        Run("Tenants"));

    private static string Run(string sample)
    {
        string program = Samples.Single(s => Path.GetFileNameWithoutExtension(s) == sample);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Environment.ProcessPath!, [program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{sample} ended with {process.ExitCode}: {output}{errors.Result}");
        return output.ReplaceLineEndings("\n");
    }
}
