using System.Linq
namespace Some.Where;
public class Half
{
    private readonly Dictionary<string, int> _counts = new()
    public int Count(string name => _counts[name;
    public void Add(string name, int by = )
    {
        if (_counts.TryGetValue(name, out var before)
        {
            _counts[name] = before + by
        }
        else
            _counts.Add(name by);
        for (int i = 0; i < 10; i++
            Console.WriteLine($"{i} {name");
        var x = new { A = 1, B };
        switch (x) { case { A: 1, : break; default }
        return
    }
    public string Text => """
        raw
        """ + 'ab' + @"verbatim;
