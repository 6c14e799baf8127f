// The text in "Standard input" is what it reads.
var total = 0;
while (Console.ReadLine() is { } line)
{
    if (line.Split(' ') is not [var name, var number] || !int.TryParse(number, out var count))
    {
        Console.Error.WriteLine($"not understood: {line}");
        continue;
    }
    Console.WriteLine($"{name,-8}{count,4}");
    total += count;
}
Console.WriteLine($"{"total",-8}{total,4}");
return total > 0 ? 0 : 1;
