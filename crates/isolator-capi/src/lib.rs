//! The isolator engine behind a C ABI: hosts, runtimes, snapshots, objects, calls, callbacks, tasks and scripts as opaque handles.
//!
//! `include/isolator.h` is made from this crate by `cargo xtask codegen`. Rules that hold for every function:
//!
//! - **Pointers.** A pointer parameter is not null and points to a live value of its type, unless its documentation says
//!   `nullable`. An `isolator_bytes` may have a null `data` only if its `len` is 0. What is passed in is only read during the
//!   call; the callee copies what it keeps. Where a function gives something through `out`, it writes there in every case:
//!   null (or zero) if it fails.
//! - **Ownership.** What a function gives out belongs to the caller, who gives it back with the `…_free` function of its type.
//!   Those take null, and do nothing then. What is given back is not used any more.
//! - **Errors.** Functions that can fail return null if they succeed, and otherwise an error, which belongs to the caller.
//!   No panic leaves the library: it becomes an error of kind `ISOLATOR_ERROR_PANIC`.
//! - **Text** is UTF-8 without a terminating zero.
//! - **Values** are MessagePack, in the shapes that `guest-dotnet/README.md` lists. Arguments are an array with one element per
//!   argument; no bytes at all are no arguments. Bytes that come from a guest are not checked: trust nothing in them.
//! - **Threads.** A host, a handle, an error and a buffer may be used and given back on any thread. A runtime takes one
//!   caller at a time, and another thread's call waits. Where the one who is in is in a function of the embedder's for longer than
//!   a second, which may itself be waiting, the call is an error of kind `ISOLATOR_ERROR_BUSY`. Code that a runtime calls
//!   (a callback) may call that runtime again, on the same thread. Function pointers are called on any thread.
//! - **Function pointers** must not unwind into the library (a C++ exception, `longjmp`). Each comes with a `user_data`, which it gets back,
//!   and mostly with a nullable `drop`, which is called once with it when the function will not be called any more: also if
//!   the function that was given it fails.

#![allow(non_camel_case_types, reason = "these are the names that C code uses")]

mod async_calls;
mod batch;
mod builder;
mod callback;
mod calls;
mod error;
mod forks;
mod guard;
mod guest;
mod handle;
mod host;
mod host_callbacks;
mod http;
mod limit_numbers;
mod limits;
mod loader;
mod log;
mod members;
mod objects;
mod pending_calls;
mod runtime;
mod script;
mod setting_names;
mod snapshot_info;
mod snapshots;
mod stdio;
mod streams;
mod suspended;
mod tasks;
#[cfg(test)]
mod tests;
mod types;
mod user;
mod warm;
mod words;

pub use async_calls::*;
pub use builder::*;
pub use callback::*;
pub use calls::*;
pub use error::*;
pub use forks::*;
pub use handle::*;
pub use host::*;
pub use host_callbacks::*;
pub use http::*;
pub use limit_numbers::*;
pub use limits::*;
pub use loader::*;
pub use log::*;
pub use members::*;
pub use objects::*;
pub use pending_calls::*;
pub use runtime::*;
pub use script::*;
pub use snapshot_info::*;
pub use snapshots::*;
pub use stdio::*;
pub use streams::*;
pub use suspended::*;
pub use tasks::*;
pub use types::*;
pub use user::*;
pub use warm::*;
pub use words::*;

/// Version of this interface. A change that breaks callers raises it; additions do not.
pub const ISOLATOR_ABI_VERSION: u32 = 1;

/// Version of this interface that the library implements: compare it with `ISOLATOR_ABI_VERSION` before anything else.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_abi_version() -> u32 {
    ISOLATOR_ABI_VERSION
}

/// Version of the library, such as `0.1.0`. Lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_library_version() -> isolator_bytes {
    isolator_bytes::of(env!("CARGO_PKG_VERSION").as_bytes())
}
