using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Threading.Tasks;

namespace Training.Data;

/// <summary>JSON by reflection, source generated, as nodes, and by hand.</summary>
internal static class Json
{
    public static void Reflection(Checksum sum)
    {
        JsonSerializerOptions[] all =
        [
            JsonSerializerOptions.Default,
            JsonSerializerOptions.Web,
            new()
            {
                WriteIndented = true,
                PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
                Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
                NumberHandling = JsonNumberHandling.AllowReadingFromString,
                ReadCommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                PropertyNameCaseInsensitive = true,
            },
            new() { ReferenceHandler = ReferenceHandler.Preserve, IncludeFields = true },
        ];
        foreach (JsonSerializerOptions options in all)
        {
            string text = JsonSerializer.Serialize(Catalog.Sample(), options);
            sum.Add(text);
            Catalog? back = JsonSerializer.Deserialize<Catalog>(text, options);
            sum.Add(JsonSerializer.Serialize(back, options) == text);
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(back, options);
            sum.Add(JsonSerializer.Deserialize<Catalog>(bytes, options)!.Items.Count);
            sum.Add(JsonSerializer.Deserialize(text, typeof(Catalog), options) is Catalog);
            sum.Add(JsonSerializer.SerializeToElement(back, options).GetRawText().Length);
        }

        Both(sum, new List<int> { 1, 2, 3 });
        Both(sum, new[] { 1.5, -2e100 });
        Both(sum, new[] { "a", null, "\u00e4\"\\\n" });
        Both(sum, new Dictionary<string, int> { ["a"] = 1 });
        Both(sum, new Dictionary<int, string> { [1] = "a" });
        Both(sum, new Dictionary<string, object?> { ["n"] = 1, ["s"] = "x", ["l"] = new[] { 1, 2 }, ["d"] = null });
        Both(sum, new Dictionary<Guid, List<decimal>> { [Types.Id(1)] = [1.5m] });
        Both(sum, new HashSet<string> { "x" });
        Both(sum, new Queue<long>([1, 2]));
        Both(sum, (object)"text");
        Both(sum, (int?)5);
        Both(sum, DayOfWeek.Friday);
        Both(sum, new KeyValuePair<string, double>("k", 1.5));
        Both(sum, new Point(1, 2));
        Both(sum, new List<Point> { new(1, 2), new(3, 4) });
        Both(sum, new byte[] { 1, 2, 3 });
        Both<IReadOnlyList<Point>>(sum, [new(5, 6)]);
        Both<Shape>(sum, new Circle { Name = "c", Radius = 2 });
        Both<Shape[]>(sum, [new Circle { Radius = 1 }, new Box { Width = 3 }]);
        Both(sum, (Types.Time(1), "fields").ToTuple());
        sum.Add(JsonSerializer.Serialize(new { Anonymous = 1, Nested = new { List = new[] { 1, 2 } } }));
        foreach (string wrong in new[] { "{", "[1,]", "{\"Id\":\"x\"}", "nul", "", "{\"Id\":1e99}" })
        {
            sum.AddThrown(() => JsonSerializer.Deserialize<Item>(wrong));
        }

        try
        {
            JsonSerializer.Deserialize<Catalog>("{\"Items\":[{\"Id\":1},{\"Id\":true}]}");
        }
        catch (JsonException e)
        {
            sum.Add($"{e.Path} {e.LineNumber} {e.BytePositionInLine}");
        }
    }

    public static void Generated(Checksum sum)
    {
        string text = JsonSerializer.Serialize(Catalog.Sample(), JsonContext.Default.Catalog);
        sum.Add(text);
        Catalog back = JsonSerializer.Deserialize(text, JsonContext.Default.Catalog)!;
        sum.Add(JsonSerializer.Serialize(back, JsonContext.Default.Catalog) == text);
        sum.Add(JsonSerializer.Serialize(back.Items, JsonContext.Default.ListItem));
        sum.Add(JsonSerializer.Deserialize("{\"a\":1,\"b\":2}", JsonContext.Default.DictionaryStringInt32)!["b"]);
        sum.Add(JsonSerializer.Serialize<Shape>(new Circle { Name = "g", Radius = 1 }, JsonContext.Default.Shape));
        JsonSerializerOptions options = new() { TypeInfoResolver = JsonContext.Default };
        sum.Add(JsonSerializer.Deserialize<Point>("{\"X\":1,\"Y\":2}", options));
    }

    public static void Nodes(Checksum sum)
    {
        string text = JsonSerializer.Serialize(Catalog.Sample());
        JsonNode node = JsonNode.Parse(text)!;
        sum.Add((string?)node["Name"]);
        sum.Add(node["Items"]![0]!["Price"]!.GetValue<decimal>());
        node["Added"] = new JsonObject { ["list"] = new JsonArray(1, "two", null, 3.5, true), ["time"] = Types.Time(1), ["id"] = Types.Id(2) };
        node["Items"]!.AsArray().RemoveAt(0);
        node["Items"]!.AsArray().Add(JsonValue.Create(5));
        sum.Add(node.ToJsonString());
        sum.Add(node.DeepClone().ToJsonString(new() { WriteIndented = true }));
        sum.Add(JsonNode.DeepEquals(node, node.DeepClone()));
        foreach ((string name, JsonNode? value) in node.AsObject())
        {
            sum.Add($"{name}: {value?.GetValueKind()} {value?.GetPath()}");
        }

        sum.Add(node["Added"].Deserialize<Dictionary<string, object>>()!.Count);
        using JsonDocument document = JsonDocument.Parse(text, new() { AllowTrailingCommas = true });
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            sum.Add($"{property.Name} {property.Value.ValueKind} {property.Value}");
        }

        JsonElement items = document.RootElement.GetProperty("Items");
        foreach (JsonElement item in items.EnumerateArray())
        {
            sum.Add(item.GetProperty("Id").GetInt32());
            sum.Add(item.GetProperty("Price").GetDecimal());
            sum.Add(item.GetProperty("Weight").GetDouble());
            sum.Add(item.GetProperty("Name").GetString());
            sum.Add(item.GetProperty("At").GetDateTime());
            sum.Add(item.GetProperty("Key").GetGuid());
            sum.Add(item.TryGetProperty("None", out _));
        }

        sum.Add(items.GetArrayLength() + items[0].GetRawText().Length);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartArray();
            document.WriteTo(writer);
            node.WriteTo(writer);
            writer.WriteEndArray();
        }

        sum.Add(stream.Length);
    }

    public static void LowLevel(Checksum sum)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new() { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("s", "text ä <>");
            writer.WriteNumber("i", 1);
            writer.WriteNumber("l", 1L << 50);
            writer.WriteNumber("d", 2.5);
            writer.WriteNumber("f", 2.5f);
            writer.WriteNumber("m", 2.50m);
            writer.WriteBoolean("b", true);
            writer.WriteNull("n");
            writer.WriteString("t", Types.Time(1));
            writer.WriteString("g", Types.Id(1));
            writer.WriteBase64String("x", [1, 2, 3]);
            writer.WriteStartArray("a");
            writer.WriteNumberValue(1);
            writer.WriteStringValue("v"u8);
            writer.WriteBooleanValue(false);
            writer.WriteNullValue();
            writer.WriteRawValue("[1,2]");
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        byte[] bytes = stream.ToArray();
        sum.Add(Encoding.UTF8.GetString(bytes));
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Allow });
        while (reader.Read())
        {
            sum.Add(reader.TokenType);
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    sum.Add(reader.GetString());
                    sum.Add(reader.ValueTextEquals("i"));
                    break;
                case JsonTokenType.String:
                    sum.Add(reader.GetString());
                    sum.Add(reader.TryGetDateTime(out _) || reader.TryGetGuid(out _));
                    break;
                case JsonTokenType.Number:
                    sum.Add(reader.GetDouble());
                    sum.Add(reader.TryGetInt32(out int i) ? i : -1);
                    sum.Add(reader.TryGetInt64(out long l) ? l : -1);
                    sum.Add(reader.GetDecimal());
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    sum.Add(reader.GetBoolean());
                    break;
                case JsonTokenType.StartArray:
                    reader.Skip();
                    break;
            }
        }

        sum.Add(JsonEncodedText.Encode("a<b").ToString());
    }

    public static void Converters(Checksum sum)
    {
        JsonSerializerOptions options = new() { Converters = { new PointConverter(), new DoubleConverter() } };
        string text = JsonSerializer.Serialize(new Dictionary<string, List<Point>> { ["p"] = [new(1, 2)] }, options);
        sum.Add(text);
        sum.Add(JsonSerializer.Deserialize<Dictionary<string, List<Point>>>(text, options)!["p"][0]);
        sum.Add(JsonSerializer.Serialize(new[] { 1.25, 2 }, options));
        sum.Add(JsonSerializer.Deserialize<double[]>("[\"1.5\"]", options)![0]);
        JsonSerializerOptions changed = new()
        {
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver
            {
                Modifiers = { info => info.Properties.Where(p => p.Name == "Y").ToList().ForEach(p => p.Name = "why") },
            },
        };
        sum.Add(JsonSerializer.Serialize(new Point(1, 2), changed));
    }

    public static async Task Asynchronous(Checksum sum)
    {
        using MemoryStream stream = new();
        await JsonSerializer.SerializeAsync(stream, Catalog.Sample());
        stream.Position = 0;
        Catalog? back = await JsonSerializer.DeserializeAsync<Catalog>(stream);
        sum.Add(back!.Items.Count);
        stream.Position = 0;
        using JsonDocument document = await JsonDocument.ParseAsync(stream);
        sum.Add(document.RootElement.GetProperty("Items").GetArrayLength());
        using MemoryStream numbers = new("[1,2,3,4]"u8.ToArray());
        await foreach (int number in JsonSerializer.DeserializeAsyncEnumerable<int>(numbers))
        {
            sum.Add(number);
        }

        using MemoryStream points = new();
        await JsonSerializer.SerializeAsync(points, Points());
        sum.Add(Encoding.UTF8.GetString(points.ToArray()));

        static async IAsyncEnumerable<Point> Points()
        {
            for (int i = 0; i < 3; i++)
            {
                await Task.Yield();
                yield return new(i, i * 2);
            }
        }
    }

    private static void Both<T>(Checksum sum, T value)
    {
        string text = JsonSerializer.Serialize(value);
        sum.Add(text);
        sum.Add(JsonSerializer.Serialize(JsonSerializer.Deserialize<T>(text)) == text);
    }

    private sealed class PointConverter : JsonConverter<Point>
    {
        public override Point Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string[] parts = reader.GetString()!.Split(',');
            return new(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        public override void Write(Utf8JsonWriter writer, Point value, JsonSerializerOptions options) => writer.WriteStringValue($"{value.X},{value.Y}");
    }

    private sealed class DoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => double.Parse(reader.GetString()!, CultureInfo.InvariantCulture);

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString("F2", CultureInfo.InvariantCulture));
    }
}
