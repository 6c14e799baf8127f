// Made by `cargo xtask codegen` from crates/isolator-abi/src/limits.rs: do not edit.

//! Limits by number.

use crate::error::CError;
use crate::limits::{ISOLATOR_NO_LIMIT, overflow, switch};
use ::isolator_host::{LimitKind, Limits};
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
    /// Not a limit: 1 to drop output beyond `ISOLATOR_LIMIT_OUTPUT` without a word to the guest; 0, which is the default, to end the
    /// call.
    ISOLATOR_LIMIT_OUTPUT_TRUNCATES = 20,
    /// Not a limit: 1 to measure CPU time exactly for the statistics, as with a limit of it; 0, which is the default, to sample it.
    ISOLATOR_LIMIT_MEASURES_CPU = 21,
}

use isolator_limit::*;

/// Limits with one of them changed.
pub(crate) fn limited(limits: Limits, which: u32, value: u64) -> Result<Limits, CError> {
    let number = (value != ISOLATOR_NO_LIMIT).then_some(value);
    let time = number.map(Duration::from_nanos);
    // What does not fit is more than there can be.
    let small = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok(match which {
        // ISOLATOR_LIMIT_ALL
        0 if number.is_none() => Limits::none(),
        0 => return Err(CError::config("all limits can only be removed at once")),
        // ISOLATOR_LIMIT_MEMORY
        1 => limits.memory(number),
        // ISOLATOR_LIMIT_CALL_TIMEOUT
        2 => limits.call_timeout(time),
        // ISOLATOR_LIMIT_LIFETIME
        3 => limits.lifetime(time),
        // ISOLATOR_LIMIT_CALL_CPU
        4 => limits.call_cpu(time),
        // ISOLATOR_LIMIT_TOTAL_CPU
        5 => limits.total_cpu(time),
        // ISOLATOR_LIMIT_FUEL
        6 => limits.fuel(number),
        // ISOLATOR_LIMIT_OUTPUT
        7 => limits.max_output(number),
        // ISOLATOR_LIMIT_CALLBACKS
        8 => limits.max_callbacks(number),
        // ISOLATOR_LIMIT_CALLBACK_RATE
        9 => limits.callback_rate(small),
        // ISOLATOR_LIMIT_HANDLES
        10 => limits.max_handles(number),
        // ISOLATOR_LIMIT_VALUE
        11 => limits.max_value(number),
        // ISOLATOR_LIMIT_BUFFERS
        12 => limits.max_buffers(number),
        // ISOLATOR_LIMIT_DIRECTORY_BYTES
        13 => limits.directory_bytes(number),
        // ISOLATOR_LIMIT_FILES
        14 => limits.max_files(number),
        // ISOLATOR_LIMIT_OPEN_FILES
        15 => limits.max_open_files(number),
        // ISOLATOR_LIMIT_CALLBACK_DEPTH
        16 => limits.max_callback_depth(small),
        // ISOLATOR_LIMIT_COARSE_CLOCK
        17 => limits.coarse_clock(time),
        // ISOLATOR_LIMIT_OUTPUT_TRUNCATES
        20 => limits.output_overflow(overflow(switch(which, value)?)),
        // ISOLATOR_LIMIT_MEASURES_CPU
        21 => limits.measure_cpu(switch(which, value)?),

        _ => return Err(CError::config(format!("there is no limit {which}"))),
    })
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
