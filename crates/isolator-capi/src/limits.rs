//! Limits by number, and stopping a runtime.

use crate::error::Failure;
use crate::guard::guard;
use crate::isolator_error;
use crate::runtime::isolator_runtime;
use ::isolator_host::{LimitKind, Limits, OutputOverflow};
use std::time::Duration;

/// What a runtime may use up. The code of an error of kind `ISOLATOR_ERROR_LIMIT` is one of these.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_limit {
    /// With `ISOLATOR_NO_LIMIT` only: removes all limits.
    ISOLATOR_LIMIT_ALL = 0,
    /// Memory beyond the snapshot, in bytes.
    ISOLATOR_LIMIT_MEMORY = 1,
    /// Wall time of one call, in nanoseconds.
    ISOLATOR_LIMIT_CALL_TIMEOUT = 2,
    /// Wall time since the runtime was created, in nanoseconds.
    ISOLATOR_LIMIT_LIFETIME = 3,
    /// CPU time of one call, in nanoseconds.
    ISOLATOR_LIMIT_CALL_CPU = 4,
    /// CPU time of all calls together, in nanoseconds.
    ISOLATOR_LIMIT_TOTAL_CPU = 5,
    /// Fuel of the runtime, in units of the engine, if the host has `ISOLATOR_HOST_METER_FUEL`.
    ISOLATOR_LIMIT_FUEL = 6,
    /// Bytes that it writes to standard output and standard error.
    ISOLATOR_LIMIT_OUTPUT = 7,
    /// Calls of callbacks.
    ISOLATOR_LIMIT_CALLBACKS = 8,
    /// Calls of callbacks in a second.
    ISOLATOR_LIMIT_CALLBACK_RATE = 9,
    /// Handles that the host holds.
    ISOLATOR_LIMIT_HANDLES = 10,
    /// Bytes of one value, either way.
    ISOLATOR_LIMIT_VALUE = 11,
    /// Bytes that the host keeps for the runtime: asynchronous callbacks and their results.
    ISOLATOR_LIMIT_BUFFERS = 12,
    /// Bytes that it adds to its directories.
    ISOLATOR_LIMIT_DIRECTORY_BYTES = 13,
    /// Files and directories that it makes.
    ISOLATOR_LIMIT_FILES = 14,
    /// Files that are open at once.
    ISOLATOR_LIMIT_OPEN_FILES = 15,
    /// How deep calls may nest from guest to host.
    ISOLATOR_LIMIT_CALLBACK_DEPTH = 16,
    /// Not a limit: the steps in which the guest sees clocks move on, in nanoseconds.
    ISOLATOR_LIMIT_COARSE_CLOCK = 17,
    /// Of a host, as the code of an error only: memory of all its runtimes together. `ISOLATOR_HOST_MEMORY` sets it.
    ISOLATOR_LIMIT_HOST_MEMORY = 18,
    /// Of a host, as the code of an error only: calls that run at once. `ISOLATOR_HOST_RUNNING_CALLS` sets it.
    ISOLATOR_LIMIT_RUNNING_CALLS = 19,
    /// Not a limit: 1 to drop output beyond `ISOLATOR_LIMIT_OUTPUT` without a word to the guest; 0, which is the default, to end the call.
    ISOLATOR_LIMIT_OUTPUT_TRUNCATES = 20,
    /// Not a limit: 1 to measure CPU time exactly for the statistics, as with a limit of it; 0, which is the default, to sample it.
    ISOLATOR_LIMIT_MEASURES_CPU = 21,
}

use isolator_limit::*;

/// As a limit's value: there is none.
pub const ISOLATOR_NO_LIMIT: u64 = u64::MAX;

/// Limits with one of them changed.
pub(crate) fn limited(limits: Limits, which: u32, value: u64) -> Result<Limits, Failure> {
    const ALL: u32 = ISOLATOR_LIMIT_ALL as u32;
    const MEMORY: u32 = ISOLATOR_LIMIT_MEMORY as u32;
    const CALL_TIMEOUT: u32 = ISOLATOR_LIMIT_CALL_TIMEOUT as u32;
    const LIFETIME: u32 = ISOLATOR_LIMIT_LIFETIME as u32;
    const CALL_CPU: u32 = ISOLATOR_LIMIT_CALL_CPU as u32;
    const TOTAL_CPU: u32 = ISOLATOR_LIMIT_TOTAL_CPU as u32;
    const FUEL: u32 = ISOLATOR_LIMIT_FUEL as u32;
    const OUTPUT: u32 = ISOLATOR_LIMIT_OUTPUT as u32;
    const CALLBACKS: u32 = ISOLATOR_LIMIT_CALLBACKS as u32;
    const CALLBACK_RATE: u32 = ISOLATOR_LIMIT_CALLBACK_RATE as u32;
    const HANDLES: u32 = ISOLATOR_LIMIT_HANDLES as u32;
    const VALUE: u32 = ISOLATOR_LIMIT_VALUE as u32;
    const BUFFERS: u32 = ISOLATOR_LIMIT_BUFFERS as u32;
    const DIRECTORY_BYTES: u32 = ISOLATOR_LIMIT_DIRECTORY_BYTES as u32;
    const FILES: u32 = ISOLATOR_LIMIT_FILES as u32;
    const OPEN_FILES: u32 = ISOLATOR_LIMIT_OPEN_FILES as u32;
    const CALLBACK_DEPTH: u32 = ISOLATOR_LIMIT_CALLBACK_DEPTH as u32;
    const COARSE_CLOCK: u32 = ISOLATOR_LIMIT_COARSE_CLOCK as u32;
    const OUTPUT_TRUNCATES: u32 = ISOLATOR_LIMIT_OUTPUT_TRUNCATES as u32;
    const MEASURES_CPU: u32 = ISOLATOR_LIMIT_MEASURES_CPU as u32;
    let number = (value != ISOLATOR_NO_LIMIT).then_some(value);
    let time = number.map(Duration::from_nanos);
    // What does not fit is more than there can be.
    let small = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok(match which {
        ALL if number.is_none() => Limits::none(),
        ALL => return Err(Failure::config("all limits can only be removed at once")),
        MEMORY => limits.memory(number),
        CALL_TIMEOUT => limits.call_timeout(time),
        LIFETIME => limits.lifetime(time),
        CALL_CPU => limits.call_cpu(time),
        TOTAL_CPU => limits.total_cpu(time),
        FUEL => limits.fuel(number),
        OUTPUT => limits.max_output(number),
        CALLBACKS => limits.max_callbacks(number),
        CALLBACK_RATE => limits.callback_rate(small),
        HANDLES => limits.max_handles(number),
        VALUE => limits.max_value(number),
        BUFFERS => limits.max_buffers(number),
        DIRECTORY_BYTES => limits.directory_bytes(number),
        FILES => limits.max_files(number),
        OPEN_FILES => limits.max_open_files(number),
        CALLBACK_DEPTH => limits.max_callback_depth(small),
        COARSE_CLOCK => limits.coarse_clock(time),
        OUTPUT_TRUNCATES => limits.output_overflow(if switch(which, value)? {
            OutputOverflow::Truncate
        } else {
            OutputOverflow::Fail
        }),
        MEASURES_CPU => limits.measure_cpu(switch(which, value)?),
        _ => return Err(Failure::config(format!("there is no limit {which}"))),
    })
}

fn switch(which: u32, value: u64) -> Result<bool, Failure> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::config(format!(
            "{which} is a switch and no limit: 0 or 1, and not {value}"
        ))),
    }
}

/// The number of a limit; 0 for one that this interface does not know.
pub(crate) fn number_of(kind: LimitKind) -> i32 {
    let limit = match kind {
        LimitKind::Memory => ISOLATOR_LIMIT_MEMORY,
        LimitKind::CallTimeout => ISOLATOR_LIMIT_CALL_TIMEOUT,
        LimitKind::Lifetime => ISOLATOR_LIMIT_LIFETIME,
        LimitKind::CallCpu => ISOLATOR_LIMIT_CALL_CPU,
        LimitKind::TotalCpu => ISOLATOR_LIMIT_TOTAL_CPU,
        LimitKind::Fuel => ISOLATOR_LIMIT_FUEL,
        LimitKind::Output => ISOLATOR_LIMIT_OUTPUT,
        LimitKind::Callbacks => ISOLATOR_LIMIT_CALLBACKS,
        LimitKind::CallbackRate => ISOLATOR_LIMIT_CALLBACK_RATE,
        LimitKind::Handles => ISOLATOR_LIMIT_HANDLES,
        LimitKind::Value => ISOLATOR_LIMIT_VALUE,
        LimitKind::Buffers => ISOLATOR_LIMIT_BUFFERS,
        LimitKind::DirectoryBytes => ISOLATOR_LIMIT_DIRECTORY_BYTES,
        LimitKind::Files => ISOLATOR_LIMIT_FILES,
        LimitKind::OpenFiles => ISOLATOR_LIMIT_OPEN_FILES,
        LimitKind::HostMemory => ISOLATOR_LIMIT_HOST_MEMORY,
        LimitKind::RunningCalls => ISOLATOR_LIMIT_RUNNING_CALLS,
        _ => ISOLATOR_LIMIT_ALL,
    };
    limit as i32
}

/// Stops a runtime for good, from any thread, also while a call is running in it: that and all later ones end with an error of kind
/// `ISOLATOR_ERROR_CANCELLED`. A synchronous callback cannot be interrupted: the error comes when it returns.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_cancel(
    runtime: *mut isolator_runtime,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { crate::runtime::shared(runtime) };
        shared.cancel.cancel();
        Ok(())
    })
}

/// Limits each call that begins from now on, until this is called again: wall time in nanoseconds, and fuel, or `ISOLATOR_NO_LIMIT` for none
/// besides the runtime's own. Of both the smaller one counts. A call that reaches one ends as with the runtime's own limits, and the
/// runtime with it. Asynchronous calls have the time that was set when they were queued, and no fuel of their own. The runtime may be in use.
///
/// # Safety
/// `runtime` points to a runtime of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_set_call_limits(
    runtime: *mut isolator_runtime,
    timeout: u64,
    fuel: u64,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { crate::runtime::shared(runtime) };
        shared.set_call_limits(timeout, fuel)
    })
}
