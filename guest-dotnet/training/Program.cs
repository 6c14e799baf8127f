// Training.dll [--list] [--verbose] [PART…]: runs the parts of these names (`strings*`: that begin so), or all, and prints a checksum of each.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;

namespace Training;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        bool verbose = args.Contains("--verbose");
        string[] wanted = [.. args.Where(arg => !arg.StartsWith("--", StringComparison.Ordinal))];
        int failed = 0, ran = 0;
        foreach ((string name, Func<Checksum, Task> run) in Parts.All())
        {
            if (wanted.Length > 0 && !wanted.Any(part => part.EndsWith('*') ? name.StartsWith(part[..^1], StringComparison.Ordinal) : name == part))
            {
                continue;
            }

            if (args.Contains("--list"))
            {
                Console.WriteLine(name);
                continue;
            }

            ran++;
            failed += await RunAsync(name, run, verbose) ? 0 : 1;
        }

        if (args.Contains("--list"))
        {
            return 0;
        }

        if (failed > 0)
        {
            Console.Error.WriteLine($"{failed} of {ran} parts failed");
        }

        Profile.Finish();
        return failed > 0 || ran == 0 ? 1 : 0;
    }

    /// <summary>A part that fails is told, and does not keep the others from running.</summary>
    private static async Task<bool> RunAsync(string name, Func<Checksum, Task> run, bool verbose)
    {
        Checksum sum = new(verbose);
        try
        {
            await run(sum);
            Console.WriteLine($"{name} {sum} of {sum.Count}");
            return true;
        }
        catch (Exception e)
        {
            Console.WriteLine($"{name} failed after {sum.Count}: {e.GetType()}");
            Console.Error.WriteLine($"{name}: {e}");
            return false;
        }
        finally
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        }
    }
}
