using System.Globalization;

namespace Bench.Library;

/// <summary>Dates and times.</summary>
internal static class Times
{
    public static double Texts()
    {
        DateTime start = new(2024, 1, 1, 8, 30, 0, DateTimeKind.Utc);
        long sum = 0;
        for (int i = 0; i < 600; i++)
        {
            DateTime time = start.AddHours(i * 7);
            string round = time.ToString("O", CultureInfo.InvariantCulture);
            sum += DateTime.Parse(round, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind).Hour;
            string custom = time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            sum += DateTime.ParseExact(custom, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture).Day;
            sum += time.ToString(CultureInfo.InvariantCulture).Length + time.ToString("D", CultureInfo.InvariantCulture).Length;
            sum += DateTime.TryParse(custom, CultureInfo.InvariantCulture, out DateTime read) ? read.Month : 0;
        }

        return sum;
    }

    public static double Arithmetic()
    {
        DateTime time = new(2024, 2, 28);
        DateTimeOffset offset = new(time, TimeSpan.FromHours(2));
        double sum = 0;
        for (int i = 0; i < 4000; i++)
        {
            time = time.AddDays(1).AddMinutes(7);
            sum += (time - DateTime.UnixEpoch).TotalDays + time.DayOfYear + (int)time.DayOfWeek + time.Month + DateTime.DaysInMonth(time.Year, time.Month);
            sum += time.AddMonths(i % 12).Day + (time > offset ? 1 : 0) + (DateTime.IsLeapYear(time.Year) ? 1 : 0);
        }

        return Math.Round(sum, 2);
    }

    public static double Spans()
    {
        double sum = 0;
        for (int i = 0; i < 1200; i++)
        {
            TimeSpan span = TimeSpan.FromSeconds(i * 977);
            string text = span.ToString();
            sum += TimeSpan.Parse(text, CultureInfo.InvariantCulture).TotalMinutes + span.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture).Length + (span + TimeSpan.FromHours(1)).Hours;
        }

        return Math.Round(sum, 2);
    }

    public static double Days()
    {
        DateOnly day = new(2024, 1, 31);
        TimeOnly time = new(8, 0);
        long sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            day = day.AddDays(1);
            time = time.AddMinutes(17);
            sum += day.DayNumber + DateOnly.Parse(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Day + time.ToString("HH:mm", CultureInfo.InvariantCulture).Length + time.Hour;
        }

        return sum;
    }
}
