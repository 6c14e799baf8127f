// Stop ends it, and so does the limit of time.
var number = 0L;
while (true)
{
    number++;
    if (number % 10_000_000 == 0)
        Console.WriteLine($"{number:N0}");
}
