// Its limit of memory is its own: nothing else on this machine gets less.
var kept = new List<byte[]>();
while (true)
{
    kept.Add(new byte[8 << 20]);
    Console.WriteLine($"{kept.Count * 8} MiB");
}
