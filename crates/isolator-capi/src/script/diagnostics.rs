//! What the compiler has to say.

use crate::guard::quietly;
use crate::isolator_error;
use crate::types::isolator_bytes;
use isolator_script::{Diagnostics, Position, Range, Severity};
use std::ptr;

/// What the compiler has to say, in the order of files and places; of too many the first errors, then the first warnings.
#[derive(Debug)]
pub struct isolator_script_diagnostics(pub(crate) Diagnostics);

/// How bad it is.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_script_severity {
    /// Something to know.
    ISOLATOR_SCRIPT_INFO = 0,
    /// It compiles, and is probably wrong.
    ISOLATOR_SCRIPT_WARNING = 1,
    /// It does not compile.
    ISOLATOR_SCRIPT_ERROR = 2,
}

impl From<Severity> for isolator_script_severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::ISOLATOR_SCRIPT_INFO,
            Severity::Warning => Self::ISOLATOR_SCRIPT_WARNING,
            Severity::Error => Self::ISOLATOR_SCRIPT_ERROR,
        }
    }
}

/// One thing that the compiler has to say. Lines and columns are counted from 0, columns in UTF-16 units; the end is not part of it. What it points to lives
/// as long as the list. Names and texts of the source are in the message: a stranger's words, if the source is. The place is that in the text that was given,
/// whatever a `#line` says: `isolator_script_diagnostics_mapped` has what that makes of it.
#[repr(C)]
#[derive(Debug)]
pub struct isolator_script_diagnostic {
    /// Such as `CS0103`.
    pub id: isolator_bytes,
    /// What is wrong.
    pub message: isolator_bytes,
    /// The name of the source; null `data` if it is about all of them.
    pub file: isolator_bytes,
    /// How bad it is.
    pub severity: isolator_script_severity,
    /// Where it begins.
    pub start_line: u32,
    /// Where it begins.
    pub start_column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends.
    pub end_column: u32,
}

/// A place that a `#line` of a source names. Lines and columns are counted as those of a diagnostic, and what it points to lives as long.
#[repr(C)]
#[derive(Debug)]
pub struct isolator_script_place {
    /// The file; null `data` if there is no such place. Nothing is looked for there.
    pub file: isolator_bytes,
    /// Where it begins.
    pub start_line: u32,
    /// Where it begins.
    pub start_column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends.
    pub end_column: u32,
}

/// What an error of kind `ISOLATOR_ERROR_COMPILATION` says is wrong with the sources; null where the compiler could not bear them, and for errors of another
/// kind. Lives as long as the error.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_diagnostics(
    error: *const isolator_error,
) -> *const isolator_script_diagnostics {
    // SAFETY: the caller says so.
    match unsafe { &*error }.diagnostics() {
        Some(diagnostics) => ptr::from_ref(diagnostics),
        None => ptr::null(),
    }
}

/// How many there are in the list.
///
/// # Safety
/// `diagnostics` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_diagnostics_len(
    diagnostics: *const isolator_script_diagnostics,
) -> usize {
    // SAFETY: the caller says so.
    unsafe { (*diagnostics).0.list.len() }
}

/// How many there were beyond those.
///
/// # Safety
/// `diagnostics` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_diagnostics_more(
    diagnostics: *const isolator_script_diagnostics,
) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*diagnostics).0.more }
}

/// One of them. `index` is less than `isolator_script_diagnostics_len`; otherwise it is zeros.
///
/// # Safety
/// `diagnostics` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_diagnostics_get(
    diagnostics: *const isolator_script_diagnostics,
    index: usize,
) -> isolator_script_diagnostic {
    // SAFETY: the caller says so.
    let found = unsafe { &(*diagnostics).0.list }.get(index);
    let text = isolator_bytes::or_none::<String>;
    let range = found.map(|found| found.range).unwrap_or_default();
    let (Position { line, character }, end) = (range.start, range.end);
    isolator_script_diagnostic {
        id: text(found.map(|found| &found.id)),
        message: text(found.map(|found| &found.message)),
        file: text(found.and_then(|found| found.file.as_ref())),
        severity: found.map_or(Severity::Info, |found| found.severity).into(),
        start_line: line,
        start_column: character,
        end_line: end.line,
        end_column: end.character,
    }
}

/// Where a `#line` of the source says that one of them is, which is what `dotnet build` prints; zeros if none says so. `index` is as with
/// `isolator_script_diagnostics_get`.
///
/// # Safety
/// `diagnostics` points to a list of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_diagnostics_mapped(
    diagnostics: *const isolator_script_diagnostics,
    index: usize,
) -> isolator_script_place {
    // SAFETY: the caller says so.
    let found = unsafe { &(*diagnostics).0.list }.get(index);
    let mapped = found.and_then(|found| found.mapped.as_ref());
    let Range { start, end } = mapped.map(|mapped| mapped.range).unwrap_or_default();
    isolator_script_place {
        file: isolator_bytes::or_none(mapped.map(|mapped| &mapped.file)),
        start_line: start.line,
        start_column: start.character,
        end_line: end.line,
        end_column: end.character,
    }
}

/// Gives a list back that `isolator_script_check` gave; others belong to what they were asked of.
///
/// # Safety
/// `diagnostics`, nullable, is such a list that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_diagnostics_free(
    diagnostics: *mut isolator_script_diagnostics,
) {
    if !diagnostics.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let diagnostics = unsafe { Box::from_raw(diagnostics) };
        quietly((), || drop(diagnostics));
    }
}
