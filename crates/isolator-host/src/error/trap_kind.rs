//! What stopped a runtime.

use std::fmt;

/// Why a runtime was stopped.
///
/// Where guest code aborted, this is what its runtime said of it on standard error. Guest code could write the same before it
/// aborts otherwise, so let nothing but messages depend on the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// Guest code recursed too deep.
    StackOverflow,
    /// `Environment.FailFast`.
    FailFast,
    /// An exception that nothing could catch: one of a finalizer, say.
    UnhandledException,
    /// Memory ran out where .NET could not make an `OutOfMemoryException` of it.
    OutOfMemory,
    /// An access outside the guest's memory.
    OutOfBounds,
    /// The guest aborted, and said nothing that is known.
    Aborted,
    /// Any other trap.
    Other,
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StackOverflow => "stack overflow",
            Self::FailFast => "Environment.FailFast",
            Self::UnhandledException => "unhandled exception",
            Self::OutOfMemory => "out of memory",
            Self::OutOfBounds => "access outside of memory",
            Self::Aborted => "aborted",
            Self::Other => "trap",
        })
    }
}
