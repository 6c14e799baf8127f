using System;
using System.Globalization;
using System.Linq;

namespace Training.Numbers;

/// <summary>Dates, times and zones.</summary>
internal static class Dates
{
    public static void Times(Checksum sum)
    {
        DateTime time = new(2024, 2, 29, 13, 14, 15, 167, DateTimeKind.Utc);
        sum.Add(time.AddYears(1).AddMonths(-3).AddDays(40).AddHours(5).AddMinutes(-7).AddSeconds(9).AddMilliseconds(1.5).AddTicks(3));
        sum.Add($"{time.Year} {time.Month} {time.Day} {time.Hour} {time.Minute} {time.Second} {time.Millisecond} {time.DayOfWeek} {time.DayOfYear} {time.Ticks} {time.Kind}");
        sum.Add((time - new DateTime(2000, 1, 1)).TotalDays);
        sum.Add(time - TimeSpan.FromHours(3) < time && time.Date != time);
        sum.Add(DateTime.DaysInMonth(2023, 2) + (DateTime.IsLeapYear(2000) ? 1 : 0) + DateTime.Compare(time, DateTime.UnixEpoch));
        sum.Add(DateTime.SpecifyKind(time, DateTimeKind.Unspecified).ToUniversalTime().Kind);
        sum.Add(DateTime.FromBinary(time.ToBinary()) == time && DateTime.FromFileTimeUtc(time.ToFileTimeUtc()) == time);
        DateTimeOffset offset = new(2024, 3, 1, 2, 3, 4, TimeSpan.FromHours(5.5));
        sum.Add(offset.ToUniversalTime());
        sum.Add(offset.ToUnixTimeMilliseconds() + DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).Year);
        sum.Add(offset.ToOffset(TimeSpan.FromHours(-3)).AddDays(1).Subtract(TimeSpan.FromMinutes(1)));
        sum.Add(offset.CompareTo(time) + (offset.Equals(offset.ToUniversalTime()) ? 1 : 0) + offset.Offset.Hours);
        TimeSpan span = new(1, 2, 3, 4, 5);
        sum.Add($"{span} {span.TotalHours:F3} {span.Days} {span * 2} {span / 3} {-span} {span.Duration()} {TimeSpan.FromMinutes(1.5)} {TimeSpan.Parse("1.02:03:04.5")}");
        sum.Add(span.ToString(@"d\.hh\:mm\:ss\.ff") + span.ToString("c") + span.ToString("g", CultureInfo.InvariantCulture) + span.ToString("G", CultureInfo.InvariantCulture));
        sum.Add(TimeSpan.TryParseExact("01:02", @"hh\:mm", CultureInfo.InvariantCulture, out span) ? span : default);
        DateOnly day = new(2024, 12, 31);
        sum.Add($"{day.AddDays(1):O} {day.AddMonths(2):yyyy/MM/dd} {day.DayNumber} {day.ToDateTime(new TimeOnly(1, 2)):s} {DateOnly.FromDateTime(time):R}");
        sum.Add(DateOnly.ParseExact("2024-01-02", "yyyy-MM-dd", CultureInfo.InvariantCulture) < day);
        TimeOnly clock = new(23, 30);
        sum.Add($"{clock.AddHours(2):HH:mm} {clock.Add(TimeSpan.FromMinutes(45)):O} {clock.IsBetween(new(22, 0), new(1, 0))} {TimeOnly.Parse("05:06:07", CultureInfo.InvariantCulture):T}");
        sum.AddThrown(() => _ = new DateTime(2023, 2, 29));
        sum.AddThrown(() => DateTime.MaxValue.AddDays(1));
        Calendar calendar = new GregorianCalendar();
        sum.Add(calendar.GetWeekOfYear(time, CalendarWeekRule.FirstFourDayWeek, DayOfWeek.Monday) + ISOWeek.GetWeekOfYear(time));
        sum.Add(new JulianCalendar().GetDayOfMonth(time) + new HebrewCalendar().GetYear(time) + new PersianCalendar().GetMonth(time));
        sum.Add(DateTime.UtcNow.Year > 2000 && DateTimeOffset.UtcNow.Year > 2000 && DateTime.Now.Year > 2000 && DateTime.Today.Year > 2000 && Environment.TickCount64 >= 0);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        watch.Stop();
        sum.Add(watch.Elapsed < TimeSpan.FromHours(1) && watch.ElapsedMilliseconds < 1_000_000);
        sum.Add(TimeProvider.System.GetUtcNow().Year > 2000 && TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp()) >= TimeSpan.Zero);
    }

    public static void Formats(Checksum sum)
    {
        DateTime time = new(2024, 2, 9, 3, 4, 5, 678, DateTimeKind.Utc);
        DateTimeOffset offset = new(2024, 2, 9, 3, 4, 5, TimeSpan.FromHours(-4));
        foreach (string culture in new[] { "", "en-US", "de-DE" })
        {
            CultureInfo info = CultureInfo.GetCultureInfo(culture);
            foreach (string format in new[] { "O", "s", "u", "R", "yyyy-MM-dd", "dd.MM.yy", "HH:mm:ss.fff", "dddd, d MMMM yyyy", "ddd MMM", "yyyyMMddTHHmmssZ", "%d", "h:m:s" })
            {
                string text = time.ToString(format, info);
                sum.Add(text);
                sum.Add(offset.ToString(format, info));
                sum.Add(DateTime.TryParse(text, info, DateTimeStyles.RoundtripKind, out DateTime parsed) && parsed.Year == 2024);
                sum.Add(DateTime.TryParseExact(text, format, info, DateTimeStyles.None, out parsed) && parsed.Month == 2);
                sum.Add(DateTimeOffset.TryParse(text, info, DateTimeStyles.AssumeUniversal, out DateTimeOffset parsedOffset) && parsedOffset.Day == 9);
            }

            if (culture.Length == 0)
            {
                foreach (string format in new[] { "d", "D", "t", "T", "f", "F", "g", "G", "m", "y" })
                {
                    sum.Add(time.ToString(format, info));
                }
            }
        }

        foreach (string text in new[] { "2024-02-09", "2024-02-09T03:04:05Z", "2024-02-09T03:04:05+02:00", "02/09/2024 13:14", "Fri, 09 Feb 2024 03:04:05 GMT", "9 February 2024", "x" })
        {
            sum.AddThrown(() => sum.Add(DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)));
            sum.AddThrown(() => sum.Add(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));
        }

        sum.Add(DateTime.ParseExact("09/02/2024", ["yyyy", "dd/MM/yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None));
    }

    public static void Zones(Checksum sum)
    {
        DateTime time = new(2024, 7, 1, 12, 0, 0, DateTimeKind.Utc);
        foreach (string name in new[] { "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney" })
        {
            TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            for (int month = 0; month < 12; month += 3)
            {
                DateTime at = time.AddMonths(month);
                DateTime local = TimeZoneInfo.ConvertTimeFromUtc(at, zone);
                sum.Add(local);
                sum.Add(zone.GetUtcOffset(at));
                sum.Add(zone.IsDaylightSavingTime(at));
                sum.Add(TimeZoneInfo.ConvertTimeToUtc(local, zone));
                sum.Add(TimeZoneInfo.ConvertTime(new DateTimeOffset(at), zone));
            }

            sum.Add(zone.IsInvalidTime(new DateTime(2024, 3, 31, 2, 30, 0)));
            sum.Add(zone.IsAmbiguousTime(new DateTime(2024, 10, 27, 2, 30, 0)));
            sum.Add(zone.BaseUtcOffset);
        }

        TimeZoneInfo own = TimeZoneInfo.CreateCustomTimeZone("own", TimeSpan.FromHours(2), "own", "own");
        sum.Add(TimeZoneInfo.ConvertTime(time, own));
        sum.Add(TimeZoneInfo.Local.GetUtcOffset(time) >= TimeSpan.FromHours(-14));
        sum.Add(TimeZoneInfo.TryFindSystemTimeZoneById("No/Where", out _));
        sum.Add(TimeZoneInfo.GetSystemTimeZones().Count(z => z.Id == "Europe/Paris"));
    }
}
