//! Checking and compiling.

use super::{
    host, isolator_script_cancellation, isolator_script_diagnostics, isolator_script_host,
    isolator_script_source, sources,
};
use crate::error::CError;
use crate::guard::{guard_out, quietly};
use crate::isolator_error;
use crate::types::isolator_bytes;
use isolator_script::{Compilation, Diagnostics};
use std::ptr;

/// What sources were compiled to. May be used by any number of threads.
pub struct isolator_compiled_script {
    pub(super) compilation: Compilation,
    diagnostics: isolator_script_diagnostics,
}

/// Says what is wrong with sources, in a fresh sandbox; nothing of them runs. Errors in the sources are no error of the call.
///
/// # Safety
/// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `out` to a place for the diagnostics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_check(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
    list: *const isolator_script_source,
    len: usize,
    out: *mut *mut isolator_script_diagnostics,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let told = told(host(scripts, cancellation).check(&sources(list, len)?))?;
            Ok(Box::into_raw(Box::new(told)))
        })
    }
}

/// What is wrong with sources; a `#:` line that cannot be followed is that, too.
pub(super) fn told(
    checked: isolator_script::Result<Diagnostics>,
) -> Result<isolator_script_diagnostics, CError> {
    let told = checked.or_else(|error| super::errors::directive(&error).ok_or(error))?;
    Ok(isolator_script_diagnostics(told))
}

/// Compiles sources, in a fresh sandbox. What was compiled lately by this host is remembered. What is wrong with them is an error of kind
/// `ISOLATOR_ERROR_COMPILATION`; a limit that the compiler reached one of kind `ISOLATOR_ERROR_LIMIT`, after which the host is as usable as before.
///
/// # Safety
/// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `out` to a place for the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_compile(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
    list: *const isolator_script_source,
    len: usize,
    out: *mut *mut isolator_compiled_script,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let compilation = host(scripts, cancellation).compile(&sources(list, len)?)?;
            let diagnostics = isolator_script_diagnostics(compilation.diagnostics().clone());
            Ok(Box::into_raw(Box::new(isolator_compiled_script {
                compilation,
                diagnostics,
            })))
        })
    }
}

/// The assembly's bytes, which any runtime can load. Lives as long as the compiled script.
///
/// # Safety
/// `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_assembly(
    compiled: *const isolator_compiled_script,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { &*compiled }.compilation.assembly())
}

/// Its symbols, a portable PDB; null `data` if none were asked for. Lives as long as the compiled script.
///
/// # Safety
/// `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_symbols(
    compiled: *const isolator_compiled_script,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::or_none(unsafe { &*compiled }.compilation.symbols())
}

/// Whether it has an entry point.
///
/// # Safety
/// `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_is_program(
    compiled: *const isolator_compiled_script,
) -> bool {
    // SAFETY: the caller says so.
    unsafe { &*compiled }.compilation.is_program()
}

/// Whether runs of it begin where it is loaded, since there were some (`ISOLATOR_SCRIPT_HOT_SCRIPTS`).
///
/// # Safety
/// `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_is_hot(
    compiled: *const isolator_compiled_script,
) -> bool {
    // SAFETY: the caller says so.
    let compilation = unsafe { &(*compiled).compilation };
    quietly(false, || compilation.is_hot())
}

/// Warnings. Never null. Lives as long as the compiled script.
///
/// # Safety
/// `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_diagnostics(
    compiled: *const isolator_compiled_script,
) -> *const isolator_script_diagnostics {
    // SAFETY: the caller says so.
    ptr::from_ref(unsafe { &(*compiled).diagnostics })
}

/// Gives a compiled script back.
///
/// # Safety
/// `compiled`, nullable, is a compiled script of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_compiled_script_free(compiled: *mut isolator_compiled_script) {
    if !compiled.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let compiled = unsafe { Box::from_raw(compiled) };
        quietly((), || drop(compiled));
    }
}
