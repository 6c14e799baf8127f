//! A runtime's standard streams.

use crate::error::CError;
use crate::guard::guard;
use crate::runtime::SharedRuntime;
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use crate::{isolator_error, isolator_runtime_builder};
use ::isolator_host::{Stdin, Stdio};
use std::ffi::c_void;
use std::io::{self, Read, Write};

/// Where an output stream goes.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_output {
    /// Nowhere.
    ISOLATOR_OUTPUT_DISCARD = 0,
    /// To this process's own stream.
    ISOLATOR_OUTPUT_INHERIT = 1,
    /// Into a buffer: see `isolator_runtime_take_output`. A guest that writes more than `limit` gets an `IOException`; 0 is 64 MiB.
    ISOLATOR_OUTPUT_CAPTURE = 2,
}

/// Takes what a guest writes. Called while the guest runs; it must not call the runtime. False is an error to the guest.
pub type isolator_write_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, bytes: isolator_bytes) -> bool>;

/// Gives a guest what it reads: at most `len` bytes, written to `into`; the result is how many, 0 at the end, negative for an error. Called while the
/// guest runs; it must not call the runtime.
pub type isolator_read_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, into: *mut u8, len: usize) -> i64>;

struct Writer {
    function: unsafe extern "C" fn(*mut c_void, isolator_bytes) -> bool,
    user: UserData,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the embedder gave the function with its value, which was not dropped yet; the bytes live meanwhile.
        if SharedRuntime::with_embedder(|| unsafe {
            (self.function)(self.user.value(), isolator_bytes::of(bytes))
        }) {
            Ok(bytes.len())
        } else {
            Err(io::Error::other("the host does not take it"))
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Reader {
    function: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    user: UserData,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // SAFETY: as in `Writer`.
        let read = SharedRuntime::with_embedder(|| unsafe {
            (self.function)(self.user.value(), into.as_mut_ptr(), into.len())
        });
        match usize::try_from(read) {
            Ok(read) if read <= into.len() => Ok(read),
            _ => Err(io::Error::other("the host has nothing to read")),
        }
    }
}

fn set_output(
    builder: &mut isolator_runtime_builder,
    stream: u32,
    to: Stdio,
) -> Result<(), CError> {
    builder.change(|builder| match stream {
        1 => Ok(builder.stdout(to)),
        2 => Ok(builder.stderr(to)),
        _ => Err(CError::config(format!(
            "there is no output stream {stream}: 1 is standard output, 2 standard error"
        ))),
    })
}

/// Says where standard output (`stream` 1) or standard error (2) goes; `to` is an `isolator_output`. Without this it is discarded.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_output(
    builder: *mut isolator_runtime_builder,
    stream: u32,
    to: u32,
    limit: u64,
) -> *mut isolator_error {
    use isolator_output::*;
    const DISCARD: u32 = ISOLATOR_OUTPUT_DISCARD as u32;
    const INHERIT: u32 = ISOLATOR_OUTPUT_INHERIT as u32;
    const CAPTURE: u32 = ISOLATOR_OUTPUT_CAPTURE as u32;
    guard(|| {
        let to = match to {
            DISCARD => Stdio::Discard,
            INHERIT => Stdio::Inherit,
            CAPTURE if limit == 0 => Stdio::Capture,
            CAPTURE => Stdio::CaptureUpTo(usize::try_from(limit).unwrap_or(usize::MAX)),
            _ => return Err(CError::config(format!("output cannot go to {to}"))),
        };
        // SAFETY: the caller says so.
        set_output(unsafe { &mut *builder }, stream, to)
    })
}

/// Has a function take what the guest writes to standard output (`stream` 1) or standard error (2).
///
/// # Safety
/// `builder` points to a builder of this library; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_output_to(
    builder: *mut isolator_runtime_builder,
    stream: u32,
    function: isolator_write_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let Some(function) = function else {
            return Err(CError::config("the function that takes output is null"));
        };
        let writer = Stdio::writer(Writer { function, user });
        // SAFETY: the caller says so.
        set_output(unsafe { &mut *builder }, stream, writer)
    })
}

/// Lets the runtime read this process's standard input. Without any of these functions it is empty.
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_input_inherit(
    builder: *mut isolator_runtime_builder,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| Ok(builder.stdin(Stdin::Inherit)))
    })
}

/// Makes standard input these bytes.
///
/// # Safety
/// `builder` points to a builder of this library; `bytes` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_input_bytes(
    builder: *mut isolator_runtime_builder,
    bytes: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, bytes) = unsafe { (&mut *builder, bytes.get()) };
        builder.change(|builder| Ok(builder.stdin(Stdin::Bytes(bytes.to_vec()))))
    })
}

/// Has a function give what the guest reads from standard input.
///
/// # Safety
/// `builder` points to a builder of this library; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_input_from(
    builder: *mut isolator_runtime_builder,
    function: isolator_read_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let Some(function) = function else {
            return Err(CError::config("the function that gives input is null"));
        };
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder
            .change(|builder| Ok(builder.stdin(Stdin::Reader(Box::new(Reader { function, user })))))
    })
}
