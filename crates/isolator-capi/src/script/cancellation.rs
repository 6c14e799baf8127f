//! Stopping work with scripts.

use crate::guard::quietly;
use isolator_script::Cancellation;

/// Stops what it was given to, from any thread: a compilation, or a run. Made for one piece of work.
pub struct isolator_script_cancellation(pub(super) Cancellation);

/// One that stops nothing yet. Never null.
#[unsafe(no_mangle)]
pub extern "C" fn isolator_script_cancellation_new() -> *mut isolator_script_cancellation {
    Box::into_raw(Box::new(isolator_script_cancellation(Cancellation::new())))
}

/// Stops what it was given to: that ends with an error of kind `ISOLATOR_ERROR_CANCELLED`, also if it only begins later. On any thread, more than once. A
/// function of the embedder's that the work is in cannot be interrupted: the error comes when it returns.
///
/// # Safety
/// `cancellation` points to a cancellation of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_cancellation_cancel(
    cancellation: *const isolator_script_cancellation,
) {
    // SAFETY: the caller says so.
    let cancellation = unsafe { &(*cancellation).0 };
    quietly((), || cancellation.cancel());
}

/// Gives one back. What it was given to goes on.
///
/// # Safety
/// `cancellation`, nullable, is a cancellation of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_cancellation_free(
    cancellation: *mut isolator_script_cancellation,
) {
    if !cancellation.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let cancellation = unsafe { Box::from_raw(cancellation) };
        quietly((), || drop(cancellation));
    }
}
