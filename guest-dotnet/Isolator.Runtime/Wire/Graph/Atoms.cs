using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Objects of .NET's own that cross as a name, a number or a text, and are made by public means.</summary>
internal static class Atoms
{
    /// <summary>The form of a type; null if it has none.</summary>
    public static GraphType? Of(Type type)
    {
        if (typeof(Type).IsAssignableFrom(type))
        {
            return new AtomForm<Type>(WriteType, r => r.Scope.FindType(r.ReadText()));
        }

        if (!GraphRules.IsFramework(type))
        {
            return null;
        }

        if (typeof(StringComparer).IsAssignableFrom(type))
        {
            return new AtomForm<StringComparer>(WriteStringComparer, ReadStringComparer);
        }

        if (typeof(CultureInfo).IsAssignableFrom(type))
        {
            return new AtomForm<CultureInfo>((w, v) => w.WriteText(v.Name), r => Plans.CultureOf(r.ReadText()));
        }

        if (typeof(Encoding).IsAssignableFrom(type))
        {
            return new AtomForm<Encoding>(WriteEncoding, ReadEncoding);
        }

        if (type.BaseType is { IsGenericType: true, Namespace: "System.Collections.Generic" } comparer
            && (comparer.GetGenericTypeDefinition() == typeof(EqualityComparer<>) || comparer.GetGenericTypeDefinition() == typeof(Comparer<>)))
        {
            return DefaultOf(comparer, type);
        }

        if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(EqualityComparer<>) || type.GetGenericTypeDefinition() == typeof(Comparer<>)))
        {
            return DefaultOf(type, null);
        }

        return type.FullName switch
        {
            "System.Version" => new AtomForm<Version>((w, v) => w.WriteText(v.ToString()), r => Version.Parse(r.ReadText())),
            "System.Uri" => new AtomForm<Uri>(WriteUri, r => new Uri(r.ReadText(), r.ReadByte() == 1 ? UriKind.Absolute : UriKind.Relative)),
            "System.Text.StringBuilder" => new AtomForm<StringBuilder>((w, v) => w.WriteText(v.ToString()), r => new StringBuilder(r.ReadText())),
            "System.TimeZoneInfo" => new AtomForm<TimeZoneInfo>((w, v) => w.WriteText(v.ToSerializedString()), ReadTimeZone),
            "System.Text.RegularExpressions.Regex" => new AtomForm<Regex>(WriteRegex, ReadRegex),
            "System.Threading.Lock" => new AtomForm<Lock>((_, _) => { }, _ => new Lock()),
            "System.DBNull" => new AtomForm<DBNull>((_, _) => { }, _ => DBNull.Value),
            "System.Reflection.Missing" => new AtomForm<Missing>((_, _) => { }, _ => Missing.Value),
            "System.Collections.Generic.ReferenceEqualityComparer" =>
                new AtomForm<ReferenceEqualityComparer>((_, _) => { }, _ => ReferenceEqualityComparer.Instance),
            "System.Net.IPAddress" => Addresses.Form(),
            "System.Net.IPEndPoint" => Addresses.EndPoint(),
            _ => null,
        };
    }

    /// <summary>A comparer that calls the elements' own methods: there is one for each type.</summary>
    private static AtomForm<object>? DefaultOf(Type comparer, Type? found)
    {
        object theDefault = comparer.GetProperty("Default", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;
        return found is null || theDefault.GetType() == found ? new AtomForm<object>((_, _) => { }, _ => theDefault, comparer) : null;
    }

    private static void WriteType(GraphWriter writer, Type value)
    {
        if (value.IsGenericParameter || (value.ContainsGenericParameters && !value.IsGenericTypeDefinition))
        {
            throw new FailureException(FailureKind.Value, $"The type {value} cannot cross, for it is only a part of a generic type's definition.");
        }

        writer.WriteText(TypeNames.Qualified(value));
    }

    private static void WriteUri(GraphWriter writer, Uri value)
    {
        writer.WriteText(value.OriginalString);
        writer.WriteByte(value.IsAbsoluteUri ? (byte)1 : (byte)0);
    }

    private static void WriteStringComparer(GraphWriter writer, StringComparer value)
    {
        if (StringComparer.IsWellKnownOrdinalComparer(value, out bool ignoresCase))
        {
            writer.WriteByte(ignoresCase ? (byte)1 : (byte)0);
        }
        else if (StringComparer.IsWellKnownCultureAwareComparer(value, out CompareInfo? compare, out CompareOptions options))
        {
            writer.WriteByte(2);
            writer.WriteText(compare.Name);
            writer.WriteNumber((uint)options);
        }
        else
        {
            throw new FailureException(FailureKind.Value, $"A {value.GetType()} cannot cross: use one of StringComparer's own comparers.");
        }
    }

    private static StringComparer ReadStringComparer(GraphReader reader)
    {
        switch (reader.ReadByte())
        {
            case 0:
                return StringComparer.Ordinal;
            case 1:
                return StringComparer.OrdinalIgnoreCase;
            default:
                CultureInfo culture = Plans.CultureOf(reader.ReadText());
                CompareOptions options = (CompareOptions)reader.ReadNumber();
                return culture.Name.Length > 0 ? StringComparer.Create(culture, options)
                    : options == CompareOptions.None ? StringComparer.InvariantCulture
                    : options == CompareOptions.IgnoreCase ? StringComparer.InvariantCultureIgnoreCase
                    : StringComparer.Create(culture, options);
        }
    }

    private static void WriteEncoding(GraphWriter writer, Encoding value)
    {
        writer.WriteNumber((uint)value.CodePage);
        writer.WriteByte(value.Preamble.Length > 0 ? (byte)1 : (byte)0);
        writer.WriteByte(value.DecoderFallback is DecoderExceptionFallback ? (byte)1 : (byte)0);
    }

    private static Encoding ReadEncoding(GraphReader reader)
    {
        int page = (int)reader.ReadNumber();
        bool hasMark = reader.ReadByte() == 1;
        bool throws = reader.ReadByte() == 1;
        return page switch
        {
            65001 => hasMark && !throws ? Encoding.UTF8 : new UTF8Encoding(hasMark, throws),
            1200 or 1201 => new UnicodeEncoding(page == 1201, hasMark, throws),
            12000 or 12001 => new UTF32Encoding(page == 12001, hasMark, throws),
            _ when throws => Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback),
            _ => Encoding.GetEncoding(page),
        };
    }

    private static TimeZoneInfo ReadTimeZone(GraphReader reader)
    {
        string text = reader.ReadText();
        try
        {
            TimeZoneInfo zone = TimeZoneInfo.FromSerializedString(text);
            return zone.Equals(TimeZoneInfo.Utc) && zone.HasSameRules(TimeZoneInfo.Utc) ? TimeZoneInfo.Utc : zone;
        }
        catch (System.Runtime.Serialization.SerializationException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static void WriteRegex(GraphWriter writer, Regex value)
    {
        writer.WriteText(value.ToString());
        writer.WriteNumber((uint)value.Options);
        writer.WriteInt64(value.MatchTimeout.Ticks);
    }

    private static Regex ReadRegex(GraphReader reader)
    {
        string pattern = reader.ReadText();
        RegexOptions options = (RegexOptions)reader.ReadNumber() & ~GraphRules.DroppedRegexOptions;
        return new Regex(pattern, options, new TimeSpan(reader.ReadInt64()));
    }

    /// <summary>Kept apart, for most programs have none.</summary>
    private static class Addresses
    {
        public static AtomForm<System.Net.IPAddress> Form() => new(Write, Read);

        public static AtomForm<System.Net.IPEndPoint> EndPoint() => new(
            (w, v) =>
            {
                Write(w, v.Address);
                w.WriteNumber((uint)v.Port);
            },
            r => new System.Net.IPEndPoint(Read(r), (int)r.ReadNumber()));

        private static void Write(GraphWriter writer, System.Net.IPAddress value)
        {
            writer.WriteBytes(value.GetAddressBytes());
            writer.WriteInt64(value.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? value.ScopeId : 0);
        }

        private static System.Net.IPAddress Read(GraphReader reader)
        {
            byte[] bytes = reader.ReadBytes().ToArray();
            long scope = reader.ReadInt64();
            return bytes.Length == 16 ? new System.Net.IPAddress(bytes, scope) : new System.Net.IPAddress(bytes);
        }
    }
}
