//! Calls of methods.

use crate::error::Failure;
use crate::guard::{guard, guard_out};
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::{isolator_buffer, isolator_bytes};
use std::{ptr, slice};

/// Most parameters of a scalar call.
pub const ISOLATOR_MAX_SCALARS: usize = 8;

/// Calls a method. `target` is null for a static one. The result is one MessagePack value; nil for `void`.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
/// place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let (method, target, args) =
                (handle::method(method)?, handle::target(target)?, args.get());
            let bytes =
                shared(runtime).enter(|guest| Ok(guest.invoke_bytes(method, target, args)?))?;
            Ok(bytes.into())
        })
    }
}

/// Calls a method with a single `byte[]` (or `ReadOnlySpan<byte>`) parameter and a `byte[]` result, without serialization.
///
/// # Safety
/// As `isolator_runtime_invoke`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_raw(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    bytes: isolator_bytes,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let (method, target, bytes) = (
                handle::method(method)?,
                handle::target(target)?,
                bytes.get(),
            );
            let bytes =
                shared(runtime).enter(|guest| Ok(guest.invoke_raw(method, target, bytes)?))?;
            Ok(bytes.into())
        })
    }
}

/// Calls a method whose result stays in the guest. The handle is null if the result is null, or there is none.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a
/// place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_object(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (method, target, args) =
                (handle::method(method)?, handle::target(target)?, args.get());
            let object = shared(runtime)
                .enter(|guest| Ok(guest.invoke_object_bytes(method, target, args)?))?;
            Ok(object.map_or(ptr::null_mut(), |object| Named::Object(object).into_raw()))
        })
    }
}

/// The scalar signature of a method: the result's letter, then one for each parameter, then a zero. `v` void, `z` bool, `c` char, `b` sbyte, `B` byte, `s`
/// short, `S` ushort, `i` int, `I` uint, `l` long, `L` ulong, `f` float, `d` double. Empty if the method has other types, too, or more than
/// `ISOLATOR_MAX_SCALARS` parameters: `isolator_runtime_invoke_scalar` does not call it then.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `out` to a place for 10 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_scalar_signature(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    out: *mut u8,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        ptr::write_bytes(out, 0, ISOLATOR_MAX_SCALARS + 2);
    }
    guard(|| {
        // SAFETY: as above.
        let (method, shared) = unsafe { (handle::method(method)?, shared(runtime)) };
        let signature = shared.enter(|guest| Ok(guest.scalar_signature(method)?))?;
        if let Some(text) = signature.filter(|text| text.len() < ISOLATOR_MAX_SCALARS + 2) {
            // SAFETY: as above; it is short enough.
            unsafe { ptr::copy_nonoverlapping(text.as_ptr(), out, text.len()) };
        }
        Ok(())
    })
}

/// Calls a method that has a scalar signature, without serialization and without memory from the heap. Each argument is a word: integers
/// sign- or zero-extended to 64 bits, a `float` or `double` as its bits (a `float` in the low 32). So is the result, whose bits beyond its type
/// say nothing; for `void` it says nothing at all. A method without a scalar signature, another number of arguments, a target that is not valid: an
/// error, and nothing was called.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` points to `args_len` words (nullable if that
/// is 0), `out` to a place for the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_scalar(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: *const u64,
    args_len: usize,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, 0, || {
            let (method, target) = (handle::method(method)?, handle::target(target)?);
            let mut words = [0; ISOLATOR_MAX_SCALARS];
            if args_len > 0 {
                match words.get_mut(..args_len) {
                    Some(words) => words.copy_from_slice(slice::from_raw_parts(args, args_len)),
                    None => {
                        return Err(Failure::config(format!(
                            "{args_len} scalars: {ISOLATOR_MAX_SCALARS} are the most"
                        )));
                    }
                }
            }
            shared(runtime).enter(|guest| {
                match guest.invoke_words(method, target, args_len, words)? {
                    Some(word) => Ok(word),
                    // The general form says what is wrong.
                    None => Err(Failure::config(
                        "the method cannot be called with scalars: it has another signature, or the handles are not valid",
                    )),
                }
            })
        })
    }
}
