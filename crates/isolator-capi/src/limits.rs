//! What limits are as numbers, and stopping a runtime. `limit_numbers.rs` has which there are.

use crate::error::CError;
use crate::guard::guard;
use crate::isolator_error;
use crate::runtime::isolator_runtime;
use ::isolator_host::OutputOverflow;

/// As a limit's value: there is none.
pub const ISOLATOR_NO_LIMIT: u64 = u64::MAX;

/// What happens to output beyond its limit.
pub(crate) fn overflow(truncates: bool) -> OutputOverflow {
    if truncates {
        OutputOverflow::Truncate
    } else {
        OutputOverflow::Fail
    }
}

pub(crate) fn switch(which: u32, value: u64) -> Result<bool, CError> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(CError::config(format!(
            "{which} is a switch and no limit: 0 or 1, and not {value}"
        ))),
    }
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
