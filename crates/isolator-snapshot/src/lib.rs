//! States of guests, as files: a memory as a WebAssembly module of its data ([`state`]), and what a memory differs by from another
//! ([`delta`]).
//!
//! Everything that is read here may come from a stranger: it gives an error, and neither a panic nor more memory than it says that it needs.

pub mod delta;
pub mod state;

/// Why bytes are no state or no delta.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
