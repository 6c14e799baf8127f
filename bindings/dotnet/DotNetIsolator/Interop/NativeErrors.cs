using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using Isolator.Runtime;
using Isolator.Runtime.Wire;

namespace DotNetIsolator.Interop;

/// <summary>Errors of the native library as exceptions.</summary>
internal static unsafe class NativeErrors
{
    /// <summary>Throws if a function of the native library gave an error, which is given back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(nint error)
    {
        if (error != 0)
        {
            Throw(error);
        }
    }

    /// <summary>The exception for an error, which is given back.</summary>
    /// <param name="error">The error.</param>
    /// <param name="looked">Where this side has looked for the compiler of scripts, one place a line.</param>
    public static Exception Take(nint error, string looked = "")
    {
        try
        {
            return Of(error, looked);
        }
        finally
        {
            NativeMethods.isolator_error_free(error);
        }
    }

    /// <summary>The exception for an error, which stays whose it is.</summary>
    public static Exception Of(nint error, string looked = "")
    {
        NativeErrorKind kind = (NativeErrorKind)NativeMethods.isolator_error_get_kind(error);
        string message = Wording.Of(NativeMethods.isolator_error_message(error).Text);
        int code = NativeMethods.isolator_error_code(error);
        switch (kind)
        {
            case NativeErrorKind.Busy:
                return new InvalidOperationException(
                    "The isolated runtime takes one caller at a time, and the one on another thread is in a callback or a loader, which may be waiting for this "
                    + "call. Use InvokeAsync, whose calls queue up, or a runtime for each thread.");
            case NativeErrorKind.Nesting:
                return new InvalidOperationException(message);
            case NativeErrorKind.Config:
                return new ArgumentException(message);
            case NativeErrorKind.Cancelled:
                return new OperationCanceledException(message);
            case NativeErrorKind.Compilation:
                nint told = NativeMethods.isolator_error_diagnostics(error);
                return new ScriptCompilationException(message, told == 0 ? ScriptDiagnostics.None : NativeScriptDiagnostic.All(told));
            case NativeErrorKind.CompilerNotFound:
                return new IsolatedException(Wording.OfMissingCompiler(message, looked)) { Kind = IsolatedErrorKind.Host };
        }

        IsolatedLimit? limit = null;
        if (kind == NativeErrorKind.Limit)
        {
            limit = Enum.IsDefined((IsolatedLimit)code) ? (IsolatedLimit)code : IsolatedLimit.Other;
            IsolatorTelemetry.LimitHit(limit.Value);
        }

        ErrorDetails details = ErrorDetails.Read(NativeMethods.isolator_error_details(error));
        string sentence = kind switch
        {
            NativeErrorKind.Exception when details.Exception is { } thrown => Head(thrown),
            NativeErrorKind.Async => $"{message.Replace("call it asynchronously", "call it with InvokeAsync or InvokeVoidAsync", StringComparison.Ordinal)}",
            // What of the sandbox ran is for ToString.
            _ when details.Backtrace is { Length: > 0 } trace => message.Replace($"\n{trace}", string.Empty, StringComparison.Ordinal),
            _ => message,
        };
        return new IsolatedException(sentence, CauseOf(details.Exception))
        {
            Kind = KindOf(kind),
            IsFatal = NativeMethods.isolator_error_is_fatal(error) != 0,
            Backtrace = details.Backtrace,
            GuestException = details.Exception,
            Candidates = details.Candidates,
            Limit = limit,
            ExitCode = kind == NativeErrorKind.Exit ? code : null,
        };
    }

    private static void Throw(nint error) => throw Take(error);

    /// <summary>What a callback threw, if that is why the guest did.</summary>
    private static Exception? CauseOf(GuestExceptionInfo? thrown)
    {
        if (thrown is null)
        {
            return null;
        }

        if (thrown.TypeName == "DotNetIsolator.HostCallException"
            && thrown.Properties.TryGetValue("FailureNumber", out string? text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && KeptFailures.Find(number) is { } cause)
        {
            return cause;
        }

        foreach (GuestExceptionInfo inner in thrown.Inner)
        {
            if (CauseOf(inner) is { } cause2)
            {
                return cause2;
            }
        }

        return null;
    }

    private static string Head(GuestExceptionInfo thrown) => $"{thrown.TypeName}: {thrown.Message}";

    private static IsolatedErrorKind KindOf(NativeErrorKind kind) => kind switch
    {
        NativeErrorKind.Exception => IsolatedErrorKind.GuestException,
        NativeErrorKind.AssemblyNotFound => IsolatedErrorKind.AssemblyNotFound,
        NativeErrorKind.BadImage => IsolatedErrorKind.BadImage,
        NativeErrorKind.TypeNotFound => IsolatedErrorKind.TypeNotFound,
        NativeErrorKind.MethodNotFound => IsolatedErrorKind.MethodNotFound,
        NativeErrorKind.Ambiguous => IsolatedErrorKind.Ambiguous,
        NativeErrorKind.Argument => IsolatedErrorKind.Argument,
        NativeErrorKind.Value => IsolatedErrorKind.Value,
        NativeErrorKind.BadHandle or NativeErrorKind.ForeignHandle => IsolatedErrorKind.BadHandle,
        NativeErrorKind.Async => IsolatedErrorKind.Async,
        NativeErrorKind.Deadlock => IsolatedErrorKind.Deadlock,
        NativeErrorKind.Limit => IsolatedErrorKind.Limit,
        NativeErrorKind.Exit => IsolatedErrorKind.Exit,
        NativeErrorKind.Trap or NativeErrorKind.BadGuestBehavior => IsolatedErrorKind.Trap,
        NativeErrorKind.Dead => IsolatedErrorKind.Dead,
        NativeErrorKind.NotFrozen => IsolatedErrorKind.NotFrozen,
        NativeErrorKind.BadSnapshot => IsolatedErrorKind.BadSnapshot,
        NativeErrorKind.GuestImage or NativeErrorKind.Io or NativeErrorKind.TooManyRuntimes => IsolatedErrorKind.Host,
        _ => IsolatedErrorKind.Other,
    };

    /// <summary>What an error says besides its message.</summary>
    private sealed class ErrorDetails
    {
        /// <summary>How deep inner exceptions are followed.</summary>
        private const int MostInner = 64;

        public List<string> Candidates { get; } = [];

        public GuestExceptionInfo? Exception { get; private set; }

        public string? Backtrace { get; private set; }

        public static ErrorDetails Read(BorrowedBytes bytes)
        {
            ErrorDetails details = new();
            if (bytes.Length == 0)
            {
                return details;
            }

            try
            {
                WireReader reader = new(bytes.Data, checked((int)bytes.Length));
                for (int left = reader.ReadMapHeader(); left > 0; left--)
                {
                    switch (reader.ReadString())
                    {
                        case "Candidates":
                            for (int count = reader.ReadArrayHeader(); count > 0; count--)
                            {
                                details.Candidates.Add(reader.ReadString() ?? string.Empty);
                            }

                            break;
                        case "Backtrace":
                            details.Backtrace = reader.ReadString();
                            break;
                        case "Exception" when !reader.TryNil():
                            details.Exception = ReadException(reader, 0);
                            break;
                        default:
                            reader.Skip();
                            break;
                    }
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // What could be read is what there is: the message stands for itself.
                return details;
            }

            return details;
        }

        private static GuestExceptionInfo ReadException(WireReader reader, int depth)
        {
            string type = string.Empty;
            string message = string.Empty;
            string text = string.Empty;
            string? trace = null;
            int hResult = 0;
            List<GuestExceptionInfo> inner = [];
            Dictionary<string, string> properties = [];
            for (int left = reader.ReadMapHeader(); left > 0; left--)
            {
                switch (reader.ReadString())
                {
                    case "TypeName":
                        type = reader.ReadString() ?? type;
                        break;
                    case "Message":
                        message = reader.ReadString() ?? message;
                        break;
                    case "StackTrace":
                        trace = reader.ReadString();
                        break;
                    case "Text":
                        text = reader.ReadString() ?? text;
                        break;
                    case "HResult":
                        hResult = reader.ReadInt32();
                        break;
                    case "Inner" when depth < MostInner:
                        for (int count = reader.ReadArrayHeader(); count > 0; count--)
                        {
                            inner.Add(ReadException(reader, depth + 1));
                        }

                        break;
                    case "Properties":
                        for (int count = reader.ReadMapHeader(); count > 0; count--)
                        {
                            properties[reader.ReadString() ?? string.Empty] = reader.ReadString() ?? string.Empty;
                        }

                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            return new GuestExceptionInfo
            {
                TypeName = type,
                Message = message,
                StackTrace = trace,
                Text = text.Length == 0 ? $"{type}: {message}" : text,
                HResult = hResult,
                Inner = inner,
                Properties = properties,
            };
        }
    }
}
