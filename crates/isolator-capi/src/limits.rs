//! Limits by number, and stopping a runtime.

use crate::error::Failure;
use crate::guard::guard;
use crate::isolator_error;
use crate::runtime::isolator_runtime;
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
    let number = (value != ISOLATOR_NO_LIMIT).then_some(value);
    let time = number.map(Duration::from_nanos);
    Ok(match which {
        ALL if number.is_none() => Limits::none(),
        ALL => return Err(Failure::config("all limits can only be removed at once")),
        MEMORY => limits.memory(number),
        CALL_TIMEOUT => limits.call_timeout(time),
        LIFETIME => limits.lifetime(time),
        CALL_CPU => limits.call_cpu(time),
        TOTAL_CPU => limits.total_cpu(time),
        _ => return Err(Failure::config(format!("there is no limit {which}"))),
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
