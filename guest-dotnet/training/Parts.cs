using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Training.Collections;
using Training.Data;
using Training.Extensions;
using Training.Language;
using Training.Linq;
using Training.Numbers;
using Training.Reflection;
using Training.Surroundings;
using Training.Tasks;
using Training.Text;

namespace Training;

/// <summary>All parts, by their names.</summary>
internal static class Parts
{
    public static IEnumerable<(string Name, Func<Checksum, Task> Run)> All()
    {
        foreach ((string name, Action<Checksum> run) in Synchronous())
        {
            yield return (name, sum =>
            {
                run(sum);
                return Task.CompletedTask;
            });
        }

        yield return ("streams-async", Streams.Asynchronous);
        yield return ("files-async", Files.Asynchronous);
        yield return ("json-async", Json.Asynchronous);
        yield return ("compression-async", Packing.Asynchronous);
        yield return ("tasks", Asynchrony.Tasks);
        yield return ("tasks-combined", Asynchrony.Combined);
        yield return ("tasks-value", Asynchrony.ValueTasks);
        yield return ("tasks-cancelling", Asynchrony.Cancelling);
        yield return ("tasks-timers", Asynchrony.Timers);
        yield return ("tasks-streams", Flows.Streams);
        yield return ("tasks-channels", Flows.ChannelKinds);
        yield return ("tasks-locals", Flows.Locals);
    }

    private static IEnumerable<(string Name, Action<Checksum> Run)> Synchronous()
    {
        foreach ((string name, Types.Body run) in Types.Each(new Sequences()))
        {
            yield return ($"collections/{name}", sum => run(sum));
        }

        foreach ((string name, Types.Body run) in Types.Each(new Maps()))
        {
            yield return ($"maps/{name}", sum => run(sum));
        }

        foreach ((string name, Types.Body run) in Types.Each(new Operators()))
        {
            yield return ($"linq/{name}", sum => run(sum));
        }

        foreach ((string name, Types.Body run) in Types.Each(new Spans()))
        {
            yield return ($"spans/{name}", sum => run(sum));
        }

        yield return ("collections-pairs", Maps.Pairs);
        yield return ("collections-old", Others.Old);
        yield return ("collections-concurrent", Others.Concurrent);
        yield return ("collections-immutable", Others.Immutable);
        yield return ("collections-observed", Others.Observed);
        yield return ("collections-comparers", Others.Comparers);
        yield return ("linq-numbers", Queries.Numbers);
        yield return ("linq-records", Queries.Records);
        yield return ("linq-parallel", Queries.Parallel);
        yield return ("strings", Strings.Methods);
        yield return ("strings-builder", Strings.Builder);
        yield return ("strings-comparing", Strings.Comparing);
        yield return ("formatting", Formatting.Composite);
        yield return ("formatting-interpolated", Formatting.Interpolated);
        yield return ("formatting-cultures", Formatting.Cultures);
        yield return ("encodings", Encodings.All);
        yield return ("encodings-text", Encodings.TextForms);
        yield return ("regex", RegularExpressions.Interpreted);
        yield return ("regex-compiled", RegularExpressions.Compiled);
        yield return ("regex-generated", RegularExpressions.Generated);
        yield return ("numbers", Parsing.Integers);
        yield return ("numbers-real", Parsing.Reals);
        yield return ("numbers-generic", Parsing.Generic);
        yield return ("numbers-math", Mathematics.Functions);
        yield return ("numbers-big", Mathematics.Big);
        yield return ("numbers-bits", Mathematics.Bits);
        yield return ("numbers-vectors", Mathematics.Vectors);
        yield return ("numbers-converting", Mathematics.Converting);
        yield return ("dates", Dates.Times);
        yield return ("dates-formats", Dates.Formats);
        yield return ("dates-zones", Dates.Zones);
        yield return ("json", Json.Reflection);
        yield return ("json-generated", Json.Generated);
        yield return ("json-nodes", Json.Nodes);
        yield return ("json-low", Json.LowLevel);
        yield return ("json-converters", Json.Converters);
        yield return ("xml", Xml.Readers);
        yield return ("xml-linq", Xml.Documents);
        yield return ("xml-serializer", Xml.Serializers);
        yield return ("streams", Streams.Kinds);
        yield return ("streams-binary", Streams.Binary);
        yield return ("streams-text", Streams.TextReaders);
        yield return ("files", Files.Content);
        yield return ("files-directories", Files.Directories);
        yield return ("compression", Packing.Streams);
        yield return ("hashes", Hashes.All);
        yield return ("tasks-waiting", Asynchrony.Waiting);
        yield return ("tasks-parallel", Asynchrony.Loops);
        yield return ("tasks-locks", Flows.Locks);
        yield return ("reflection", Members.Invoking);
        yield return ("reflection-generics", Members.Generics);
        yield return ("reflection-attributes", Members.Attributes);
        yield return ("reflection-loading", Members.Loading);
        yield return ("expressions", Trees.Expressions);
        yield return ("dynamic", Trees.Dynamic);
        yield return ("exceptions", Exceptions.Flow);
        yield return ("records", Shapes.Records);
        yield return ("tuples", Shapes.Tuples);
        yield return ("patterns", Shapes.Patterns);
        yield return ("delegates", Shapes.Delegates);
        yield return ("enums", Shapes.Enums);
        yield return ("lifetimes", Shapes.Lifetimes);
        yield return ("extensions-injection", Injection.Services);
        yield return ("extensions-logging", Injection.Logs);
        yield return ("extensions-options", Injection.Settings);
        yield return ("diagnostics", Diagnostics.All);
        yield return ("environment", Diagnostics.Surroundings);
        yield return ("network-addresses", Diagnostics.Addresses);
    }
}
