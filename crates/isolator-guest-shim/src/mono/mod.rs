//! The backend: what of the recipe knows that the guest's .NET is Mono. Its C side is `c/mono`.
//!
//! The rest of the recipe builds, boots, snapshots and splits a module, and asks a backend for this:
//!
//! - the runtime linked into one module: what its static libraries define and need ([`objects`]), the tables by which it
//!   calls native functions and is called by them ([`tables`]), its functions that the guest replaces ([`wraps`]), what is changed in
//!   the libraries themselves ([`archives`]), short ways from interpreted into compiled code ([`thunks`]), and the
//!   functions that a fresh runtime calls first ([`hot`]);
//! - a base class library that waits by running queued work ([`patches`]);
//! - compiled code, where it has any: the compiler ([`compiler`]), the list of methods ([`methods`]), the profiles that say
//!   so to the compiler ([`profile`]), the objects that come of it ([`ahead`]), and what programs that are compiled beside the guest
//!   call of it ([`side`]).
//!
//! What a backend gives in the guest itself, behind the WIT, `docs/architecture.md` lists. Which package it comes in is said in
//! [`pack`](crate::pack), and which of its libraries are linked, and how, in [`native`](crate::native).

pub mod ahead;
pub mod archives;
pub mod compiler;
pub mod hot;
pub mod objects;
pub mod patches;
pub mod side;
pub mod tables;
pub mod thunks;
pub mod wraps;

pub use isolator_compile::{methods, profile};
