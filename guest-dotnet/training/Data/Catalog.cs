using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Serialization;

namespace Training.Data;

/// <summary>What is serialized: every type of member that is usual.</summary>
public sealed class Catalog
{
    public string Name { get; set; } = "";

    public List<Item> Items { get; set; } = [];

    public Dictionary<string, Item> ByName { get; set; } = [];

    public Dictionary<string, int> Counts { get; set; } = [];

    public string[] Tags { get; set; } = [];

    public Item? None { get; set; }

    public static Catalog Sample() => new()
    {
        Name = "catalog \u00e4 \"quoted\"",
        Items = [.. Enumerable.Range(0, 5).Select(Item.Sample)],
        ByName = { ["one"] = Item.Sample(1) },
        Counts = { ["a"] = 1, ["b"] = 2 },
        Tags = ["x", "y"],
    };
}

/// <summary>A member of each base type.</summary>
public sealed class Item
{
    public int Id { get; set; }

    public string? Name { get; set; }

    public bool Active { get; set; }

    public byte Level { get; set; }

    public short Small { get; set; }

    public long Large { get; set; }

    public ulong Unsigned { get; set; }

    public float Ratio { get; set; }

    public double Weight { get; set; }

    public decimal Price { get; set; }

    public char Letter { get; set; }

    public Guid Key { get; set; }

    public DateTime At { get; set; }

    public DateTimeOffset With { get; set; }

    public DateOnly Day { get; set; }

    public TimeSpan Span { get; set; }

    public DayOfWeek Weekday { get; set; }

    public int? Perhaps { get; set; }

    public double? Never { get; set; }

    public Point Place { get; set; }

    public List<string> Words { get; set; } = [];

    public int[] Numbers { get; set; } = [];

    [JsonPropertyName("renamed")]
    public string Other { get; set; } = "";

    [JsonIgnore]
    public int Hidden { get; set; }

    public static Item Sample(int i) => new()
    {
        Id = i,
        Name = Types.Text(i),
        Active = i % 2 == 0,
        Level = (byte)i,
        Small = (short)-i,
        Large = Types.Long(i),
        Unsigned = ulong.MaxValue - (ulong)i,
        Ratio = i / 2f,
        Weight = Types.Double(i),
        Price = i / 4m,
        Letter = (char)('a' + i),
        Key = Types.Id(i),
        At = Types.Time(i),
        With = new(Types.Time(i)),
        Day = DateOnly.FromDateTime(Types.Time(i)),
        Span = TimeSpan.FromMinutes(i),
        Weekday = (DayOfWeek)(i % 7),
        Perhaps = i,
        Place = new(i, -i),
        Words = ["a", "b" + i],
        Numbers = [i, i + 1],
        Other = "o",
    };
}

/// <summary>A small value.</summary>
public readonly record struct Point(int X, int Y);

/// <summary>One of several kinds.</summary>
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Box), "box")]
public abstract class Shape
{
    public string? Name { get; set; }
}

/// <summary>The first kind.</summary>
public sealed class Circle : Shape
{
    public double Radius { get; set; }
}

/// <summary>The second kind.</summary>
public sealed class Box : Shape
{
    public int Width { get; init; }
}

/// <summary>What the generator makes.</summary>
[JsonSerializable(typeof(Catalog))]
[JsonSerializable(typeof(List<Item>))]
[JsonSerializable(typeof(Dictionary<string, int>))]
[JsonSerializable(typeof(Shape))]
[JsonSerializable(typeof(Point))]
internal sealed partial class JsonContext : JsonSerializerContext
{
}
