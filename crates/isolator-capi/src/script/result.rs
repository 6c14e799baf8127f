//! What came of a run.

use super::isolator_script_diagnostics;
use crate::error::CError;
use crate::guard::{guard_out, quietly};
use crate::isolator_error;
use crate::runtime::figure_of;
use crate::types::isolator_bytes;
use ::isolator_host::RuntimeStats;
use isolator_abi::wire;
use isolator_script::{Ran, Submission};
use std::ptr;

/// A script, or a submission of a session, that ran to its end, whatever end that was.
pub struct isolator_script_result {
    exit_code: i32,
    error: Option<isolator_error>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    stats: RuntimeStats,
    diagnostics: isolator_script_diagnostics,
    value: Option<Vec<u8>>,
    value_text: Option<String>,
}

impl isolator_script_result {
    /// For the caller.
    pub(super) fn into_raw(self) -> *mut Self {
        Box::into_raw(Box::new(self))
    }
}

impl From<Ran> for isolator_script_result {
    fn from(ran: Ran) -> Self {
        let (exit_code, error) = match ran.result {
            Ok(code) => (code, None),
            Err(error) => (0, Some(CError::from(error).into_error())),
        };
        Self {
            exit_code,
            error,
            stdout: ran.stdout,
            stderr: ran.stderr,
            stats: ran.stats,
            diagnostics: isolator_script_diagnostics(ran.diagnostics),
            value: None,
            value_text: None,
        }
    }
}

impl From<Submission> for isolator_script_result {
    fn from(submission: Submission) -> Self {
        // What came out of the sandbox as bytes goes on as bytes.
        let value = submission.value.as_ref().map(wire::to_bytes);
        Self {
            exit_code: 0,
            error: submission
                .result
                .err()
                .map(|error| CError::from(error).into_error()),
            stdout: submission.stdout,
            stderr: submission.stderr,
            stats: submission.stats,
            diagnostics: isolator_script_diagnostics(submission.diagnostics),
            value: value.and_then(Result::ok),
            value_text: submission.value_text,
        }
    }
}

/// The value of a submission, as one MessagePack value; null `data` if it has none, or one that stays inside, and for programs. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_value(
    result: *const isolator_script_result,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::or_none(unsafe { &(*result).value }.as_ref())
}

/// The value of a submission as C# writes it, in its first ten thousand characters; null `data` if it has none, and for programs. What a stranger wrote may be in
/// it. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_value_text(
    result: *const isolator_script_result,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::or_none(unsafe { &(*result).value_text }.as_ref())
}

/// Why it did not come to its end: the exception that it let escape, the limit that stopped it; null if it did. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_error(
    result: *const isolator_script_result,
) -> *const isolator_error {
    // SAFETY: the caller says so.
    match unsafe { &(*result).error } {
        Some(error) => ptr::from_ref(error),
        None => ptr::null(),
    }
}

/// Its exit code: what `Main` returned, or what `Environment.Exit` was given; 0 where it has none.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_exit_code(
    result: *const isolator_script_result,
) -> i32 {
    // SAFETY: the caller says so.
    unsafe { (*result).exit_code }
}

/// What it wrote to standard output, unless that went elsewhere. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_stdout(
    result: *const isolator_script_result,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { &(*result).stdout })
}

/// What it wrote to standard error, unless that went elsewhere. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_stderr(
    result: *const isolator_script_result,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { &(*result).stderr })
}

/// Warnings of the compiler. Never null. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_diagnostics(
    result: *const isolator_script_result,
) -> *const isolator_script_diagnostics {
    // SAFETY: the caller says so.
    ptr::from_ref(unsafe { &(*result).diagnostics })
}

/// A figure of the run (of a session: of all its submissions so far), the compiler not counted; `which` is an `isolator_statistic`, from `ISOLATOR_STATISTIC_PEAK_MEMORY` on.
///
/// # Safety
/// `result` points to a result of this library, `out` to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_statistic(
    result: *const isolator_script_result,
    which: u32,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            figure_of(&(*result).stats, which).ok_or_else(|| {
                CError::config(format!("a script's result has no statistic {which}"))
            })
        })
    }
}

/// The name of an assembly that ran compiled, as its compiled code says it; empty if there are not so many. `index` counts from 0, in the order in which they
/// were loaded; `ISOLATOR_STATISTIC_COMPILED_ASSEMBLIES` says how many there are. Lives as long as the result.
///
/// # Safety
/// `result` points to a result of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_compiled_assembly(
    result: *const isolator_script_result,
    index: usize,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    let compiled = unsafe { &(*result).stats.compiled };
    isolator_bytes::or_none(compiled.get(index))
}

/// Gives a result back.
///
/// # Safety
/// `result`, nullable, is a result of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_result_free(result: *mut isolator_script_result) {
    if !result.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let result = unsafe { Box::from_raw(result) };
        quietly((), || drop(result));
    }
}
