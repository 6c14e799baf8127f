using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Bench.Library;

/// <summary>JSON, XML and streams.</summary>
internal static class Data
{
    private static readonly string s_json = "[" + string.Join(',', Enumerable.Range(0, 150).Select(i => $$"""{"id":{{i}},"name":"n{{i}}","tags":["a","b"],"price":{{i}}.5,"on":true}""")) + "]";

    public static double Documents()
    {
        double sum = 0;
        using JsonDocument document = JsonDocument.Parse(s_json);
        foreach (JsonElement item in document.RootElement.EnumerateArray())
        {
            sum += item.GetProperty("id").GetInt32() + item.GetProperty("name").GetString()!.Length + item.GetProperty("price").GetDouble() + item.GetProperty("tags").GetArrayLength();
        }

        JsonArray nodes = JsonNode.Parse(s_json)!.AsArray();
        foreach (JsonNode? node in nodes)
        {
            node!["name"] = "changed";
            sum += (int)node["id"]!;
        }

        return sum + nodes.ToJsonString().Length;
    }

    private sealed class Settings
    {
        public string Name { get; set; } = "name";

        public int Count { get; set; } = 5;

        public Dictionary<string, double> Values { get; set; } = new() { ["a"] = 1.5, ["b"] = 2 };

        public List<string> Tags { get; set; } = ["x", "y"];

        public DateTime? At { get; set; } = DateTime.UnixEpoch;
    }

    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static double Objects()
    {
        long sum = 0;
        for (int i = 0; i < 100; i++)
        {
            string text = JsonSerializer.Serialize(new Settings { Count = i }, s_options);
            Settings read = JsonSerializer.Deserialize<Settings>(text, s_options)!;
            sum += text.Length + read.Count + read.Values.Count + read.Tags.Count;
        }

        return sum;
    }

    public static double Xml()
    {
        XElement root = new("items", Enumerable.Range(0, 150).Select(i => new XElement("item", new XAttribute("id", i), new XElement("name", "n" + i), i * 0.5)));
        XDocument read = XDocument.Parse(root.ToString());
        return read.Descendants("item").Where(item => (int)item.Attribute("id")! % 2 == 0).Sum(item => item.Element("name")!.Value.Length) + root.ToString().Length;
    }

    public static double Streams()
    {
        using MemoryStream memory = new();
        using (StreamWriter writer = new(memory, new UTF8Encoding(false), leaveOpen: true))
        {
            for (int i = 0; i < 1000; i++)
            {
                writer.WriteLine("row;" + i + ";text");
            }
        }

        memory.Position = 0;
        long sum = 0;
        using StreamReader reader = new(memory);
        while (reader.ReadLine() is { } line)
        {
            sum += line.Split(';')[1].Length;
        }

        StringReader texts = new("a\nb\nc");
        while (texts.ReadLine() is { } line)
        {
            sum += line.Length;
        }

        using BinaryWriter binary = new(new MemoryStream());
        for (int i = 0; i < 1000; i++)
        {
            binary.Write(i);
            binary.Write(i * 0.5);
            binary.Write("s");
        }

        return sum + binary.BaseStream.Length;
    }
}
