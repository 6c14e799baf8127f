#pragma warning disable CA2208 // Exceptions are values here, and nobody throws them.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DotNetIsolator.Tests.RealCopies;

/// <summary>.NET's own types that are no collections.</summary>
internal static class FrameworkShapes
{
    internal const string Patched = "its insides are .NET's own, which a guest may not fill";

    public static void AddTo(Shapes all)
    {
        all.Add("Version", () => new Version(1, 2, 3, 4));
        all.Add("Version of two", () => new Version(1, 2));
        all.Add("Uri", () => new Uri("https://example.org/a%20b?c=d#e"));
        all.Add("Uri relative", () => new Uri("../a b", UriKind.Relative));
        all.Add("Type", () => typeof(Dictionary<string, ClassShapes.Person>));
        all.Add("CultureInfo invariant", () => CultureInfo.InvariantCulture);
        all.Add("TimeZoneInfo utc", () => TimeZoneInfo.Utc);
        all.Add("Regex", () => new Regex("^(?<year>\\d+)-x", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(3)));
        all.Add("Encoding", () => Encoding.UTF8);
        all.Add("Encoding latin", () => Encoding.Latin1);
        all.Add("IPAddress", () => IPAddress.Parse("10.1.2.3"));
        all.Add("IPAddress of version 6", () => IPAddress.Parse("fe80::1%3"));
        all.Add("IPEndPoint", () => new IPEndPoint(IPAddress.Loopback, 8080));
        all.AddInwards("JsonNode", Patched, () => JsonNode.Parse("{\"a\":[1,2.50,null],\"b\":\"\\u00e4\"}")!);
        all.AddInwards("JsonElement", Patched, () => JsonSerializer.Deserialize<JsonElement>("{\"a\":[1,2.50,null]}"));
        all.Add("Tuple", () => Tuple.Create(1, "a", 2.5));
        all.Add("Tuple of nine", () => new Tuple<int, int, int, int, int, int, int, Tuple<int, string>>(1, 2, 3, 4, 5, 6, 7, Tuple.Create(8, "nine")));
        all.Add("Lazy made", () => Made(new Lazy<string>(() => "lazy")));
        all.Add("Lazy of a value", () => new Lazy<int>(5));
        all.Add("Memory", () => new HasMemory { Numbers = new[] { 1, 2, 3 }, Bytes = "abc"u8.ToArray() });
        all.Add("Exception", () => new InvalidOperationException("what", new ArgumentException("why", "name")));
        all.Add("Exception as Exception", () => (Exception)new InvalidOperationException("what"));
        all.Add("Exception of the application", () => new OwnException("what", 5) { Detail = "d" });
        all.Add("Exception with data", () => new OwnException("what", 5) { Data = { ["key"] = "value" } });
        all.Add("AggregateException", () => new AggregateException("all", new InvalidOperationException("one"), new OwnException("two", 2)));
        all.Add("ArgumentOutOfRangeException", () => new ArgumentOutOfRangeException("name", 5, "too much"));
        all.Add("StringBuilder empty", () => new StringBuilder());
        all.Add("StringBuilder long", () => new StringBuilder().Append('a', 20_000).Append("b\ud800"));
        all.Add("WeakReference", () => Weak());
        all.Add("EventArgs", () => new OwnArgs(5));
        all.Add("Random with a seed", () => new HasRandom(7));
        all.Add("HashCode and CancellationToken none", () => new HasToken { Token = CancellationToken.None, N = 3 });
        all.Add("StringComparison", () => (StringComparison.OrdinalIgnoreCase, CompareOptions.IgnoreCase));
        all.AddInwards("NumberFormatInfo", Patched, () => new NumberFormatInfo { NumberDecimalSeparator = "#", CurrencySymbol = "CHF" });
        all.Add("Progress of a tuple with names", () => (Done: 5, Total: 10L, Note: "n"));
        all.Add("System.Drawing", () => (new System.Drawing.Point(1, 2), new System.Drawing.RectangleF(1, 2, 3, 4), System.Drawing.Color.Tomato));
        all.Add("DBNull", () => (object)DBNull.Value);
        all.AddInwards("Stopwatch", Patched, () => new System.Diagnostics.Stopwatch());
        all.AddInwards("UriBuilder", Patched, () => new UriBuilder("http", "h", 80, "p"));
    }

    private static Lazy<T> Made<T>(Lazy<T> lazy)
    {
        _ = lazy.Value;
        return lazy;
    }

    private static HasWeak Weak()
    {
        var target = new ClassShapes.Person("w", 1);
        return new HasWeak { Strong = target, Weak = new WeakReference<ClassShapes.Person>(target) };
    }

    internal sealed class HasMemory
    {
        public ReadOnlyMemory<int> Numbers;
        public Memory<byte> Bytes;
    }

    internal sealed class OwnException(string message, int code) : Exception(message)
    {
        private readonly int _code = code;

        public string? Detail { get; init; }

        public override string Message => Effects.Note("OwnException.Message", $"{base.Message} {_code}");
    }

    internal sealed class HasWeak
    {
        public ClassShapes.Person? Strong;
        public WeakReference<ClassShapes.Person>? Weak;
    }

    internal sealed class OwnArgs(int n) : EventArgs
    {
        public int N { get; } = Effects.Note("OwnArgs", n + 1);
    }

    internal sealed class HasRandom(int seed)
    {
        private readonly int _seed = seed;

        public int Next() => new Random(_seed).Next();
    }

    internal sealed class HasToken
    {
        public CancellationToken Token;
        public int N;
    }
}
