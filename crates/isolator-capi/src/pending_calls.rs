//! Calls of the host that a runtime waits for and that nobody runs, since it was forked or suspended while they were under way.

use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::isolator_bytes;
use ::isolator_host::{Calls, PendingCall};
use std::ptr;

/// A list of pending calls.
pub struct isolator_pending_calls(Vec<PendingCall>);

/// One of them. What it points to lives as long as the list.
#[repr(C)]
pub struct isolator_pending_call {
    /// Its number in the runtime.
    pub id: u64,
    /// Name of the callback.
    pub name: isolator_bytes,
    /// The arguments, as the callback got them.
    pub args: isolator_bytes,
}

/// Lists the calls of the host's asynchronous callbacks that were under way when a runtime was forked or suspended, and that nobody runs here: each is answered,
/// failed, or begun again.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_pending_calls(
    runtime: *mut isolator_runtime,
    out: *mut *mut isolator_pending_calls,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let calls = shared(runtime).enter(|guest| Ok(guest.pending_calls()))?;
            Ok(Box::into_raw(Box::new(isolator_pending_calls(calls))))
        })
    }
}

/// How many there are.
///
/// # Safety
/// `calls` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_pending_calls_len(calls: *const isolator_pending_calls) -> usize {
    // SAFETY: the caller says so.
    unsafe { (*calls).0.len() }
}

/// One of them. `index` is less than `isolator_pending_calls_len`; otherwise it is zeros.
///
/// # Safety
/// `calls` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_pending_calls_get(
    calls: *const isolator_pending_calls,
    index: usize,
) -> isolator_pending_call {
    // SAFETY: the caller says so.
    match unsafe { &(*calls).0 }.get(index) {
        Some(call) => isolator_pending_call {
            id: call.id,
            name: isolator_bytes::of(call.name.as_bytes()),
            args: isolator_bytes::of(&call.args),
        },
        None => isolator_pending_call {
            id: 0,
            name: isolator_bytes::none(),
            args: isolator_bytes::none(),
        },
    }
}

/// Gives a list back.
///
/// # Safety
/// `calls`, nullable, is a list of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_pending_calls_free(calls: *mut isolator_pending_calls) {
    if !calls.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let calls = unsafe { Box::from_raw(calls) };
        quietly((), || drop(calls));
    }
}

/// Does something with a pending call; whoever drives the runtime then looks what has come of it.
///
/// # Safety
/// `runtime` points to a runtime of this library.
unsafe fn end(
    runtime: *mut isolator_runtime,
    f: impl FnOnce(&mut Calls<'_>) -> Result<(), CError>,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter(f)?;
        shared.queue.kick();
        Ok(())
    })
}

/// Gives a pending call its result: one MessagePack value. The guest goes on where asynchronous calls of yours are under
/// way, a task is waited for, or with `isolator_runtime_run_pending`.
///
/// # Safety
/// `runtime` points to a runtime of this library; `value` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_answer_call(
    runtime: *mut isolator_runtime,
    id: u64,
    value: isolator_bytes,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        end(runtime, |guest| {
            Ok(guest.answer_call_bytes(id, value.get().to_vec())?)
        })
    }
}

/// Ends a pending call with a failure, as `isolator_call_fail` does.
///
/// # Safety
/// `runtime` points to a runtime of this library; `message` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_fail_call(
    runtime: *mut isolator_runtime,
    id: u64,
    message: isolator_bytes,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        end(runtime, |guest| {
            Ok(guest.fail_call(id, message.text("the failure's message")?)?)
        })
    }
}

/// Begins a pending call again, with the same arguments: by the callback that is registered now under its name.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_restart_call(
    runtime: *mut isolator_runtime,
    id: u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { end(runtime, |guest| Ok(guest.restart_call(id)?)) }
}
