// Compiles and runs C# with the compiler that came with the package, without any setting.
using DotNetIsolator;

IsolatedScriptHost scripts;
try
{
    scripts = new IsolatedScriptHost();
}
catch (IsolatedException e)
{
    Console.WriteLine(e.Message);
    return;
}

using (scripts)
{
    Console.WriteLine($"sum {scripts.Evaluate<int>("numbers.Sum() * 2", new { numbers = new[] { 1, 2, 3 } })}");
    Console.Write(scripts.Run("""Console.WriteLine($"hello {args[0]}");""", ["packages"]).StandardOutput);
    Console.WriteLine(scripts.Check("int x = wrong;"));
}
