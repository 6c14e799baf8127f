using System;
using System.Collections.Generic;
using Isolator.Runtime.Wire;
using Xunit;

namespace Isolator.Runtime.Tests;

/// <summary>The bytes themselves, and what is read from bytes that others wrote.</summary>
public class FormatTests
{
    public static TheoryData<object, string> Forms() => new()
    {
        { 127, "7f" },
        { 128, "cc 80" },
        { 256, "cd 01 00" },
        { 65536, "ce 00 01 00 00" },
        { 1L << 32, "cf 00 00 00 01 00 00 00 00" },
        { -32, "e0" },
        { -33, "d0 df" },
        { -129, "d1 ff 7f" },
        { -32769, "d2 ff ff 7f ff" },
        { -2147483649L, "d3 ff ff ff ff 7f ff ff ff" },
        { 1.5f, "ca 3f c0 00 00" },
        { 1.5d, "cb 3f f8 00 00 00 00 00 00" },
        { true, "c3" },
        { "ab", "a2 61 62" },
        { 'a', "61" },
        { new byte[] { 1 }, "c4 01 01" },
        { (1, "a"), "92 01 a1 61" },
        { new KeyValuePair<int, int>(1, 2), "92 01 02" },
        { DateTime.UnixEpoch.AddSeconds(1), "d6 ff 00 00 00 01" },
        { DateTime.UnixEpoch.AddTicks(1), "d7 ff 00 00 01 90 00 00 00 00" },
        { DateTime.UnixEpoch.AddSeconds(-1), "c7 0c ff 00 00 00 00 ff ff ff ff ff ff ff ff" },
        { new DateTime(1, DateTimeKind.Unspecified), "c7 09 51 01 00 00 00 00 00 00 00 01" },
        { new DateTimeOffset(1970, 1, 1, 1, 0, 1, TimeSpan.FromHours(1)), "92 d6 ff 00 00 0e 11 3c" },
        { TimeSpan.FromTicks(5), "05" },
        { Guid.Empty, "d9 24 30303030303030302d303030302d303030302d303030302d303030303030303030303030" },
        { 1.10m, "a4 31 2e 31 30" },
        { new DateOnly(1, 1, 2), "01" },
        { new Version(1, 2), "a3 31 2e 32" },
        { Color.Blue, "cc c8" },
        { new int[,] { { 1 }, { 2 } }, "93 02 01 92 01 02" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void AValueHasThisForm(object value, string hex) => Assert.Equal(Wire.Hex(hex), Wire.Write(value));

    [Theory]
    [InlineData(typeof(int), "cb 40 00 00 00 00 00 00 00", "Expected an integer but found a floating-point number at byte 0.")]
    [InlineData(typeof(int), "cf 00 00 00 01 00 00 00 00", "The number 4294967296 does not fit into an int.")]
    [InlineData(typeof(byte), "cd 01 00", "The number 256 does not fit into a byte.")]
    [InlineData(typeof(uint), "ff", "The number -1 does not fit into a uint.")]
    [InlineData(typeof(ulong), "ff", "The number -1 does not fit into a ulong.")]
    [InlineData(typeof(long), "cf ff ff ff ff ff ff ff ff", "The number 18446744073709551615 does not fit into a long.")]
    [InlineData(typeof(int), "c0", "Expected an integer but found nil at byte 0.")]
    [InlineData(typeof(bool), "01", "Expected a bool but found an integer at byte 0.")]
    [InlineData(typeof(string), "01", "Expected a string but found an integer at byte 0.")]
    [InlineData(typeof(char), "a2 61 62", "A char is one UTF-16 unit, but the string has 2.")]
    [InlineData(typeof(Guid), "a1 78", "The string 'x' is not a Guid.")]
    [InlineData(typeof(DateTime), "01", "Expected a date and time but found an integer at byte 0.")]
    [InlineData(typeof(List<int>), "81 01 02", "Expected an array but found a map at byte 0.")]
    [InlineData(typeof(Dictionary<string, int>), "91 01", "Expected a map but found an array at byte 0.")]
    [InlineData(typeof((int, int)), "91 01", "has 2 items, but the array has 1.")]
    [InlineData(typeof(int[]), "dd ff ff ff ff", "The value ends too early")]
    [InlineData(typeof(string), "db ff ff ff ff 61", "The value ends too early")]
    [InlineData(typeof(byte[]), "c6 7f ff ff ff 61", "The value ends too early")]
    [InlineData(typeof(Dictionary<int, int>), "df 7f ff ff ff 01", "The value ends too early")]
    [InlineData(typeof(object), "c1", "found the unused format byte 0xc1")]
    [InlineData(typeof(int), "01 02", "1 bytes follow the value.")]
    [InlineData(typeof(Action), "01", "a delegate is code")]
    [InlineData(typeof(IComparable), "80", "it says not which type to make")]
    [InlineData(typeof(int[,]), "93 02 02 92 01 02", "do not fit its elements")]
    [InlineData(typeof(int[,]), "93 ce 7f ff ff ff ce 7f ff ff ff 90", "do not fit its elements")]
    public void BadInputSaysWhatIsWrong(Type type, string hex, string message)
    {
        FailureException e = Assert.Throws<FailureException>(() => Wire.Read(Wire.Hex(hex), type));
        Assert.Equal(FailureKind.Value, e.Kind);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(double), "05", 5d)]
    [InlineData(typeof(double), "ca 3f c0 00 00", 1.5d)]
    [InlineData(typeof(float), "cb 3f f8 00 00 00 00 00 00", 1.5f)]
    [InlineData(typeof(long), "05", 5L)]
    [InlineData(typeof(byte), "d3 00 00 00 00 00 00 00 05", (byte)5)]
    [InlineData(typeof(char), "a1 61", 'a')]
    [InlineData(typeof(string), "da 00 01 61", "a")]
    [InlineData(typeof(int?), "c0", null)]
    [InlineData(typeof(int?), "05", 5)]
    public void OtherWritersFormsAreTaken(Type type, string hex, object? expected) =>
        Assert.Equal(expected, Wire.Read(Wire.Hex(hex), type));

    [Fact]
    public void NestingIsLimited()
    {
        byte[] deep = new byte[Codes.MaxDepth + 2];
        Array.Fill(deep, (byte)0x91);
        deep[^1] = 0x01;
        Assert.Contains("nests deeper", Assert.Throws<FailureException>(() => Wire.Read<object>(deep)).Message, StringComparison.Ordinal);
        Wire.Read<object>(deep[2..]);

        // An unknown member is skipped without recursion, however deep it is.
        byte[] unknown = [0x81, 0xa1, (byte)'?', .. deep];
        Wire.Read<Point>(unknown);
    }

    public static TheoryData<object?> Natural() => new()
    {
        null, true, "text", 5, -5, int.MinValue, 5L, 1L << 40, long.MinValue, (short)5, (sbyte)5, (byte)5, (ushort)5, 5u, 5ul, ulong.MaxValue,
        1.5f, 1.5d, new byte[] { 1 }, DateTime.UnixEpoch, new DateTime(5, DateTimeKind.Unspecified),
        new object?[] { 1, "a", null, new object?[] { 2L } }, new Dictionary<string, object?> { ["a"] = 1, ["b"] = true, ["c"] = DateTime.UnixEpoch },
        new Dictionary<object, object?> { [1] = "a", ["b"] = 2L },
    };

    [Theory]
    [MemberData(nameof(Natural))]
    public void AnObjectKeepsItsType(object? value)
    {
        object? back = Wire.Read(Wire.Write(value, typeof(object)), typeof(object));
        Assert.Equal(value?.GetType(), back?.GetType());
        Assert.Equal(value, back);
    }

    [Theory]
    [InlineData("05", 5)]
    [InlineData("cc c8", 200)]
    [InlineData("cd ff ff", 65535)]
    [InlineData("ce 00 01 00 00", 65536)]
    [InlineData("ce ff ff ff ff", 4294967295L)]
    [InlineData("d0 80", -128)]
    [InlineData("d1 80 00", -32768)]
    [InlineData("cf ff ff ff ff ff ff ff ff", ulong.MaxValue)]
    [InlineData("cf 00 00 00 01 00 00 00 00", 4294967296L)]
    public void AShortestNumberIsAnIntWhereItFits(string hex, object expected) => Assert.Equal(expected, Wire.Read<object>(Wire.Hex(hex)));
}
