using System;
using System.Buffers;
using System.Buffers.Text;
using System.Linq;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Training.Text;

/// <summary>Text as bytes, and bytes as text.</summary>
internal static class Encodings
{
    private const string Sample = "plain, ümläut, 日本語, 😀, \ud83d alone";

    public static void All(Checksum sum)
    {
        foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, Encoding.ASCII, Encoding.Latin1, new UTF8Encoding(true) })
        {
            byte[] bytes = encoding.GetBytes(Sample);
            sum.Add(Convert.ToHexString(bytes));
            sum.Add(encoding.GetString(bytes));
            sum.Add(encoding.GetString(bytes, 0, 8));
            sum.Add(encoding.GetByteCount(Sample));
            sum.Add(encoding.GetCharCount(bytes));
            sum.Add(encoding.GetMaxByteCount(10));
            sum.Add(encoding.GetChars(bytes).Length);
            sum.Add(encoding.WebName);
            sum.Add(encoding.GetPreamble().Length);
            Encoder encoder = encoding.GetEncoder();
            byte[] part = new byte[400];
            int length = encoder.GetBytes(Sample.AsSpan(0, 9), part, false);
            length += encoder.GetBytes(Sample.AsSpan(9), part.AsSpan(length), true);
            Decoder decoder = encoding.GetDecoder();
            char[] chars = new char[200];
            int read = decoder.GetChars(part.AsSpan(0, 7), chars, false);
            read += decoder.GetChars(part.AsSpan(7, length - 7), chars.AsSpan(read), true);
            sum.Add(new string(chars, 0, read));
            Span<byte> small = stackalloc byte[16];
            sum.Add(encoding.TryGetBytes("abc", small, out int written) ? written : -1);
        }

        sum.AddThrown(() => new UTF8Encoding(false, true).GetString([0xc3, 0x28]));
        sum.Add(Encoding.GetEncoding("us-ascii", new EncoderReplacementFallback("#"), new DecoderExceptionFallback()).GetBytes("aé").Length);
        sum.Add(Encoding.Convert(Encoding.Unicode, Encoding.UTF8, Encoding.Unicode.GetBytes("ä")).Length);
        ReadOnlySpan<byte> literal = "utf8 literal"u8;
        sum.Add(Encoding.UTF8.GetString(literal));
        Span<char> utf16 = new char[20];
        sum.Add(System.Text.Unicode.Utf8.ToUtf16(literal, utf16, out int consumed, out _));
        sum.Add(consumed);
        sum.Add(System.Text.Unicode.Utf8.FromUtf16("text", new byte[20], out _, out _));
        sum.Add(System.Text.Unicode.Utf8.IsValid(literal));
        sum.Add(Ascii.IsValid(literal));
        sum.Add(Ascii.EqualsIgnoreCase(literal, "UTF8 LITERAL"u8));
        Rune.DecodeFromUtf8("é"u8, out Rune rune, out _);
        sum.Add(rune.ToString());
        sum.Add(rune.EncodeToUtf8(new byte[4]));
        sum.Add(Rune.ToUpperInvariant(rune));
    }

    public static void TextForms(Checksum sum)
    {
        byte[] bytes = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 7))];
        string base64 = Convert.ToBase64String(bytes);
        sum.Add(base64);
        sum.Add(Convert.FromBase64String(base64).Length);
        sum.Add(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks));
        sum.Add(Convert.TryFromBase64String("AQID", new byte[3], out int written) ? written : -1);
        byte[] utf8 = new byte[500];
        sum.Add(Base64.EncodeToUtf8(bytes, utf8, out _, out written));
        sum.Add(Base64.DecodeFromUtf8(utf8.AsSpan(0, written), new byte[400], out _, out written));
        sum.Add(Base64.IsValid("AQID"));
        sum.Add(Base64Url.EncodeToString(bytes));
        sum.Add(Base64Url.DecodeFromChars("AQID").Length);
        sum.Add(Convert.ToHexString(bytes));
        sum.Add(Convert.ToHexStringLower(bytes));
        sum.Add(Convert.FromHexString("00ffAB").Length);
        sum.Add(BitConverter.ToString(bytes, 0, 10));
        sum.Add(Utf8Parser.TryParse("12.5x"u8, out double real, out int used) ? real + used : -1);
        sum.Add(Utf8Parser.TryParse("125"u8, out int whole, out used) ? whole + used : -1);
        sum.Add(Utf8Parser.TryParse("true"u8, out bool flag, out used) && flag);
        sum.Add(Utf8Formatter.TryFormat(12345, utf8, out written, new StandardFormat('N', 0)) ? written : -1);
        sum.Add(Utf8Formatter.TryFormat(Types.Time(2), utf8, out written, 'O') ? written : -1);
        sum.Add(Utf8Formatter.TryFormat(2.5, utf8, out written) ? written : -1);
        sum.Add(WebUtility.HtmlEncode("<a href=\"x\">ä&</a>"));
        sum.Add(WebUtility.HtmlDecode("&lt;&auml;&#39;&gt;"));
        sum.Add(WebUtility.UrlEncode("a b&c=ä"));
        sum.Add(WebUtility.UrlDecode("a+b%26"));
        sum.Add(Uri.EscapeDataString("a b/ä"));
        sum.Add(Uri.UnescapeDataString("a%20b"));
        sum.Add(HtmlEncoder.Default.Encode("<ä>"));
        sum.Add(UrlEncoder.Default.Encode("<ä>"));
        sum.Add(JavaScriptEncoder.Default.Encode("<ä'\">"));
    }
}
