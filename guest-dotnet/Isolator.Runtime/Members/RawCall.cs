using System;
using System.Reflection;

namespace Isolator.Runtime.Members;

/// <summary>Calls a method that takes bytes and gives bytes, without serialization.</summary>
internal sealed class RawCall
{
    private readonly MethodTarget _method;
    private readonly bool _takesSpan;
    private readonly bool _takesNothing;
    private readonly bool _givesNothing;
    private SpanToBytes? _spanToBytes;
    private SpanToNothing? _spanToNothing;

    private RawCall(MethodTarget method)
    {
        _method = method;
        _takesNothing = method.Parameters.Length == 0;
        _takesSpan = !_takesNothing && method.Parameters[0].ParameterType == typeof(ReadOnlySpan<byte>);
        _givesNothing = method.ResultType == typeof(void);
    }

    private delegate byte[]? SpanToBytes(ReadOnlySpan<byte> bytes);

    private delegate void SpanToNothing(ReadOnlySpan<byte> bytes);

    /// <summary>The raw call of a method.</summary>
    /// <exception cref="FailureException">It takes or gives something else.</exception>
    public static RawCall For(MethodTarget method)
    {
        bool takes = method.Parameters.Length == 0
            || (method.Parameters.Length == 1
                && (method.Parameters[0].ParameterType == typeof(byte[]) || method.Parameters[0].ParameterType == typeof(ReadOnlySpan<byte>)));
        bool gives = method.ResultType == typeof(byte[]) || method.ResultType == typeof(void);
        return takes && gives
            ? new RawCall(method)
            : throw new FailureException(
                FailureKind.Argument,
                $"{Signatures.Of(method.Method)} cannot be called with raw bytes: it must take one byte[] or ReadOnlySpan<byte> and return byte[] or nothing.")
            {
                Member = method.Method.Name,
            };
    }

    /// <summary>Calls it.</summary>
    public ReadOnlySpan<byte> Invoke(object? target, ReadOnlySpan<byte> bytes)
    {
        if (_takesNothing)
        {
            if (!bytes.IsEmpty)
            {
                throw new FailureException(
                    FailureKind.Argument,
                    $"{Signatures.Of(_method.Method)} takes no arguments, but {bytes.Length} bytes were passed.");
            }

            return (byte[]?)_method.Invoke(target, []);
        }

        if (!_takesSpan)
        {
            return (byte[]?)_method.Invoke(target, [bytes.ToArray()]);
        }

        // Spans cannot be boxed, so this one goes through a delegate; one bound to an object is made for each call.
        MethodInfo info = (MethodInfo)_method.Method;
        if (_givesNothing)
        {
            SpanToNothing call = _method.IsStatic
                ? _spanToNothing ??= info.CreateDelegate<SpanToNothing>()
                : info.CreateDelegate<SpanToNothing>(target);
            call(bytes);
            return default;
        }

        SpanToBytes function = _method.IsStatic
            ? _spanToBytes ??= info.CreateDelegate<SpanToBytes>()
            : info.CreateDelegate<SpanToBytes>(target);
        return function(bytes);
    }
}
