//! Runs of programs.

use super::{
    host, isolator_compiled_script, isolator_script_cancellation, isolator_script_host,
    isolator_script_result, isolator_script_source, sources,
};
use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::guard_out;
use crate::isolator_error;
use crate::types::isolator_bytes;
use ::isolator_host::{Error as HostError, RuntimeBuilder, Stdio};
use isolator_script::{Ran, Result, ScriptHost};
use std::ptr;

/// Starts to say what the runtime of a script is granted, with the functions of builders; it is given to `isolator_script_run` and its like instead of
/// `isolator_runtime_builder_create`. It has the limits of runs and the libraries of the host, and what the script writes is captured, unless that is changed.
/// Never null. Given back with `isolator_runtime_builder_free`.
///
/// # Safety
/// `scripts` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_runtime_builder(
    scripts: *const isolator_script_host,
) -> *mut isolator_runtime_builder {
    // SAFETY: the caller says so.
    let scripts = unsafe { &(*scripts).0 };
    let builder = captured(scripts);
    let limits = scripts.run_limits().clone();
    Box::into_raw(Box::new(isolator_runtime_builder::new(builder, limits)))
}

fn captured(scripts: &ScriptHost) -> RuntimeBuilder {
    scripts
        .runtime()
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
}

/// What the runtime is granted: what the caller's builder says, or nothing.
///
/// # Safety
/// `builder`, nullable, points to a builder that `isolator_script_host_runtime_builder` of this host gave.
pub(super) unsafe fn granted(
    scripts: &ScriptHost,
    builder: *mut isolator_runtime_builder,
) -> std::result::Result<RuntimeBuilder, CError> {
    // SAFETY: the caller says so.
    match unsafe { builder.as_mut() } {
        Some(builder) => builder.take(),
        None => Ok(captured(scripts)),
    }
}

/// A result for the caller; that of a run that was cancelled is an error.
fn ended(ran: Result<Ran>) -> std::result::Result<*mut isolator_script_result, CError> {
    let ran = ran?;
    match ran.result {
        Err(HostError::Cancelled) => Err(HostError::Cancelled.into()),
        _ => Ok(isolator_script_result::from(ran).into_raw()),
    }
}

/// Compiles a program, top-level statements or a class with `Main`, and runs it in a fresh runtime, to its end. What was compiled lately is not compiled again. An
/// error is one of `isolator_script_compile`, or says that the runtime cannot be created; how the program ended is in the result.
///
/// # Safety
/// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation, `list` to `len` sources, `args` (nullable if `args_len` is 0) to so
/// many texts, `builder`, nullable, to a builder that `isolator_script_host_runtime_builder` gave for this host, which is used up; `out` points to a place for the
/// result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_run(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
    list: *const isolator_script_source,
    len: usize,
    args: *const isolator_bytes,
    args_len: usize,
    builder: *mut isolator_runtime_builder,
    out: *mut *mut isolator_script_result,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let scripts = host(scripts, cancellation);
            let sources = sources(list, len)?;
            let args = isolator_bytes::texts(args, args_len, "an argument of the script")?;
            let granted = granted(&scripts, builder)?;
            ended(scripts.run(&sources, &args, |_| granted))
        })
    }
}

/// Runs a compiled program in a fresh runtime: as `isolator_script_run`.
///
/// # Safety
/// As `isolator_script_run`; `compiled` points to a compiled script of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_run_compiled(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
    compiled: *const isolator_compiled_script,
    args: *const isolator_bytes,
    args_len: usize,
    builder: *mut isolator_runtime_builder,
    out: *mut *mut isolator_script_result,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let scripts = host(scripts, cancellation);
            let compilation = &(*compiled).compilation;
            let args = isolator_bytes::texts(args, args_len, "an argument of the script")?;
            if !compilation.is_program() {
                return Err(CError::config(
                    "the script cannot be run, since it has no top-level statements and no `Main`: it is a library",
                ));
            }
            let granted = granted(&scripts, builder)?;
            ended(scripts.run_compiled(compilation, &args, |_| granted))
        })
    }
}
