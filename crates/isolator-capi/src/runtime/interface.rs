//! The functions that C code calls.

use super::{isolator_runtime, shared, statistics};
use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::isolator_error;
use crate::types::{isolator_buffer, isolator_bytes};

/// A number that no other runtime of this process has. The runtime may be in use.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_id(runtime: *const isolator_runtime) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*runtime).0.id() }
}

/// Gives a runtime back, on any thread. If a call is running in it, it ends with that call. Handles that are left over do
/// nothing any more; asynchronous calls that are under way end with an error of kind `ISOLATOR_ERROR_DEAD`.
///
/// # Safety
/// `runtime`, nullable, is a runtime of this library that was not given back before, and no call starts with it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_free(runtime: *mut isolator_runtime) {
    if !runtime.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let runtime = unsafe { Box::from_raw(runtime) };
        quietly((), || runtime.0.close());
    }
}

/// Runs the guest's start-up now rather than in the first call.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_start(
    runtime: *mut isolator_runtime,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter_outer(|runtime| Ok(runtime.start()?))
    })
}

/// Whether the runtime can still be used: false once it trapped, exited or broke the contract. An error if it is in use.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_is_alive(
    runtime: *mut isolator_runtime,
    out: *mut bool,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, false, || {
            shared(runtime).enter_outer(|runtime| Ok(runtime.is_alive()))
        })
    }
}

/// Takes what a captured stream holds (1: standard output, 2: standard error), and makes room for more. Empty if the stream is not
/// captured.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_take_output(
    runtime: *mut isolator_runtime,
    stream: u32,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            shared(runtime).enter_outer(|runtime| match stream {
                1 => Ok(runtime.take_stdout().into()),
                2 => Ok(runtime.take_stderr().into()),
                _ => Err(CError::config(format!(
                    "there is no output stream {stream}: 1 is standard output, 2 standard error"
                ))),
            })
        })
    }
}

/// The end of what the guest wrote to standard error, wherever that went: at most 2 KiB.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_last_words(
    runtime: *mut isolator_runtime,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            shared(runtime).enter_outer(|runtime| Ok(runtime.last_words().into_bytes().into()))
        })
    }
}

/// A figure of the runtime; `which` is an `isolator_statistic`.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_statistic(
    runtime: *mut isolator_runtime,
    which: u32,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { guard_out(out, 0, || statistics::figure(&shared(runtime), which)) }
}

/// The name of an assembly that runs compiled, as its compiled code says it. `index` counts from 0, in the order in which they were loaded;
/// `ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES` says how many there are. Known of dead runtimes, too; not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_compiled_assembly(
    runtime: *mut isolator_runtime,
    index: usize,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            Ok(statistics::compiled(&shared(runtime), index)?
                .into_bytes()
                .into())
        })
    }
}

/// Runs the garbage collector for generation 0 to 2, and the finalizers that it made ready.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_collect(
    runtime: *mut isolator_runtime,
    generation: u32,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        shared.enter(|guest| Ok(guest.collect(generation)?))
    })
}

/// Runs an assembly's entry point to its end. The result is its exit code: what `Main` returned, or what it passed to
/// `Environment.Exit`, after which the runtime is dead. An asynchronous `Main` is awaited.
///
/// # Safety
/// `runtime` points to a runtime of this library, `assembly` to a handle, `args` (nullable if `args_len` is 0) to so many
/// texts, `out` to a place for the exit code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_run_main(
    runtime: *mut isolator_runtime,
    assembly: *const crate::isolator_handle,
    args: *const isolator_bytes,
    args_len: usize,
    out: *mut i32,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let assembly = crate::handle::assembly(assembly)?;
            let args = isolator_bytes::texts(args, args_len, "an argument of the program")?;
            shared(runtime).enter(|guest| Ok(guest.run_main(assembly, &args)?))
        })
    }
}
