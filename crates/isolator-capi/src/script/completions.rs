//! What can stand at a place in a submission.

use crate::guard::quietly;
use crate::types::isolator_bytes;
use isolator_script::{Completion, Range};

/// What can stand at a place, the best first.
pub struct isolator_script_completions(pub(super) Vec<Completion>);

/// One of them. What it points to lives as long as the list. Lines and columns are counted from 0, columns in UTF-16 units.
#[repr(C)]
#[derive(Debug)]
pub struct isolator_script_completion {
    /// What is to be written.
    pub text: isolator_bytes,
    /// What it is: `variable`, `method`, `class`, `keyword`…
    pub kind: isolator_bytes,
    /// Its declaration; null `data` if it has none.
    pub detail: isolator_bytes,
    /// Where what it replaces begins.
    pub start_line: u32,
    /// Where what it replaces begins.
    pub start_column: u32,
    /// Where what it replaces ends.
    pub end_line: u32,
    /// Where what it replaces ends.
    pub end_column: u32,
}

/// How many there are.
///
/// # Safety
/// `completions` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_completions_len(
    completions: *const isolator_script_completions,
) -> usize {
    // SAFETY: the caller says so.
    unsafe { (*completions).0.len() }
}

/// One of them. `index` is less than `isolator_script_completions_len`; otherwise it is zeros.
///
/// # Safety
/// `completions` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_completions_get(
    completions: *const isolator_script_completions,
    index: usize,
) -> isolator_script_completion {
    // SAFETY: the caller says so.
    let found = unsafe { &(*completions).0 }.get(index);
    let text = isolator_bytes::or_none::<String>;
    let Range { start, end } = found.map(|found| found.replaces).unwrap_or_default();
    isolator_script_completion {
        text: text(found.map(|found| &found.text)),
        kind: text(found.map(|found| &found.kind)),
        detail: text(found.and_then(|found| found.detail.as_ref())),
        start_line: start.line,
        start_column: start.character,
        end_line: end.line,
        end_column: end.character,
    }
}

/// Gives a list back.
///
/// # Safety
/// `completions`, nullable, is a list of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_completions_free(
    completions: *mut isolator_script_completions,
) {
    if !completions.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let completions = unsafe { Box::from_raw(completions) };
        quietly((), || drop(completions));
    }
}
