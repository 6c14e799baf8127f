//! The border: no panic leaves, failures become errors, and `out` is written in every case.

use crate::error::{CError, isolator_error};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".into())
}

/// Runs `f`; null, or the error that it gave.
#[inline]
pub(crate) fn guard(f: impl FnOnce() -> Result<(), CError>) -> *mut isolator_error {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => ptr::null_mut(),
        Ok(Err(error)) => error.into_raw(),
        Err(panic) => CError::panic(text_of(&*panic)).into_raw(),
    }
}

/// Runs `f` and writes what it gives to `out`, or `none` if it fails.
///
/// # Safety
/// `out` points to a place for a `T`.
#[inline]
pub(crate) unsafe fn guard_out<T>(
    out: *mut T,
    none: T,
    f: impl FnOnce() -> Result<T, CError>,
) -> *mut isolator_error {
    // SAFETY: the caller says that there is a place, which may hold nothing yet.
    unsafe { out.write(none) };
    guard(|| {
        let value = f()?;
        // SAFETY: as above; `none` needs no drop.
        unsafe { out.write(value) };
        Ok(())
    })
}

/// Runs `f`, which cannot fail; a panic gives `otherwise`.
pub(crate) fn quietly<T>(otherwise: T, f: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        tracing::error!(panic = text_of(&*panic), "a panic inside the library");
        otherwise
    })
}
