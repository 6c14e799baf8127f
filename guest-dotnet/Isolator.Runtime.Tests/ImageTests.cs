using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Isolator.Runtime.Members;
using Isolator.Runtime.Members.Images;
using Isolator.Runtime.Wire;
using Xunit;

namespace Isolator.Runtime.Tests;

/// <summary>Assemblies that are looked at without being loaded.</summary>
public class ImageTests
{
    private static readonly byte[] Own = File.ReadAllBytes(typeof(ImageTests).Assembly.Location);

    public ImageTests() => FakeBridge.Install();

    private static Dictionary<string, object?> Read(byte[] bytes) => (Dictionary<string, object?>)Wire.Read(bytes, typeof(object))!;

    private static IEnumerable<Dictionary<string, object?>> Members(Dictionary<string, object?> of) =>
        ((object?[])of["Members"]!).Select(member => (Dictionary<string, object?>)member!);

    private static string Line(Dictionary<string, object?> item) =>
        $"{item["Kind"]} {item["Name"]}: {item["Signature"]} | {item["DocumentationId"]} | {item["IsPublic"]}";

    public static TheoryData<string> Assemblies() =>
        [typeof(ImageTests).Assembly.Location, typeof(Inspector).Assembly.Location, typeof(DotNetIsolator.DotNetIsolatorHost).Assembly.Location,
            typeof(FactAttribute).Assembly.Location, typeof(System.Text.Json.JsonSerializer).Assembly.Location];

    /// <summary>Metadata and reflection say the same of every type and member, in the same words.</summary>
    [Theory]
    [MemberData(nameof(Assemblies))]
    public void MetadataSaysWhatReflectionSays(string path)
    {
        Assembly assembly = Assembly.LoadFrom(path);
        Dictionary<string, object?> read = Read(ImageInspector.OfImage(File.ReadAllBytes(path), null));
        Assert.Equal(assembly.FullName, read["Name"]);
        Dictionary<string, Dictionary<string, object?>> types = Members(read).ToDictionary(type => (string)type["Name"]!);
        Dictionary<string, object?> reflected = Read(Wire.Pack(writer => Inspector.Write(writer, assembly)));
        Assert.Equal(Members(reflected).Select(Line).Order(), types.Values.Select(Line).Order());
        foreach (Type type in assembly.GetTypes().Where(type => types.ContainsKey(type.FullName!)))
        {
            Dictionary<string, object?> expected = Read(Wire.Pack(writer => Inspector.Write(writer, type)));

            // Reflection has no words for function pointers.
            static bool IsPlain(string line) => !line.Contains("delegate*", StringComparison.Ordinal);
            List<string> found = [.. Members(types[type.FullName!]).Select(Line)];
            HashSet<string> left = [.. found.Where(line => !IsPlain(line)).Select(line => line.Split(':')[0])];
            Assert.Equal(
                Members(expected).Select(Line).Where(line => !left.Contains(line.Split(':')[0])).Order(),
                found.Where(line => !left.Contains(line.Split(':')[0])).Order());
        }
    }

    [Fact]
    public void OneTypeIsFoundByItsName()
    {
        Dictionary<string, object?> type = Read(ImageInspector.OfImage(Own, typeof(Sample.Inner<>).FullName));
        Assert.Equal("class Isolator.Runtime.Tests.Sample.Inner<T>", type["Signature"]);
        Assert.Contains("property Value: T Value { get; set; } | P:Isolator.Runtime.Tests.Sample.Inner`1.Value | True", Members(type).Select(Line));
        FailureException e = Assert.Throws<FailureException>(() => ImageInspector.OfImage(Own, "No.Such"));
        Assert.Equal((FailureKind.TypeNotFound, "Could not find type 'No.Such' in assembly 'Isolator.Runtime.Tests'"), (e.Kind, e.Message));
    }

    [Fact]
    public void AForwardedTypeIsFoundWhereItIs()
    {
        byte[] facade = File.ReadAllBytes(Assembly.Load("System.Runtime").Location);
        Assert.Equal("static class System.Math", Read(ImageInspector.OfImage(facade, "System.Math"))["Signature"]);
        Assert.Equal("static class System.Math", Read(ImageInspector.OfAssembly("System.Runtime", "System.Math"))["Signature"]);
        Assert.Equal(FailureKind.AssemblyNotFound, Assert.Throws<FailureException>(() => ImageInspector.OfAssembly("No.Such", null)).Kind);
    }

    [Fact]
    public void WhatIsNoAssemblyIsSaid()
    {
        foreach (byte[] bytes in new byte[][] { [], [1, 2, 3], "MZ"u8.ToArray(), new byte[100_000], Own[..1000], Own[..(Own.Length / 2)] })
        {
            FailureException e = Assert.Throws<FailureException>(() => ImageInspector.OfImage(bytes, null));
            Assert.Equal(FailureKind.BadImage, e.Kind);
        }
    }

    /// <summary>Bytes are changed where the metadata is: whatever comes of it, it is a list or a failure, and it ends.</summary>
    [Fact]
    public void DamagedMetadataIsAFailureOrAList()
    {
        int start;
        int size;
        using (PEReader pe = new(new MemoryStream(Own)))
        {
            start = pe.PEHeaders.MetadataStartOffset;
            size = pe.PEHeaders.MetadataSize;
        }

        Random random = new(13);
        int failures = 0;
        for (int round = 0; round < 400; round++)
        {
            byte[] damaged = [.. Own];
            for (int change = random.Next(1, 30); change > 0; change--)
            {
                // Tables come first, and they are what leads elsewhere.
                int at = start + (random.Next(3) == 0 ? random.Next(size) : random.Next(size / 3));
                damaged[at] = random.Next(4) switch { 0 => 0, 1 => 0xff, 2 => (byte)random.Next(256), _ => (byte)(damaged[at] + 1) };
            }

            try
            {
                Read(ImageInspector.OfImage(damaged, null));
            }
            catch (FailureException e)
            {
                Assert.Contains(e.Kind, new[] { FailureKind.BadImage, FailureKind.Value });
                failures++;
            }
        }

        Assert.InRange(failures, 1, 399);
    }

    [Fact]
    public unsafe void SignaturesEndHoweverDeepAndLongTheyAre()
    {
        using PEReader pe = new(new MemoryStream(Own));
        MetadataReader metadata = pe.GetMetadataReader();
        Allowance allowance = new();
        ImageSignatures signatures = new(metadata, new ImageNames(metadata, allowance), allowance);

        string Decode(byte[] bytes)
        {
            fixed (byte* p = bytes)
            {
                BlobReader blob = new(p, bytes.Length);
                return signatures.Type(ref blob, new Scope([], [])).Text;
            }
        }

        Assert.Equal("int[][]", Decode([0x1d, 0x1d, 0x08]));
        Assert.Equal("int[,,]", Decode([0x14, 0x08, 3, 0, 0]));
        Assert.Equal("delegate*<ref int, void>", Decode([0x1b, 0, 1, 0x01, 0x10, 0x08]));

        // Arrays of arrays, pointers, functions that return functions, generic types of generic types.
        foreach (byte code in new byte[] { 0x1d, 0x0f, 0x10, 0x45 })
        {
            byte[] deep = new byte[1_000_000];
            Array.Fill(deep, code);
            Assert.Contains("nests deeper", Assert.Throws<BadImageFormatException>(() => Decode(deep)).Message, StringComparison.Ordinal);
        }

        foreach (byte[] wrong in new byte[][] { [], [0x12], [0x13, 5], [0x1e, 0], [0x14, 8, 200, 0, 0], [0x7f], [0x15, 0x12, 0] })
        {
            Assert.Throws<BadImageFormatException>(() => Decode(wrong));
        }

        byte[] functions = [.. Enumerable.Repeat(new byte[] { 0x1b, 0, 0 }, 100_000).SelectMany(each => each)];
        Assert.Throws<BadImageFormatException>(() => Decode(functions));

        // A hundred thousand parameters are cut, and more steps than there are in any assembly end.
        byte[] wide = [0x1b, 0, 0xc0, 0x01, 0x86, 0xa0, 0x01, .. new byte[100_000].Select(_ => (byte)0x08)];
        Assert.InRange(Decode(wide).Length, 4000, Allowance.LongestText + 1);
        void DecodeForEver()
        {
            while (true)
            {
                Decode(wide);
            }
        }

        FailureException e = Assert.Throws<FailureException>((Action)DecodeForEver);
        Assert.Equal(FailureKind.Value, e.Kind);
    }
}
