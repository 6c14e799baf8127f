using System;
using System.Collections.Generic;
using System.Reflection;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Wire;

namespace Isolator.Runtime;

/// <summary>Turns what went wrong into bytes for the host, and the host's failures into messages.</summary>
internal static class Failures
{
    /// <summary>Inner exceptions beyond this many are left out.</summary>
    private const int MaxExceptions = 32;

    /// <summary>Text beyond this many UTF-16 units is cut off.</summary>
    private const int MaxText = 64 * 1024;

    /// <summary>Leaves a failure in a frame.</summary>
    public static unsafe void Leave(Frame* frame, Exception exception)
    {
        WireWriter writer = new();
        try
        {
            Write(writer, exception);
        }
        catch (Exception e)
        {
            // The exception's own code threw while it was being described (or memory ran out).
            writer.Reset();
            WriteUndescribed(writer, exception, e);
        }

        frame->Result = writer.Detach(out frame->ResultLength);
        frame->Code = FrameCode.Failure;
    }

    /// <summary>Writes the failure for an exception of either sort.</summary>
    public static void Write(WireWriter writer, Exception exception)
    {
        if (exception is FailureException failure)
        {
            WriteFailure(writer, failure.Kind, failure.Message, failure, null);
        }
        else if (exception is UnhandledMainException { InnerException: { } unhandled })
        {
            WriteFailure(writer, FailureKind.Exception, Text(() => StackTraces.WithoutOurs(exception.Message)), null, unhandled);
        }
        else
        {
            WriteFailure(writer, FailureKind.Exception, $"{exception.GetType()}: {Text(() => exception.Message)}", null, exception);
        }
    }

    /// <summary>The kind and message of a failure that the host sent, and the number under which it logged it.</summary>
    public static (string Kind, string Message, long Number) Read(WireReader reader)
    {
        long number = 0;
        string kind = FailureKind.Host;
        string message = "The host reported a failure without a message.";
        try
        {
            for (int left = reader.ReadMapHeader(); left > 0; left--)
            {
                switch (reader.ReadString())
                {
                    case "Kind":
                        kind = reader.ReadString() ?? kind;
                        break;
                    case "Message":
                        message = reader.ReadString() ?? message;
                        break;
                    case "Number":
                        number = reader.ReadInt64();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }
        catch (FailureException)
        {
            // What could be read is what there is.
        }

        return (kind, message, number);
    }

    private static void WriteFailure(WireWriter writer, string kind, string message, FailureException? details, Exception? exception)
    {
        writer.WriteMapHeader(7);
        Put(writer, "Kind", kind);
        Put(writer, "Message", message);
        Put(writer, "Assembly", details?.Assembly);
        Put(writer, "TypeName", details?.TypeName);
        Put(writer, "Member", details?.Member);
        writer.WriteString("Candidates");
        IReadOnlyList<string> candidates = details?.Candidates ?? [];
        writer.WriteArrayHeader(candidates.Count);
        foreach (string candidate in candidates)
        {
            writer.WriteString(candidate);
        }

        writer.WriteString("Exception");
        if (exception is null)
        {
            writer.WriteNil();
        }
        else
        {
            int budget = MaxExceptions;
            WriteException(writer, exception, ref budget);
        }
    }

    /// <summary>The failure for an exception of which nothing can be had but its type.</summary>
    private static void WriteUndescribed(WireWriter writer, Exception exception, Exception why)
    {
        string text = $"{exception.GetType()} (and describing it failed with {why.GetType()})";
        writer.WriteMapHeader(3);
        Put(writer, "Kind", FailureKind.Exception);
        Put(writer, "Message", text);
        writer.WriteString("Exception");
        writer.WriteMapHeader(2);
        Put(writer, "TypeName", exception.GetType().FullName ?? exception.GetType().Name);
        Put(writer, "Text", text);
    }

    private static void WriteException(WireWriter writer, Exception exception, ref int budget)
    {
        budget--;
        writer.WriteMapHeader(7);
        Put(writer, "TypeName", exception.GetType().FullName ?? exception.GetType().Name);
        Put(writer, "Message", Text(() => exception.Message));

        // Making a stack trace takes longer than all the rest, so it is made once where the text can be put together here.
        string? trace = TraceOf(exception);
        Put(writer, "StackTrace", trace is null ? null : Cut(trace));
        Put(writer, "Text", IsPlain(exception) ? Cut(PlainText(exception, trace)) : Text(() => StackTraces.WithoutOurs(exception.ToString())));
        writer.WriteString("Inner");
        Exception[] inner = exception is AggregateException aggregate
            ? [.. aggregate.InnerExceptions]
            : exception.InnerException is { } one ? [one] : [];
        int count = Math.Min(inner.Length, Math.Max(budget, 0));
        writer.WriteArrayHeader(count);
        budget -= count;
        for (int i = 0; i < count; i++)
        {
            budget++;
            WriteException(writer, inner[i], ref budget);
        }

        writer.WriteString("HResult");
        writer.WriteInt64(exception.HResult);
        writer.WriteString("Properties");
        List<KeyValuePair<string, string>> properties = PropertiesOf(exception);
        writer.WriteMapHeader(properties.Count);
        foreach ((string name, string value) in properties)
        {
            Put(writer, name, value);
        }
    }

    private static string? TraceOf(Exception exception)
    {
        try
        {
            return exception.StackTrace is { } trace && StackTraces.WithoutOurs(trace) is { Length: > 0 } rest ? rest : null;
        }
        catch (Exception)
        {
            // The property is virtual: guest code may have made it throw.
            return null;
        }
    }

    /// <summary>Whether <c>ToString</c> is that of <see cref="Exception"/>, and there is nothing inside.</summary>
    private static bool IsPlain(Exception exception) =>
        exception.InnerException is null
        && exception.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType == typeof(Exception);

    /// <summary>What <see cref="Exception.ToString"/> gives for an exception without an inner one.</summary>
    private static string PlainText(Exception exception, string? trace)
    {
        string message = Text(() => exception.Message);
        string head = message.Length == 0 ? exception.GetType().ToString() : $"{exception.GetType()}: {message}";
        return trace is null ? head : $"{head}{Environment.NewLine}{trace}";
    }

    /// <summary>The public properties that the exception's type adds to those of <see cref="Exception"/>, as text.</summary>
    private static List<KeyValuePair<string, string>> PropertiesOf(Exception exception)
    {
        List<KeyValuePair<string, string>> properties = [];
        for (Type? type = exception.GetType(); type is not null && type != typeof(Exception); type = type.BaseType)
        {
            foreach (PropertyInfo property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (property.GetMethod is not { } getter
                    || getter.GetParameters().Length > 0
                    || getter.GetBaseDefinition().DeclaringType == typeof(Exception)
                    || property.PropertyType.IsByRefLike
                    || properties.Exists(p => p.Key == property.Name))
                {
                    continue;
                }

                try
                {
                    object? value = property.GetValue(exception, BindingFlags.DoNotWrapExceptions, null, null, null);
                    properties.Add(new(property.Name, Cut(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? string.Empty)));
                }
                catch (Exception)
                {
                    // A getter of guest code that throws says nothing.
                    continue;
                }
            }
        }

        return properties;
    }

    /// <summary>Text that guest code makes: it may throw, be null, or be endless.</summary>
    private static string Text(Func<string?> get)
    {
        try
        {
            return Cut(get() ?? string.Empty);
        }
        catch (Exception e)
        {
            return $"({e.GetType()} was thrown when asked for this text)";
        }
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : string.Concat(text.AsSpan(0, MaxText), "…");

    private static void Put(WireWriter writer, string name, string? value)
    {
        writer.WriteString(name);
        writer.WriteString(value);
    }
}
