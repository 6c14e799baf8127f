//! Tasks and streams, by hand: started, polled and waited for on the caller's thread.

use crate::guard::{guard, guard_out};
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::streams::Stream;
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::NextRun;
use std::ptr;
use std::time::Duration;

/// Calls a method that returns a task (or anything else), without waiting. A `CancellationToken` that `args` leaves out is one that
/// `isolator_runtime_cancel_task` signals.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
/// place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_start_task(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (method, target, args) =
                (handle::method(method)?, handle::target(target)?, args.get());
            let task =
                shared(runtime).enter(|guest| Ok(guest.start_task_bytes(method, target, args)?))?;
            Ok(Named::Task(task).into_raw())
        })
    }
}

/// Whether a task is done, and its result as one MessagePack value. What it failed with is the error.
///
/// # Safety
/// `runtime` points to a runtime of this library, `task` to a handle, `done` to a place for the answer, `out` to one for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_poll_task(
    runtime: *mut isolator_runtime,
    task: *const isolator_handle,
    done: *mut bool,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        done.write(false);
        guard_out(out, isolator_buffer::EMPTY, || {
            let task = handle::task(task)?;
            let polled = shared(runtime).enter(|guest| Ok(guest.poll_task_bytes(task)?))?;
            done.write(polled.is_some());
            Ok(polled.map_or(isolator_buffer::EMPTY, Into::into))
        })
    }
}

/// Waits on this thread until a task is done; timers and continuations of the guest run meanwhile. The result is one MessagePack value.
///
/// # Safety
/// `runtime` points to a runtime of this library, `task` to a handle, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_wait_task(
    runtime: *mut isolator_runtime,
    task: *const isolator_handle,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let task = handle::task(task)?;
            let bytes = shared(runtime).enter(|guest| Ok(guest.wait_bytes(task)?))?;
            Ok(bytes.into())
        })
    }
}

/// Signals a task's cancellation token, if it has one.
///
/// # Safety
/// `runtime` points to a runtime of this library, `task` to a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_cancel_task(
    runtime: *mut isolator_runtime,
    task: *const isolator_handle,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (task, shared) = unsafe { (handle::task(task)?, shared(runtime)) };
        shared.enter(|guest| Ok(guest.cancel_task(task)?))
    })
}

/// Runs what is ready in the guest (work items, continuations, timers that are due) for about so many microseconds at most, 0: one round.
/// The result says when it wants to run again, in milliseconds: 0 at once, -1 not until it is called.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_run_pending(
    runtime: *mut isolator_runtime,
    microseconds: u64,
    out: *mut i64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, -1, || {
            let budget = Duration::from_micros(microseconds);
            let next = shared(runtime).enter(|guest| Ok(guest.run_pending(budget)?))?;
            Ok(match next {
                NextRun::Now => 0,
                NextRun::After(time) => i64::try_from(time.as_millis()).unwrap_or(i64::MAX),
                NextRun::WhenCalled => -1,
            })
        })
    }
}

/// Starts to read an `IAsyncEnumerable<T>` or `IEnumerable<T>`.
///
/// # Safety
/// `runtime` points to a runtime of this library, `source` to an object's handle, `out` to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_open_stream(
    runtime: *mut isolator_runtime,
    source: *const isolator_handle,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = handle::object(source)?;
            let stream = shared(runtime).enter(|guest| Ok(guest.open_stream(source)?))?;
            Ok(Named::Stream(Stream::opened(stream)).into_raw())
        })
    }
}

/// Starts to fetch the next element of a stream. The task's result is an array: the element, or nothing at the end.
///
/// # Safety
/// `runtime` points to a runtime of this library, `stream` to a handle, `out` to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_next_element(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let stream = handle::stream(stream)?;
            let task = shared(runtime).enter(|guest| {
                let stream = stream.open(guest)?;
                Ok(guest.start_next_element(stream)?)
            })?;
            Ok(Named::Task(task).into_raw())
        })
    }
}

/// Ends reading a stream before its end.
///
/// # Safety
/// `runtime` points to a runtime of this library, `stream` to a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_close_stream(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (stream, shared) = unsafe { (handle::stream(stream)?, shared(runtime)) };
        shared.enter(|guest| match stream.to_close() {
            Some(stream) => Ok(guest.close_stream(stream)?),
            None => Ok(()),
        })
    })
}
