//! Calls of methods.

use crate::error::CError;
use crate::guard::{guard, guard_out};
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::{isolator_buffer, isolator_bytes};
use ::isolator_host::{Calls, IsolatedMethod, IsolatedObject};
use serde::{Deserialize, Serialize};
use std::{ptr, slice};

/// Most parameters of a scalar call.
pub const ISOLATOR_MAX_SCALARS: usize = 8;

const _: () = assert!(ISOLATOR_MAX_SCALARS == isolator_abi::numbers::MAX_SCALARS);

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
/// error, and nothing was called; it is that of `isolator_runtime_invoke` where that has one.
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
                        return Err(CError::config(format!(
                            "{args_len} scalars: {ISOLATOR_MAX_SCALARS} are the most"
                        )));
                    }
                }
            }
            shared(runtime).enter(|guest| {
                match guest.invoke_words(method, target, args_len, words)? {
                    Some(word) => Ok(word),
                    // The general form says what is wrong.
                    None => {
                        let words = words.get(..args_len).unwrap_or_default();
                        generally(guest, method, target, words)
                    }
                }
            })
        })
    }
}

/// Makes a scalar call that the guest refused in the form that says why. Should nothing be wrong with it, this is the call.
#[cold]
fn generally(
    guest: &mut Calls<'_>,
    method: &IsolatedMethod,
    target: Option<&IsolatedObject>,
    words: &[u64],
) -> Result<u64, CError> {
    let signature = guest.scalar_signature(method)?.unwrap_or_default();
    let Some((result, letters)) = signature.as_bytes().split_first() else {
        return Err(CError::config(
            "the method cannot be called with scalars: its signature has other types, too",
        ));
    };
    if letters.len() != words.len() {
        return Err(CError::config(format!(
            "the method takes {} scalars, and {} were passed",
            letters.len(),
            words.len()
        )));
    }
    let args: Vec<Scalar> = letters
        .iter()
        .zip(words)
        .map(|(letter, word)| Scalar::of(*letter, *word))
        .collect();
    let args = rmp_serde::to_vec(&args).map_err(|error| CError::config(error.to_string()))?;
    let bytes = guest.invoke_bytes(method, target, &args)?;
    if *result == b'v' {
        return Ok(0);
    }
    let value: Scalar = rmp_serde::from_slice(&bytes).map_err(|_| {
        CError::config("the guest's result is no number, although the method's signature says so")
    })?;
    Ok(value.word(*result))
}

/// A number as MessagePack has it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    // Read before `Single`, which takes any float and cuts it.
    Double(f64),
    Single(f32),
}

impl Scalar {
    /// What a word of a type is. Bits beyond the type say nothing.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is narrow is in the low bits"
    )]
    fn of(letter: u8, word: u64) -> Self {
        let signed = word.cast_signed();
        match letter {
            b'z' => Self::Bool(word & 0xff != 0),
            b'b' => Self::Signed((signed as i8).into()),
            b's' => Self::Signed((signed as i16).into()),
            b'i' => Self::Signed((signed as i32).into()),
            b'l' => Self::Signed(signed),
            b'B' => Self::Unsigned((word as u8).into()),
            b'S' | b'c' => Self::Unsigned((word as u16).into()),
            b'I' => Self::Unsigned((word as u32).into()),
            b'f' => Self::Single(f32::from_bits(word as u32)),
            b'd' => Self::Double(f64::from_bits(word)),
            _ => Self::Unsigned(word),
        }
    }

    /// The word of a type that a value is.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a guest writes a float as one"
    )]
    fn word(self, letter: u8) -> u64 {
        match (self, letter) {
            (Self::Bool(value), _) => value.into(),
            (Self::Unsigned(value), _) => value,
            (Self::Signed(value), _) => value.cast_unsigned(),
            (Self::Single(value), b'd') => f64::from(value).to_bits(),
            (Self::Single(value), _) => value.to_bits().into(),
            (Self::Double(value), b'f') => (value as f32).to_bits().into(),
            (Self::Double(value), _) => value.to_bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scalar;

    #[test]
    fn a_scalar_survives_its_general_form() {
        for (letter, word) in [
            (b'z', 1),
            (b'b', (-5i64).cast_unsigned()),
            (b's', (-500i64).cast_unsigned()),
            (b'i', i64::from(i32::MIN).cast_unsigned()),
            (b'l', i64::MIN.cast_unsigned()),
            (b'B', 255),
            (b'c', 0xd800),
            (b'I', u64::from(u32::MAX)),
            (b'L', u64::MAX),
            (b'f', u64::from(1.5f32.to_bits())),
            (b'd', 1e300f64.to_bits()),
        ] {
            let bytes = rmp_serde::to_vec(&Scalar::of(letter, word)).unwrap();
            let value: Scalar = rmp_serde::from_slice(&bytes).unwrap();
            assert_eq!(value.word(letter), word, "{}", char::from(letter));
        }
    }
}
