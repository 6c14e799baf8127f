// What is written is shown at once, not at the end.
for (var percent = 0; percent <= 100; percent += 10)
{
    Console.WriteLine($"{new string('█', percent / 5).PadRight(20, '·')} {percent,3} %");
    await Task.Delay(150);
}
Console.Error.WriteLine("And this is standard error.");
