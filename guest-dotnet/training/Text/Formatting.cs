using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Training.Text;

/// <summary>Values as text: composite formats, interpolation, cultures.</summary>
internal static class Formatting
{
    public static void Composite(Checksum sum)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        sum.Add(string.Format(invariant, "{0} {1:N2} {2,10} {3,-8:X}|{{}}", "a", 12345.678, true, 255));
        sum.Add(string.Format(invariant, "{0:d} {0:T} {1:c} {2:P1}", Types.Time(4), TimeSpan.FromSeconds(3723.5), 0.256));
        sum.Add(string.Format("{0}", 5));
        sum.Add(string.Format(invariant, "{0}{1}", null, 'x'));
        CompositeFormat format = CompositeFormat.Parse("{0:000}/{1}");
        sum.Add(string.Format(invariant, format, 7, "b"));
        sum.Add(string.Format(invariant, format, 7.5, 8L));
        sum.Add(string.Format(new Reverser(), "{0} {1}", "abc", 12));
        foreach (object value in new object[] { 1, 2L, 3.5, 4.5f, 5.5m, (byte)6, (short)7, 8u, 9ul, (sbyte)-1, (ushort)2, 'c', true, "s", Types.Id(3), Types.Time(5), TimeSpan.FromHours(30), DayOfWeek.Friday, new Version(1, 2), new DateOnly(2024, 5, 6), new TimeOnly(7, 8, 9), (Half)1.5, (Int128)5 })
        {
            sum.Add(value.ToString());
            sum.Add(Convert.ToString(value, invariant));
            sum.Add((value as IFormattable)?.ToString(null, invariant));
            sum.Add(string.Format(invariant, "[{0,12}]", value));
        }

        foreach (string number in new[] { "C", "D5", "E3", "F2", "G", "N1", "P", "R", "X8", "x", "B8", "0.00", "#,##0.##", "00.0%", "0.###E+0", "(0);-0;zero" })
        {
            sum.AddThrown(() => sum.Add(1234.ToString(number, invariant)));
            sum.AddThrown(() => sum.Add((-1234L).ToString(number, invariant)));
            sum.AddThrown(() => sum.Add(1234.5678.ToString(number, invariant)));
            sum.AddThrown(() => sum.Add(0f.ToString(number, invariant)));
            sum.AddThrown(() => sum.Add(1234.5m.ToString(number, invariant)));
            sum.AddThrown(() => sum.Add(((byte)200).ToString(number, invariant)));
            sum.AddThrown(() => sum.Add(ulong.MaxValue.ToString(number, invariant)));
        }
    }

    public static void Interpolated(Checksum sum)
    {
        int i = 42;
        long l = 1L << 40;
        double d = Math.PI;
        decimal m = 19.99m;
        DateTime t = Types.Time(1);
        string? s = "text";
        object o = 5;
        sum.Add($"{i}");
        sum.Add($"{i}:{l}");
        sum.Add($"{s} {s}");
        sum.Add($"{i,8}|{i,-8}|{i:X}|{i:D6}|{l:N0}");
        sum.Add(string.Create(CultureInfo.InvariantCulture, $"{d} {d:F3} {d,12:E2} {m:C} {m} {(float)d:G4}"));
        sum.Add(string.Create(CultureInfo.InvariantCulture, $"{t:yyyy-MM-dd HH:mm:ss.fff} {t:O} {t.TimeOfDay} {t.Date:d} {TimeSpan.FromDays(1.5)}"));
        sum.Add($"{o} {s} {(string?)null} {'c'} {true} {Types.Id(1)} {DayOfWeek.Monday} {(int?)null} {(1, "x")} {new KeyValuePair<string, int>("k", 1)}");
        sum.Add($"{(byte)1} {(short)2} {3u} {4ul} {(sbyte)5} {(ushort)6} {(nint)7} {(Half)8} {(Int128)9}");
        sum.Add($"{"span".AsSpan()} {"span".AsSpan(),10}");
        sum.Add($"{s}" + $"{s}{i}" + $"a{s}b{i}c{o}d{l}e{d:F1}f");
        FormattableString formattable = $"{i} {d:F2} {s}";
        sum.Add(formattable.ToString(new CultureInfo("de-DE")));
        sum.Add(FormattableString.Invariant($"{d}"));
        sum.Add(formattable.ArgumentCount);
        Span<char> buffer = stackalloc char[64];
        sum.Add(buffer.TryWrite(CultureInfo.InvariantCulture, $"{i} {d:F1} {s}", out int written));
        sum.Add(buffer[..written].ToString());
        Span<byte> bytes = stackalloc byte[64];
        sum.Add(System.Text.Unicode.Utf8.TryWrite(bytes, CultureInfo.InvariantCulture, $"{i} {d:F1} {s}", out written));
        sum.Add(Encoding.UTF8.GetString(bytes[..written]));
        sum.Add(i.TryFormat(buffer, out written, "N0", CultureInfo.InvariantCulture) ? buffer[..written].ToString() : "");
        sum.Add(d.TryFormat(buffer, out written, "F2", CultureInfo.InvariantCulture) ? buffer[..written].ToString() : "");
        sum.Add(m.TryFormat(buffer, out written, "F2", CultureInfo.InvariantCulture) ? buffer[..written].ToString() : "");
        sum.Add(t.TryFormat(buffer, out written, "s", CultureInfo.InvariantCulture) ? buffer[..written].ToString() : "");
        sum.Add(l.TryFormat(bytes, out written, "X", CultureInfo.InvariantCulture) ? Convert.ToHexString(bytes[..written]) : "");
        sum.Add(Types.Id(4).TryFormat(buffer, out written, "N") ? buffer[..written].ToString() : "");
        Console.Error.Flush();
    }

    public static void Cultures(Checksum sum)
    {
        foreach (string name in new[] { "", "en-US", "de-DE", "fr-FR", "ja-JP", "en-GB" })
        {
            CultureInfo culture = CultureInfo.GetCultureInfo(name);
            CultureInfo.CurrentCulture = culture;
            sum.Add($"{1234567.891:N2} {-5:N0} {0.125m:P1}");
            sum.Add(1234.5.ToString("F1"));
            sum.Add(double.Parse("1" + culture.NumberFormat.NumberDecimalSeparator + "5"));
            sum.Add(Types.Time(3).ToString("yyyy MM dd"));
            sum.Add(culture.DateTimeFormat.GetMonthName(3));
            sum.Add(culture.DateTimeFormat.GetAbbreviatedDayName(DayOfWeek.Tuesday));
            sum.Add("İıIi".ToUpper(culture));
            sum.Add("TITLE case".ToLower(culture));
            sum.Add(culture.TextInfo.ToTitleCase("two words"));
            sum.Add(culture.NumberFormat.CurrencySymbol);
            sum.Add(new RegionInfo("US").TwoLetterISORegionName);
            sum.Add(culture.Parent.Name);
            sum.Add(culture.Calendar.GetType().Name);
        }
    }

    private sealed class Reverser : IFormatProvider, ICustomFormatter
    {
        public object? GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : null;

        public string Format(string? format, object? arg, IFormatProvider? formatProvider)
        {
            char[] text = (arg?.ToString() ?? "").ToCharArray();
            Array.Reverse(text);
            return new(text);
        }
    }
}
