using Xunit;

namespace DotNetIsolator.Tests;

public sealed class LogBudgetTests
{
    [Fact]
    public void So_many_lines_are_logged_in_a_second_and_the_next_one_says_how_many_were_not()
    {
        long now = 5000;
        var budget = new LogBudget(3, () => now);
        var lines = new List<LogLine>();
        for (int i = 0; i < 6; i++)
        {
            lines.Add(budget.Take(out long none));
            Assert.Equal(0, none);
            now += 100;
        }

        Assert.Equal([LogLine.Logged, LogLine.Logged, LogLine.Logged, LogLine.FirstDropped, LogLine.Dropped, LogLine.Dropped], lines);
        now += 400;
        Assert.Equal(LogLine.Logged, budget.Take(out long missed));
        Assert.Equal(3, missed);
        Assert.Equal(LogLine.Logged, budget.Take(out missed));
        Assert.Equal(0, missed);
        now += 60_000;
        Assert.Equal(LogLine.Logged, budget.Take(out missed));
        Assert.Equal(0, missed);
    }
}
