//! Expressions.

use super::running::granted;
use super::{host, isolator_script_cancellation, isolator_script_host};
use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::guard_out;
use crate::isolator_error;
use crate::types::{isolator_buffer, isolator_bytes, list};
use isolator_script::Globals;

/// A value that an expression finds under a name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_script_global {
    /// The name.
    pub name: isolator_bytes,
    /// The type, as C# writes it: `int`, `string[]`, `System.Collections.Generic.Dictionary<string, decimal>`.
    pub type_name: isolator_bytes,
}

/// Evaluates an expression in a fresh runtime; one that awaits is awaited. The value is one MessagePack value, nil for an expression without one. What it writes
/// to the standard streams is lost, unless the builder says where it goes.
///
/// An error is one of `isolator_script_compile`, the exception that it threw, or the limit that stopped it.
///
/// # Safety
/// `scripts` points to a host of this library, `cancellation`, nullable, to a cancellation; `expression` is text; `globals` (nullable if `globals_len` is 0)
/// points to so many globals; `values`, a MessagePack array with an element for each of them, as the interface says; `builder`, nullable, points to a builder
/// that `isolator_script_host_runtime_builder` gave for this host, which is used up; `out` points to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_evaluate(
    scripts: *const isolator_script_host,
    cancellation: *const isolator_script_cancellation,
    expression: isolator_bytes,
    globals: *const isolator_script_global,
    globals_len: usize,
    values: isolator_bytes,
    builder: *mut isolator_runtime_builder,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let scripts = host(scripts, cancellation);
            let expression = expression.text("the expression")?;
            let types = types(list(globals, globals_len))?;
            let granted = granted(&scripts, builder)?;
            let compilation = scripts.compile_expression(expression, &types)?;
            let mut evaluation = scripts.evaluation(&compilation, &types, |_| granted)?;
            Ok(evaluation.value_bytes_with(values.get())?.into())
        })
    }
}

/// Names and types of globals, whose values are elsewhere.
///
/// # Safety
/// The bytes of each are as the interface says.
unsafe fn types(globals: &[isolator_script_global]) -> Result<Globals, CError> {
    let mut types = Globals::new();
    for global in globals {
        // SAFETY: the caller says so.
        let (name, of) = unsafe {
            (
                global.name.text("a global's name")?,
                global.type_name.text("a global's type")?,
            )
        };
        if types.types().any(|(known, _)| known == name) {
            return Err(CError::config(format!("there are two globals `{name}`")));
        }
        types = types.typed(name, of, ())?;
    }
    Ok(types)
}
