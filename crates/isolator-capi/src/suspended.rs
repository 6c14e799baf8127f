//! Runtimes that sleep as bytes, and wake from them.

use crate::builder::isolator_runtime_builder;
use crate::forks::into_raw;
use crate::guard::{guard, guard_out, quietly};
use crate::host::isolator_host;
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::isolator_bytes;
use ::isolator_host::Suspended;
use std::ptr;

/// A runtime that waits, as bytes. May be used by any number of threads.
pub struct isolator_suspended(pub(crate) Suspended);

fn made(suspended: Suspended) -> *mut isolator_suspended {
    Box::into_raw(Box::new(isolator_suspended(suspended)))
}

/// Writes down a runtime as it is, for this process or another one to go on from (`isolator_host_resume`). The runtime itself stays as it is: give it back if
/// it is to go on only there. What was granted to it and its callbacks are no part of that. Your asynchronous calls that were queued have begun
/// before; those that were given a name (`isolator_runtime_keep_call`) can be taken up again.
///
/// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along, such as open files. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for what it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_suspend(
    runtime: *mut isolator_runtime,
    out: *mut *mut isolator_suspended,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let suspended = shared(runtime).enter_settled(|runtime| Ok(runtime.suspend()?))?;
            Ok(made(suspended))
        })
    }
}

/// The bytes. They live as long as what they are of.
///
/// # Safety
/// `suspended` points to a suspended runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_suspended_bytes(
    suspended: *const isolator_suspended,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { (*suspended).0.as_bytes() })
}

/// Takes bytes for a suspended runtime, which are copied. What they hold runs in a sandbox, whoever made them; those that are none are an error of kind
/// `ISOLATOR_ERROR_BAD_SNAPSHOT`, here or when they are resumed.
///
/// # Safety
/// `bytes` as the interface says; `out` points to a place for what it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_suspended_from_bytes(
    bytes: isolator_bytes,
    out: *mut *mut isolator_suspended,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(made(Suspended::from_bytes(bytes.get())?))
        })
    }
}

/// Writes a suspended runtime to a file. It holds all of the runtime's memory. Nothing is left half-written.
///
/// # Safety
/// `suspended` points to a suspended runtime of this library; `path` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_suspended_save(
    suspended: *const isolator_suspended,
    path: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (suspended, path) = unsafe { (&(*suspended).0, path.text("the file's path")?) };
        Ok(suspended.save(path)?)
    })
}

/// Reads a file that `isolator_suspended_save` wrote.
///
/// # Safety
/// `path` is text; `out` points to a place for what it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_suspended_load(
    path: isolator_bytes,
    out: *mut *mut isolator_suspended,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(made(Suspended::load(path.text("the file's path")?)?))
        })
    }
}

/// Gives a suspended runtime back. Those that were resumed from it live on.
///
/// # Safety
/// `suspended`, nullable, is a suspended runtime of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_suspended_free(suspended: *mut isolator_suspended) {
    if !suspended.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let suspended = unsafe { Box::from_raw(suspended) };
        quietly((), || drop(suspended));
    }
}

/// Makes a runtime that goes on from where a suspended one was, to which nothing is granted. It may be done any number of times. It has the host's callbacks; others
/// are registered again.
///
/// # Safety
/// `host` points to a host of this library, `suspended` to a suspended runtime, `out` to a place for the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_resume(
    host: *const isolator_host,
    suspended: *const isolator_suspended,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(into_raw((*host).0.resume(&(*suspended).0)?))
        })
    }
}

/// As `isolator_host_resume`, with the grants, limits and streams of a builder, which is used up, and is still given back with `isolator_runtime_builder_free`.
///
/// # Safety
/// `builder` points to a builder of this library, `suspended` to a suspended runtime, `out` to a place for the runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_resume(
    builder: *mut isolator_runtime_builder,
    suspended: *const isolator_suspended,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let runtime = (*builder).take()?.resume(&(*suspended).0)?;
            Ok(into_raw(runtime))
        })
    }
}
