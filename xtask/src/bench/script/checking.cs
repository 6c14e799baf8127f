// Checks files one after the other, and prints how many milliseconds each took.
using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

string[] usings = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];
var always = CSharpSyntaxTree.ParseText(string.Concat(usings.Select(name => $"global using {name};")));
var references = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System.*.dll")
    .Where(file => !file.Contains("Native"))
    .Select(file => MetadataReference.CreateFromFile(file));
// As in the sandbox: on one thread.
var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, concurrentBuild: false);
var empty = CSharpCompilation.Create("checked", [always], references, options);
for (int number = 0; number < int.Parse(args[1]); number++)
{
    string text = File.ReadAllText(Path.Combine(args[0], $"{number}.txt"));
    var watch = Stopwatch.StartNew();
    var told = empty.AddSyntaxTrees(CSharpSyntaxTree.ParseText(text)).GetDiagnostics();
    double took = watch.Elapsed.TotalMilliseconds;
    int errors = told.Count(one => one.Severity == DiagnosticSeverity.Error);
    if (errors != int.Parse(args[2]))
    {
        Console.Error.WriteLine($"{errors} errors: {string.Join("; ", told.Take(20))}");
        return 1;
    }
    Console.WriteLine(took.ToString(CultureInfo.InvariantCulture));
}
return 0;
