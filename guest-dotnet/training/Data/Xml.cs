using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Serialization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Serialization;
using System.Xml.XPath;

namespace Training.Data;

/// <summary>XML: readers and writers, documents, serializers.</summary>
internal static class Xml
{
    private const string Text =
        """
        <?xml version="1.0" encoding="utf-8"?>
        <!-- a comment -->
        <library xmlns="urn:books" xmlns:x="urn:extra" open="true">
          <book id="1" x:rating="4.5"><title>First &amp; best</title><price>12.50</price></book>
          <book id="2"><title lang="de">Zweites</title><price>7</price><![CDATA[raw <data>]]></book>
          <empty/>
        </library>
        """;

    public static void Readers(Checksum sum)
    {
        using (XmlReader reader = XmlReader.Create(new StringReader(Text), new() { IgnoreWhitespace = true }))
        {
            while (reader.Read())
            {
                sum.Add($"{reader.NodeType} {reader.Depth} {reader.Name} {reader.NamespaceURI} {reader.Value}");
                while (reader.MoveToNextAttribute())
                {
                    sum.Add($"{reader.Name}={reader.Value}");
                }
            }
        }

        using (XmlReader reader = XmlReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(Text))))
        {
            reader.MoveToContent();
            while (reader.ReadToFollowing("book", "urn:books"))
            {
                sum.Add(reader.GetAttribute("id"));
                reader.ReadToDescendant("price", "urn:books");
                sum.Add(reader.ReadElementContentAsDecimal());
            }
        }

        StringBuilder builder = new();
        using (XmlWriter writer = XmlWriter.Create(builder, new() { Indent = true, OmitXmlDeclaration = true }))
        {
            writer.WriteStartElement("p", "root", "urn:p");
            writer.WriteAttributeString("a", "1 < 2");
            writer.WriteElementString("child", "text & more");
            writer.WriteStartElement("n");
            writer.WriteValue(5);
            writer.WriteValue(2.5);
            writer.WriteValue(Types.Time(1));
            writer.WriteEndElement();
            writer.WriteCData("c<d");
            writer.WriteComment("comment");
            writer.WriteEndElement();
        }

        sum.Add(builder.ToString());
        XmlDocument document = new();
        document.LoadXml(Text);
        XmlNamespaceManager names = new(document.NameTable);
        names.AddNamespace("b", "urn:books");
        foreach (XmlNode node in document.SelectNodes("//b:book[@id>1]/b:title", names)!)
        {
            sum.Add(node.InnerText + node.Attributes!["lang"]?.Value);
        }

        XmlElement added = document.CreateElement("added");
        added.SetAttribute("k", "v");
        document.DocumentElement!.AppendChild(added);
        sum.Add(document.OuterXml);
        sum.Add(new XPathDocument(new StringReader(Text)).CreateNavigator().Evaluate("count(//*)"));
        sum.AddThrown(() => new XmlDocument().LoadXml("<a><b></a>"));
        sum.Add(XmlConvert.ToString(2.5) + XmlConvert.ToInt32("7") + XmlConvert.EncodeName("a b") + XmlConvert.ToString(true));
    }

    public static void Documents(Checksum sum)
    {
        XDocument document = XDocument.Parse(Text);
        XNamespace books = "urn:books";
        sum.AddAll(document.Root!.Elements(books + "book").Select(b => (int)b.Attribute("id")!));
        sum.AddAll(document.Descendants(books + "price").Select(p => (decimal)p));
        sum.AddAll(document.Descendants().Attributes().Select(a => a.ToString()));
        sum.Add((bool)document.Root.Attribute("open")!);
        XElement built = new(
            "orders",
            new XAttribute("count", 3),
            new XComment("made"),
            Enumerable.Range(0, 3).Select(i => new XElement("order", new XAttribute("id", i), new XElement("at", Types.Time(i)), new XElement("total", i / 2.0), new XCData("x"))));
        built.Element("order")!.SetAttributeValue("id", 9);
        built.Elements("order").Last().Remove();
        built.Add(new XElement("last", "text"));
        built.Element("last")!.ReplaceWith(new XElement("end"));
        sum.Add(built.ToString());
        sum.Add(built.ToString(SaveOptions.DisableFormatting));
        sum.Add(XNode.DeepEquals(built, new XElement(built)));
        sum.AddAll(built.Elements("order").OrderByDescending(o => (int)o.Attribute("id")!).Select(o => (DateTime)o.Element("at")!));
        sum.Add(document.XPathSelectElements("//*[@id='2']").Count());
        using MemoryStream stream = new();
        document.Save(stream);
        stream.Position = 0;
        sum.Add(XDocument.Load(stream).Root!.Name);
    }

    public static void Serializers(Checksum sum)
    {
        XmlSerializer serializer = new(typeof(Library));
        StringWriter writer = new() { NewLine = "\n" };
        serializer.Serialize(writer, Library.Sample());
        sum.Add(writer.ToString().Replace("\r", ""));
        Library back = (Library)serializer.Deserialize(new StringReader(writer.ToString()))!;
        sum.Add(back.Books[1].Title + back.Books[1].Price + back.Kind);
        DataContractSerializer contract = new(typeof(Library));
        using MemoryStream stream = new();
        contract.WriteObject(stream, Library.Sample());
        sum.Add(Encoding.UTF8.GetString(stream.ToArray()));
        stream.Position = 0;
        sum.Add(((Library)contract.ReadObject(stream)!).Books.Count);
    }
}

/// <summary>What is serialized.</summary>
public sealed class Library
{
    [XmlAttribute]
    public string Name { get; set; } = "";

    public DayOfWeek Kind { get; set; }

    [XmlArray("books")]
    [XmlArrayItem("book")]
    public List<Book> Books { get; set; } = [];

    public static Library Sample() => new() { Name = "n", Kind = DayOfWeek.Sunday, Books = [new() { Title = "a", Price = 1.5m }, new() { Title = "b & c", At = Types.Time(2), Pages = 5 }] };
}

/// <summary>One of many.</summary>
public sealed class Book
{
    [XmlElement("title")]
    public string Title { get; set; } = "";

    public decimal Price { get; set; }

    public DateTime At { get; set; }

    public int? Pages { get; set; }

    public Guid Id { get; set; }

    public double Weight { get; set; }

    public bool Sold { get; set; }
}
