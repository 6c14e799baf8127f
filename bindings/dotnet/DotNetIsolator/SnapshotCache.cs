using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using DotNetIsolator.Interop;

namespace DotNetIsolator;

/// <summary>What of a prepared runtime's types and lambdas was looked up there already, so that runtimes that start from its snapshot need not.</summary>
/// <remarks>The handles are kept in the snapshot under names of this library's. A snapshot that was loaded from a file has none of this.</remarks>
internal sealed partial class SnapshotCache
{
    private const string Prefix = "isolator.found.";

    /// <summary>Most handles.</summary>
    private const int Most = 4000;

    private readonly Dictionary<Type, byte[]> _types = [];
    private readonly Dictionary<Type, byte[]> _stateless = [];
    private readonly Dictionary<MethodInfo, (byte[] Name, byte[]? Letters)> _lambdas = [];
    private int _count;

    /// <summary>Makes one for the snapshot of a runtime.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="before">That of the snapshot which it started from.</param>
    public SnapshotCache(IsolatedRuntime runtime, SnapshotCache? before)
    {
        if (before is not null)
        {
            _types = new(before._types);
            _stateless = new(before._stateless);
            _lambdas = new(before._lambdas);
            _count = before._count;
        }

        runtime.EachFound(
            (type, found) =>
            {
                if (!_types.ContainsKey(type) && Keep(runtime, found.Handle) is { } name)
                {
                    _types[type] = name;
                }

                if (found.Stateless is { } shared && !_stateless.ContainsKey(type) && Keep(runtime, shared.Handle) is { } ofShared)
                {
                    _stateless[type] = ofShared;
                }
            },
            (code, found) =>
            {
                if (!_lambdas.ContainsKey(code) && Keep(runtime, found.Handle) is { } name)
                {
                    _lambdas[code] = (name, found.ScalarLetters);
                }
            });
    }

    /// <summary>Whether a name is one of these.</summary>
    public static bool Has(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A message without these names.</summary>
    public static string Without(string message) => Names().Replace(message, string.Empty).Replace("there is , ", "there is ", StringComparison.Ordinal);

    /// <summary>A type; null if it has to be looked up.</summary>
    public GuestHandle? Type(NativeRuntime runtime, Type type) => _types.TryGetValue(type, out byte[]? name) ? runtime.TryKept(name, HandleKind.Type) : null;

    /// <summary>The object of a type without state; null if it has to be made.</summary>
    public GuestHandle? Stateless(NativeRuntime runtime, Type type) =>
        _stateless.TryGetValue(type, out byte[]? name) ? runtime.TryKept(name, HandleKind.Object) : null;

    /// <summary>The method of a lambda, and the letters of its signature; null if it has to be looked up.</summary>
    public GuestHandle? Lambda(NativeRuntime runtime, MethodInfo code, out byte[]? letters)
    {
        bool known = _lambdas.TryGetValue(code, out (byte[] Name, byte[]? Letters) found);
        letters = found.Letters;
        return known ? runtime.TryKept(found.Name, HandleKind.Method) : null;
    }

    [GeneratedRegex(@"(, )?`isolator\.found\.[0-9]+`")]
    private static partial Regex Names();

    private byte[]? Keep(IsolatedRuntime runtime, GuestHandle handle)
    {
        if (_count == Most)
        {
            return null;
        }

        string name = Prefix + _count.ToString(CultureInfo.InvariantCulture);
        runtime.Native.Keep(name, handle);
        _count++;
        return Encoding.UTF8.GetBytes(name);
    }
}
