// Made by `cargo xtask codegen` from crates/isolator-abi/src/numbers.rs: do not edit.
namespace Isolator.Runtime.Wire;

/// <content>What host, guest and bindings have alike; the Rust source says more.</content>
internal static partial class Codes
{
    /// <summary>Extension type of a handle.</summary>
    public const sbyte Handle = 80;

    /// <summary>Extension type of a <see cref="System.DateTime"/> whose kind is not UTC.</summary>
    public const sbyte DateTimeWithKind = 81;

    /// <summary>Extension type of a value with its type.</summary>
    public const sbyte Typed = 82;

    /// <summary>Extension type of an object of the message's graph, and of the graph.</summary>
    public const sbyte Graph = 83;

    /// <summary>Extension type of an array of numbers.</summary>
    public const sbyte Block = 84;

    /// <summary>Extension type of an object that leads to no others and is the only one of its message.</summary>
    public const sbyte Plain = 85;

    /// <summary>How deep values may nest.</summary>
    public const int MaxDepth = 128;

    /// <summary>Most bytes that cross at once.</summary>
    public const long LargestValue = 1073741824;

    /// <summary>Most asynchronous calls of the host that one runtime may have under way.</summary>
    public const int MaxCalls = 10000;

    /// <summary>Bytes of arguments and results that these may have, unless the runtime is given another limit.</summary>
    public const ulong DefaultBuffers = 268435456;
}
