//! States of guests, as files: a memory as a WebAssembly module of its data ([`state`]), what a memory differs by from another ([`delta`]), and runtimes
//! that were written down ([`sleep`]).
//!
//! Everything that is read here may come from a stranger: it gives an error, and neither a panic nor more memory than it says that it needs.

pub mod delta;
pub mod sleep;
pub mod state;

/// Why bytes are not what they are to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    /// Says why.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
