//! Many calls of one method of numbers at once.

use crate::error::CError;
use crate::guard::guard_out;
use crate::handle::{self, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use ::isolator_host::{BatchColumn, BatchResults, Error};
use std::ffi::c_void;
use std::slice;

/// What a batch of calls has for one parameter: a number for each call, one after the other, as C# lays them out.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_column {
    /// The first number, aligned for its type. Null only for a batch of no calls.
    pub data: *const c_void,
    /// The numbers' type, as a letter of `isolator_runtime_scalar_signature`. A bool is a byte, and 0 is false; a char a 16-bit number.
    pub letter: u8,
}

/// Where the results of a batch of calls go: a place for each, one after the other.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_result_column {
    /// The first place, aligned for its type. Null only for a batch of no calls, and for a method without a result.
    pub data: *mut c_void,
    /// The results' type, as for `isolator_column`; `v` for a method without one.
    pub letter: u8,
}

/// Most parameters of a method that is called in batches.
const MOST: usize = crate::calls::ISOLATOR_MAX_SCALARS;

#[cold]
fn unknown(letter: u8) -> CError {
    CError::config(format!(
        "the letter {letter} ({:?}) stands for no type of a batch: those of a scalar signature do",
        char::from(letter)
    ))
}

impl isolator_column {
    /// The numbers.
    ///
    /// # Safety
    /// `data` points to `count` numbers of the letter's type that nobody changes as long as the result is used, and that lie in one
    /// allocation; it may be null if `count` is 0.
    unsafe fn get<'a>(self, count: usize) -> Result<BatchColumn<'a>, CError> {
        macro_rules! numbers {
            ($($letters:pat => $variant:ident;)*) => {
                match self.letter {
                    $($letters if count == 0 => BatchColumn::$variant(&[]),)*
                    // SAFETY: the caller says so.
                    $($letters => BatchColumn::$variant(unsafe { slice::from_raw_parts(self.data.cast(), count) }),)*
                    other => return Err(unknown(other)),
                }
            };
        }
        Ok(numbers! {
            b'z' => Flags;
            b'b' => I8;
            b'B' => U8;
            b's' => I16;
            b'S' | b'c' => U16;
            b'i' => I32;
            b'I' => U32;
            b'l' => I64;
            b'L' => U64;
            b'f' => F32;
            b'd' => F64;
        })
    }
}

impl isolator_result_column {
    /// The places.
    ///
    /// # Safety
    /// `data` points to places for `count` numbers of the letter's type, initialized, that nobody else uses as long as the result is
    /// used, and that lie in one allocation; it may be null if `count` is 0, or the letter `v`.
    unsafe fn get<'a>(self, count: usize) -> Result<BatchResults<'a>, CError> {
        macro_rules! numbers {
            ($($letters:pat => $variant:ident;)*) => {
                match self.letter {
                    b'v' => BatchResults::Void(count),
                    $($letters if count == 0 => BatchResults::$variant(&mut []),)*
                    // SAFETY: the caller says so.
                    $($letters => BatchResults::$variant(unsafe { slice::from_raw_parts_mut(self.data.cast(), count) }),)*
                    other => return Err(unknown(other)),
                }
            };
        }
        Ok(numbers! {
            b'z' => Flags;
            b'b' => I8;
            b'B' => U8;
            b's' => I16;
            b'S' | b'c' => U16;
            b'i' => I32;
            b'I' => U32;
            b'l' => I64;
            b'L' => U64;
            b'f' => F32;
            b'd' => F64;
        })
    }
}

/// Calls a method that has a scalar signature `count` times, with one crossing into the guest for many calls. The columns are of the
/// signature's types exactly; the n-th call takes the n-th number of each. The whole batch is one call to the limits of time.
/// `done` tells how many calls returned and have their results in place, also if the batch fails: if a call throws, the error is its
/// exception, `done` its number, counted from 0, and the calls after it were not made.
///
/// # Safety
/// `runtime` points to a runtime of this library, `method` to a handle, `target` (nullable) to one; `args` points to `args_len` columns
/// (nullable if that is 0) of `count` numbers each, `results.data` to as many initialized places that overlap none of them; `done` points to a
/// place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_invoke_batch(
    runtime: *mut isolator_runtime,
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: *const isolator_column,
    args_len: usize,
    results: isolator_result_column,
    count: usize,
    done: *mut usize,
) -> *mut isolator_error {
    let mut returned = 0;
    // SAFETY: the caller says so.
    let error = unsafe {
        guard_out(done, 0, || {
            let (method, target) = (handle::method(method)?, handle::target(target)?);
            if args_len > MOST {
                return Err(CError::config(format!(
                    "{args_len} columns: {MOST} are the most"
                )));
            }
            let mut columns = [BatchColumn::Flags(&[]); MOST];
            for (index, column) in columns.iter_mut().take(args_len).enumerate() {
                *column = (*args.add(index)).get(count)?;
            }
            let columns = columns.get(..args_len).unwrap_or_default();
            let results = results.get(count)?;
            let outcome = shared(runtime).enter(|guest| {
                Ok(guest.invoke_batch_counted(method, target, columns, results, &mut returned)?)
            });
            match outcome {
                Ok(()) => Ok(count),
                // Its number is in `done`.
                Err(CError::Engine(Error::InBatch { error, .. })) => Err(CError::Engine(*error)),
                Err(error) => Err(error),
            }
        })
    };
    if !error.is_null() {
        // SAFETY: as above.
        unsafe { done.write(returned) };
    }
    error
}
