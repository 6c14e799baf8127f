using System;
using System.Linq;
using System.Text.RegularExpressions;

namespace Training.Text;

/// <summary>Patterns, in the three ways that they are run.</summary>
internal static partial class RegularExpressions
{
    private const string Log =
        """
        2024-02-28 10:15:30 INFO  [web-1] GET /api/items/42?x=1&y=two 200 12ms user=anna@example.com
        2024-02-28 10:15:31 WARN  [web-2] POST /api/orders 404 7ms user=bob.smith@mail.example.org
        2024-02-29 23:59:59 ERROR [db] "query failed: select * from t where a = 'x'" ip=192.168.10.254
        """;

    private static readonly string[] s_patterns =
    [
        @"\d+", @"\b\w+@[\w.]+\b", @"(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})", @"^\S+", @"\d+ms$", "INFO|WARN|ERROR", "[aeiou]{2,}", @"'[^']*'",
        @"(\w)\1", @"(?<=user=)\S+", @"(?=\d{3})\d", @"(?i)get", @"\[(?:web|db)(?:-\d)?\]", @"""(?:[^""\\]|\\.)*""", @".*?=", @"\p{Lu}+", @"\s+", "a*b+c?", @"(?:\d{1,3}\.){3}\d{1,3}",
    ];

    public static void Interpreted(Checksum sum) => Run(sum, RegexOptions.None);

    public static void Compiled(Checksum sum)
    {
        Run(sum, RegexOptions.Compiled);
        Run(sum, RegexOptions.NonBacktracking);
    }

    public static void Generated(Checksum sum)
    {
        sum.AddAll(Words().Matches(Log).Select(m => m.Value));
        sum.AddAll(Date().Matches(Log).Select(m => m.Groups["month"].Value));
        sum.Add(Mail().Replace(Log, "<$1>"));
        sum.Add(Address().IsMatch(Log));
        sum.AddAll(Blank().Split(Log));
    }

    [GeneratedRegex(@"\b\w{5,}\b")]
    private static partial Regex Words();

    [GeneratedRegex(@"(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})", RegexOptions.CultureInvariant)]
    private static partial Regex Date();

    [GeneratedRegex(@"user=([\w.]+)@\S+", RegexOptions.IgnoreCase)]
    private static partial Regex Mail();

    [GeneratedRegex(@"\b(?:\d{1,3}\.){3}\d{1,3}\b")]
    private static partial Regex Address();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    private static void Run(Checksum sum, RegexOptions options)
    {
        foreach (string pattern in s_patterns)
        {
            Regex regex;
            try
            {
                regex = new(pattern, options | RegexOptions.Multiline, TimeSpan.FromSeconds(30));
            }
            catch (NotSupportedException)
            {
                sum.Add("not without backtracking");
                continue;
            }

            sum.Add(regex.IsMatch(Log));
            sum.Add(regex.Count(Log));
            foreach (Match match in regex.Matches(Log))
            {
                sum.Add($"{match.Index} {match.Length} {match.Value}");
                sum.AddAll(match.Groups.Cast<Group>().Select(g => $"{g.Name}={g.Value} {g.Captures.Count}"));
            }

            sum.Add(regex.Replace(Log, "<$0>"));
            sum.Add(regex.Replace(Log, m => m.Value.ToUpperInvariant(), 2));
            sum.AddAll(regex.Split(Log, 4));
            Match next = regex.Match(Log, 20);
            sum.Add(next.Success ? next.NextMatch().Index : -1);
            foreach (ValueMatch match in regex.EnumerateMatches(Log))
            {
                sum.Add(match.Index);
            }
        }

        Regex named = new(@"(?<key>\w+)=(?<value>\S+)", options);
        sum.Add(named.Replace(Log, "${value}=${key}"));
        sum.AddAll(named.GetGroupNames());
        sum.Add(Regex.IsMatch("abc", "^a.c$", options));
        sum.Add(Regex.Replace("a1b2", @"\d", "#"));
        sum.AddAll(Regex.Split("a1b2c", @"\d"));
        sum.Add(Regex.Escape("a.b*c"));
        sum.AddThrown(() => _ = new Regex("(", options));
    }
}
