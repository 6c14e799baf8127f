//! The functions that C code calls.

use super::told::{Done, Turn};
use super::{Cancel, Start, What, executor, submit};
use crate::error::CError;
use crate::guard::{guard, guard_out};
use crate::handle::{self, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::{isolator_buffer, isolator_bytes};
use std::ffi::c_void;
use std::sync::atomic::Ordering;

/// Called once when an asynchronous call is done, on a thread of the library. Exactly one of both says how: `value`, one MessagePack value, if
/// `error` is null. Both belong to the callee: `isolator_buffer_free` for what `value` points to (which itself lives only during the
/// call), `isolator_error_free` for `error`. It may call the runtime, and should not wait for other calls of it.
pub type isolator_complete_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        value: *mut isolator_buffer,
        error: *mut isolator_error,
    ),
>;

/// Called once when a runtime is free for whoever queued this, on a thread of the library, or of whoever forks or suspends the runtime. If `error` is null, the function is the runtime's caller until
/// it returns: it may call the runtime, on this thread, as if it came from outside, and calls that it queues come before all that are queued. Otherwise `error`
/// says why nothing will come of it, and belongs to the callee. It should not wait for others who use the runtime.
pub type isolator_turn_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, error: *mut isolator_error)>;

/// Queues a call, which has the time that calls of the runtime are given now.
///
/// # Safety
/// `runtime` points to a runtime of this library; the function and its value as the interface says.
unsafe fn submit_call(
    runtime: *mut isolator_runtime,
    what: What,
    done: isolator_complete_fn,
    user_data: *mut c_void,
) -> Result<u64, CError> {
    let executor = executor::executor()?;
    let done = done_of(done, user_data)?;
    // SAFETY: the caller says so.
    let shared = unsafe { shared(runtime) };
    let timeout = shared.call_timeout();
    submit(executor, shared, |id| Start::Call {
        id,
        timeout,
        what,
        done,
    })
}

/// Calls a method and awaits the task that it returns (a method that returns none is done at once). The call is queued, so the runtime may be in use,
/// and this returns without waiting; `done` is called later, exactly once. While the guest waits, no thread is held. If this function gives an error, `done`
/// is not called. `out` gets the call's number, for `isolator_runtime_cancel_async`. Objects that `args` pass by reference must live until the call is
/// done.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args`, the function and its value as the interface says; `out` points
/// to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_async(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Invoke {
                method: handle::method(method)?.clone(),
                target: handle::target(target)?.cloned(),
                args: args.get().to_vec(),
            };
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Fetches the next element of a stream, as `isolator_runtime_invoke_async` calls a method. The result is an array: the element, or nothing at the
/// end.
///
/// # Safety
/// As `isolator_runtime_invoke_async`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_next_element_async(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Next(handle::stream(stream)?.clone());
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Ends reading a stream before its end, as `isolator_runtime_invoke_async` calls a method. It is done when the guest has disposed the enumerator, so
/// that `finally` blocks have run; an exception of theirs is the error. One whose element is still being fetched ends after that; one that was not opened
/// yet ends at once.
///
/// # Safety
/// As `isolator_runtime_invoke_async`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_close_stream_async(
    runtime: *mut isolator_runtime,
    stream: *const isolator_handle,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let what = What::Close(handle::stream(stream)?.clone());
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Runs an assembly's entry point, as `isolator_runtime_invoke_async` calls a method. The result is the exit code that `Main` returns; a program that ends with
/// `Environment.Exit` is an error of kind `ISOLATOR_ERROR_EXIT`, whose code is that one.
///
/// # Safety
/// As `isolator_runtime_invoke_async`; `args` (nullable if `args_len` is 0) points to so many texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_run_main_async(
    runtime: *mut isolator_runtime,
    assembly: *const isolator_handle,
    args: *const isolator_bytes,
    args_len: usize,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let args = isolator_bytes::texts(args, args_len, "an argument of the program")?;
            let what = What::Main {
                assembly: handle::assembly(assembly)?.clone(),
                args: args.into_iter().map(str::to_owned).collect(),
            };
            submit_call(runtime, what, done, user_data)
        })
    }
}

/// Begins the asynchronous calls that are queued, on this thread rather than one of the library: so that a copy of the runtime has them. Forks and suspended
/// runtimes do so by themselves. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_begin_queued(
    runtime: *mut isolator_runtime,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter_settled(|_| Ok(()))
    })
}

/// Keeps the task of an asynchronous call that is under way, by its number, under a name (as `isolator_runtime_keep`): in a fork, or a runtime that is resumed, it
/// is taken up again by that. One that is queued begins now. An error of kind `ISOLATOR_ERROR_BAD_HANDLE` if the call is over. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_keep_call(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    call: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (name, shared) = unsafe { (name.text("the name to keep it under")?, shared(runtime)) };
        shared.enter_settled(|runtime| {
            let task = shared.queue.task_of(call).ok_or_else(|| {
                CError::bad_handle(format!(
                    "the call {call} cannot be kept as `{name}`: it is over, or none of this runtime's"
                ))
            })?;
            Ok(runtime.keep(name, &task)?)
        })
    })
}

/// Lists the numbers of asynchronous calls that were under way when the runtime was forked or suspended, and that nobody awaits here: at most `capacity` of them.
/// `out` gets how many there are.
///
/// # Safety
/// `runtime` points to a runtime of this library, `numbers` (nullable if `capacity` is 0) to so many places, `out` to one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_unfinished_calls(
    runtime: *mut isolator_runtime,
    numbers: *mut u64,
    capacity: usize,
    out: *mut usize,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let shared = shared(runtime);
            let unfinished = shared.enter(|guest| {
                let mut unfinished = guest.unfinished_calls();
                unfinished.retain(|number| shared.queue.task_of(*number).is_none());
                Ok(unfinished)
            })?;
            for (index, number) in unfinished.iter().take(capacity).enumerate() {
                numbers.add(index).write(*number);
            }
            Ok(unfinished.len())
        })
    }
}

/// Awaits an asynchronous call of `isolator_runtime_unfinished_calls`, as `isolator_runtime_invoke_async` awaits that of a method. Each is taken up once.
///
/// # Safety
/// `runtime` points to a runtime of this library; the function and its value as the interface says; `out` points to a place for the number that the call has here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_take_up_async(
    runtime: *mut isolator_runtime,
    number: u64,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            submit_call(runtime, What::Unfinished(number), done, user_data)
        })
    }
}

/// Awaits a task that was kept under a name, as `isolator_runtime_invoke_async` awaits that of a method: a call that was under way when the runtime was forked or
/// suspended goes on so.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; the function and its value as the interface says; `out` points to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_take_up_kept_async(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    done: isolator_complete_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let name = name.text("the name that it was kept under")?;
            submit_call(runtime, What::Kept(name.into()), done, user_data)
        })
    }
}

fn done_of(done: isolator_complete_fn, user_data: *mut c_void) -> Result<Done, CError> {
    match done {
        Some(done) => Ok(Done::new(done, user_data)),
        None => Err(CError::config("the function that a call ends with is null")),
    }
}

/// Has `turn` called when the runtime is free, to do what has to come before asynchronous calls (finding methods, copying objects) without waiting for others
/// who use it. This returns at once. `turn` is called later, exactly once; if this function gives an error, it is not called. `out` gets a number for
/// `isolator_runtime_abandon_async`.
///
/// # Safety
/// `runtime` points to a runtime of this library; the function and its value as the interface says; `out` points to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_queue_turn(
    runtime: *mut isolator_runtime,
    turn: isolator_turn_fn,
    user_data: *mut c_void,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let Some(function) = turn else {
                return Err(CError::config("the function that wants a turn is null"));
            };
            let executor = executor::executor()?;
            let turn = Turn::new(function, user_data);
            submit(executor, shared(runtime), |id| Start::Turn { id, turn })
        })
    }
}

/// Signals the `CancellationToken` that the method of an asynchronous call takes, if it takes one. One that has not begun does not begin, and ends
/// with an error of kind `ISOLATOR_ERROR_CANCELLED`; any other ends as the method does. The runtime may be in use. A call that is done: nothing happens.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_cancel_async(
    runtime: *mut isolator_runtime,
    call: u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { cancel(runtime, call, false) }
}

/// As `isolator_runtime_cancel_async`, and gives up the call (or the turn that was queued): it ends with an error of kind `ISOLATOR_ERROR_CANCELLED` as soon as the
/// runtime is free, however the method goes on. What that still awaits goes on with later calls of the runtime; what it computes is cut off by the limits.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_abandon_async(
    runtime: *mut isolator_runtime,
    call: u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { cancel(runtime, call, true) }
}

/// # Safety
/// `runtime` points to a runtime of this library.
unsafe fn cancel(runtime: *mut isolator_runtime, id: u64, abandon: bool) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        let mut waiting = shared.queue.waiting();
        if waiting.driven {
            waiting.cancels.push(Cancel { id, abandon });
            shared.queue.cancels.store(true, Ordering::Release);
        }
        drop(waiting);
        shared.queue.kick();
        Ok(())
    })
}
