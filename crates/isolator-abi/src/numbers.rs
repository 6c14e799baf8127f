//! Numbers and names that host, guest and bindings must have alike. `cargo xtask codegen` writes them for C#.

/// How deep values may nest, on either side.
pub const MAX_DEPTH: usize = 128;

/// Most bytes that cross at once, whatever the limits are.
pub const LARGEST_VALUE: u64 = 1 << 30;

/// Most asynchronous calls of the host that one runtime may have under way, or done and not yet taken.
pub const MAX_CALLS: usize = 10_000;

/// Most arguments of a call of numbers (`invoke-scalar`).
pub const MAX_SCALARS: usize = 8;

/// Extension types of MessagePack.
pub mod extension {
    /// A handle: 8 bytes, big-endian.
    pub const HANDLE: i8 = 80;

    /// A `DateTime` whose kind is not UTC: one byte (1 unspecified, 2 local), then 8 bytes, big-endian: the ticks of the clock time
    /// (unspecified) or of the instant in UTC (local).
    pub const DATE_TIME_WITH_KIND: i8 = 81;

    /// A value with its type: the assembly-qualified name as a string, then the value. Written by hosts only, and read only where the
    /// declared type leaves the choice (`object`, an interface, a base class).
    pub const TYPED: i8 = 82;

    /// An object of the message's graph: its number among the roots, 4 bytes, little-endian. The graph itself is an extension value of
    /// the same type behind the message: its bytes, then the number of roots and the number of bytes before, 4 bytes each. Only a host in
    /// C# and its guests write it.
    pub const GRAPH: i8 = 83;

    /// An array of numbers: the `TypeCode` of its elements, then these as they lie in memory.
    pub const BLOCK: i8 = 84;

    /// An object that leads to no others, and is the only one of its message: its type as in a graph, then its fields, texts among them.
    /// Only a host in C# and its guests write it.
    pub const PLAIN: i8 = 85;
}
