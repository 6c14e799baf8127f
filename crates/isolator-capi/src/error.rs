//! The one error object: a kind, a message, and details as MessagePack and by accessor.

use crate::guard::quietly;
use crate::isolator_script_diagnostics;
use crate::types::isolator_bytes;
use ::isolator_host::{Error, IsolatedException, LimitKind, TrapKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ptr;

/// What went wrong. New kinds may come: treat one that is unknown as `ISOLATOR_ERROR_OTHER`.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_error_kind {
    /// None of the others.
    ISOLATOR_ERROR_OTHER = 0,
    /// Guest code threw an exception: `isolator_error_exception` has it.
    ISOLATOR_ERROR_EXCEPTION = 1,
    /// No such assembly.
    ISOLATOR_ERROR_ASSEMBLY_NOT_FOUND = 2,
    /// The bytes of an assembly are not a .NET image.
    ISOLATOR_ERROR_BAD_IMAGE = 3,
    /// No such type.
    ISOLATOR_ERROR_TYPE_NOT_FOUND = 4,
    /// No such method, constructor or field, or none that takes these arguments.
    ISOLATOR_ERROR_METHOD_NOT_FOUND = 5,
    /// Several methods fit.
    ISOLATOR_ERROR_AMBIGUOUS = 6,
    /// An argument cannot be read as its parameter's type, or their number is wrong.
    ISOLATOR_ERROR_ARGUMENT = 7,
    /// A value cannot cross.
    ISOLATOR_ERROR_VALUE = 8,
    /// A handle was released, or names something of another kind.
    ISOLATOR_ERROR_BAD_HANDLE = 9,
    /// A handle belongs to another runtime.
    ISOLATOR_ERROR_FOREIGN_HANDLE = 10,
    /// The method returns a task, which this call does not wait for.
    ISOLATOR_ERROR_ASYNC = 11,
    /// The task that was waited for can never complete.
    ISOLATOR_ERROR_DEADLOCK = 12,
    /// The guest's own machinery is at fault.
    ISOLATOR_ERROR_INTERNAL = 13,
    /// The runtime was stopped by a trap. It is dead.
    ISOLATOR_ERROR_TRAP = 14,
    /// Guest code ended its process: `isolator_error_code` is the exit code. The runtime is dead.
    ISOLATOR_ERROR_EXIT = 15,
    /// The runtime died earlier, or was freed.
    ISOLATOR_ERROR_DEAD = 16,
    /// The guest broke the contract. The runtime is dead.
    ISOLATOR_ERROR_BAD_GUEST_BEHAVIOR = 17,
    /// Calls nest too deep, or the call came from a place that allows none.
    ISOLATOR_ERROR_NESTING = 18,
    /// The guest image cannot be used, or none was found.
    ISOLATOR_ERROR_GUEST_IMAGE = 19,
    /// The operating system refused something.
    ISOLATOR_ERROR_IO = 20,
    /// The host holds as many runtimes as it may.
    ISOLATOR_ERROR_TOO_MANY_RUNTIMES = 21,
    /// A setting or an argument of the interface cannot be used.
    ISOLATOR_ERROR_CONFIG = 22,
    /// Another thread is in the runtime, and for longer than a second in a function of the embedder's: one caller at a time.
    ISOLATOR_ERROR_BUSY = 23,
    /// The call was cancelled before it began, or the runtime for good.
    ISOLATOR_ERROR_CANCELLED = 24,
    /// The library itself is at fault.
    ISOLATOR_ERROR_PANIC = 25,
    /// A limit was reached: `isolator_error_code` is its `isolator_limit`.
    ISOLATOR_ERROR_LIMIT = 26,
    /// Something of a runtime is not in its memory, and cannot come along when it is copied: the message names it.
    ISOLATOR_ERROR_NOT_FROZEN = 27,
    /// A file or bytes are no snapshot of this guest image, or no runtime that was suspended and that fits.
    ISOLATOR_ERROR_BAD_SNAPSHOT = 28,
    /// The sources of a script have errors: `isolator_error_diagnostics` has them. Or the compiler cannot bear them.
    ISOLATOR_ERROR_COMPILATION = 29,
    /// There is no C# compiler. The message names the places that were looked at.
    ISOLATOR_ERROR_COMPILER_NOT_FOUND = 30,
}

use isolator_error_kind::*;

/// An error. Read it with the functions below, and give it back with `isolator_error_free`.
#[derive(Debug)]
pub struct isolator_error {
    kind: isolator_error_kind,
    message: String,
    code: i32,
    fatal: bool,
    details: Vec<u8>,
    exception: Option<IsolatedException>,
    diagnostics: Option<isolator_script_diagnostics>,
}

impl isolator_error {
    /// One that has no more to say than its message.
    fn plain(kind: isolator_error_kind, message: String) -> Self {
        Self {
            kind,
            message,
            code: 0,
            fatal: kind == ISOLATOR_ERROR_DEAD,
            details: encode(&Details::default()),
            exception: None,
            diagnostics: None,
        }
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong with a script's sources.
    pub(crate) fn diagnostics(&self) -> Option<&isolator_script_diagnostics> {
        self.diagnostics.as_ref()
    }
}

/// An exception of guest code, as part of an error: it lives as long as the error.
pub struct isolator_exception {
    _private: [u8; 0],
}

/// A pointer to an exception is one to the engine's.
fn opaque(exception: &IsolatedException) -> *const isolator_exception {
    ptr::from_ref(exception).cast()
}

/// What is behind a pointer that [`opaque`] made.
///
/// # Safety
/// `exception` points to an exception of an error that lives as long as the result is used.
unsafe fn seen<'a>(exception: *const isolator_exception) -> &'a IsolatedException {
    // SAFETY: the caller says so.
    unsafe { &*exception.cast::<IsolatedException>() }
}

/// Which text of an exception.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_exception_text {
    /// Full name of its type.
    ISOLATOR_EXCEPTION_TYPE = 0,
    /// `Exception.Message`.
    ISOLATOR_EXCEPTION_MESSAGE = 1,
    /// `Exception.StackTrace`: the guest's frames, one a line; empty if it has none.
    ISOLATOR_EXCEPTION_STACK_TRACE = 2,
    /// `Exception.ToString()`: all of it, as .NET prints it.
    ISOLATOR_EXCEPTION_STRING = 3,
}

/// What an error says besides its message, as it goes into `isolator_error_details`.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    assembly: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    type_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    candidates: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<ExceptionDetails<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backtrace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
}

impl Details<'_> {
    /// Says which limit was reached, and gives its number.
    fn limit(&mut self, limit: LimitKind, allowed: u64, used: u64) -> i32 {
        self.limit = Some(format!("{limit:?}"));
        (self.allowed, self.used) = (Some(allowed), Some(used));
        crate::limit_numbers::number_of(limit)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ExceptionDetails<'a> {
    type_name: &'a str,
    message: &'a str,
    stack_trace: Option<&'a str>,
    text: String,
    h_result: i32,
    inner: Vec<ExceptionDetails<'a>>,
    properties: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a IsolatedException> for ExceptionDetails<'a> {
    fn from(exception: &'a IsolatedException) -> Self {
        // The engine limits how deep exceptions nest.
        Self {
            type_name: &exception.type_name,
            message: &exception.message,
            stack_trace: exception.stack_trace.as_deref(),
            text: exception.to_string(),
            h_result: exception.h_result,
            inner: exception.inner.iter().map(Self::from).collect(),
            properties: &exception.properties,
        }
    }
}

/// Why a function of the interface fails.
#[derive(Debug)]
pub(crate) enum CError {
    Engine(Error),
    Own(isolator_error_kind, String),
    Made(Box<isolator_error>),
}

impl From<Error> for CError {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl CError {
    #[cold]
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Own(ISOLATOR_ERROR_CONFIG, message.into())
    }

    #[cold]
    pub(crate) fn nesting(message: impl Into<String>) -> Self {
        Self::Own(ISOLATOR_ERROR_NESTING, message.into())
    }

    #[cold]
    pub(crate) fn bad_handle(message: impl Into<String>) -> Self {
        Self::Own(ISOLATOR_ERROR_BAD_HANDLE, message.into())
    }

    #[cold]
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::Own(ISOLATOR_ERROR_VALUE, message.into())
    }

    #[cold]
    pub(crate) fn dead(message: impl Into<String>) -> Self {
        Self::Own(ISOLATOR_ERROR_DEAD, message.into())
    }

    #[cold]
    pub(crate) fn busy() -> Self {
        Self::Own(
            ISOLATOR_ERROR_BUSY,
            "the runtime is in use on another thread: it takes one caller at a time. Use a runtime per thread, a lock, or the \
             asynchronous calls, which queue up"
                .into(),
        )
    }

    #[cold]
    pub(crate) fn cancelled() -> Self {
        Self::Own(
            ISOLATOR_ERROR_CANCELLED,
            "the call was cancelled before it began".into(),
        )
    }

    /// A script's sources have errors.
    #[cold]
    pub(crate) fn compilation(message: String, diagnostics: isolator_script_diagnostics) -> Self {
        let mut error = isolator_error::plain(ISOLATOR_ERROR_COMPILATION, message);
        error.diagnostics = Some(diagnostics);
        Self::Made(Box::new(error))
    }

    /// A limit that ended nothing which the caller holds.
    #[cold]
    pub(crate) fn limit(message: String, limit: LimitKind, allowed: u64, used: u64) -> Self {
        let mut error = isolator_error::plain(ISOLATOR_ERROR_LIMIT, message);
        let mut details = Details::default();
        error.code = details.limit(limit, allowed, used);
        error.details = encode(&details);
        Self::Made(Box::new(error))
    }

    #[cold]
    pub(crate) fn panic(text: String) -> Self {
        Self::Own(
            ISOLATOR_ERROR_PANIC,
            format!("the isolator library has a bug, please report it: {text}"),
        )
    }

    #[cold]
    pub(crate) fn into_error(self) -> isolator_error {
        match self {
            Self::Engine(error) => of_engine(error),
            Self::Own(kind, message) => isolator_error::plain(kind, message),
            Self::Made(error) => *error,
        }
    }

    #[cold]
    pub(crate) fn into_raw(self) -> *mut isolator_error {
        Box::into_raw(Box::new(self.into_error()))
    }
}

fn encode(details: &Details<'_>) -> Vec<u8> {
    // Texts, numbers and lists always serialize.
    rmp_serde::to_vec_named(details).unwrap_or_else(|_| vec![0x80])
}

fn of_engine(error: Error) -> isolator_error {
    let mut details = Details::default();
    let mut code = 0;
    let kind = match &error {
        Error::GuestException(exception) => {
            details.exception = Some((&**exception).into());
            code = exception.h_result;
            ISOLATOR_ERROR_EXCEPTION
        }
        Error::AssemblyNotFound { assembly, .. } => {
            details.assembly = Some(assembly);
            ISOLATOR_ERROR_ASSEMBLY_NOT_FOUND
        }
        Error::BadImage { .. } => ISOLATOR_ERROR_BAD_IMAGE,
        Error::TypeNotFound {
            assembly,
            type_name,
            candidates,
            ..
        } => {
            details.candidates = candidates;
            details.assembly = Some(assembly);
            details.type_name = Some(type_name);
            ISOLATOR_ERROR_TYPE_NOT_FOUND
        }
        Error::MethodNotFound {
            type_name,
            method,
            candidates,
            ..
        } => {
            details.type_name = Some(type_name);
            details.member = Some(method);
            details.candidates = candidates;
            ISOLATOR_ERROR_METHOD_NOT_FOUND
        }
        Error::Ambiguous {
            type_name,
            method,
            candidates,
            ..
        } => {
            details.type_name = Some(type_name);
            details.member = Some(method);
            details.candidates = candidates;
            ISOLATOR_ERROR_AMBIGUOUS
        }
        Error::Argument { candidates, .. } => {
            details.candidates = candidates;
            ISOLATOR_ERROR_ARGUMENT
        }
        Error::Value { .. } => ISOLATOR_ERROR_VALUE,
        Error::BadHandle { .. } => ISOLATOR_ERROR_BAD_HANDLE,
        Error::ForeignHandle { .. } => ISOLATOR_ERROR_FOREIGN_HANDLE,
        Error::Async { .. } => ISOLATOR_ERROR_ASYNC,
        Error::Deadlock | Error::MustNotWait => ISOLATOR_ERROR_DEADLOCK,
        Error::Internal { .. } => ISOLATOR_ERROR_INTERNAL,
        Error::Trap {
            kind, backtrace, ..
        } => {
            details.trap_kind = Some(trap_name(*kind));
            details.backtrace = (!backtrace.is_empty()).then_some(backtrace);
            ISOLATOR_ERROR_TRAP
        }
        Error::Exit { code: exit } => {
            code = *exit;
            details.exit_code = Some(*exit);
            ISOLATOR_ERROR_EXIT
        }
        Error::Limit {
            limit,
            allowed,
            used,
        } => {
            code = details.limit(*limit, *allowed, *used);
            ISOLATOR_ERROR_LIMIT
        }
        Error::Cancelled => ISOLATOR_ERROR_CANCELLED,
        Error::Dead { .. } => ISOLATOR_ERROR_DEAD,
        Error::BadGuestBehavior { .. } => ISOLATOR_ERROR_BAD_GUEST_BEHAVIOR,
        Error::Nesting { .. } => ISOLATOR_ERROR_NESTING,
        Error::GuestNotFound { .. } => ISOLATOR_ERROR_GUEST_IMAGE,
        Error::IncompatibleGuest { path, .. } | Error::BadGuest { path, .. } => {
            details.path = Some(path.display().to_string());
            ISOLATOR_ERROR_GUEST_IMAGE
        }
        Error::Io { path, source, .. } => {
            details.path = Some(path.display().to_string());
            code = source.raw_os_error().unwrap_or_default();
            ISOLATOR_ERROR_IO
        }
        Error::NotFrozen { .. } => ISOLATOR_ERROR_NOT_FROZEN,
        Error::BadSnapshot { path, .. } => {
            details.path = Some(path.display().to_string());
            ISOLATOR_ERROR_BAD_SNAPSHOT
        }
        Error::BadSuspended { path, .. } => {
            details.path = path.as_ref().map(|path| path.display().to_string());
            ISOLATOR_ERROR_BAD_SNAPSHOT
        }
        Error::TooManyRuntimes { .. } => ISOLATOR_ERROR_TOO_MANY_RUNTIMES,
        Error::Config { .. } => ISOLATOR_ERROR_CONFIG,
        _ => ISOLATOR_ERROR_OTHER,
    };
    let details = encode(&details);
    isolator_error {
        kind,
        message: crate::words::message(&error),
        code,
        fatal: error.is_fatal(),
        details,
        exception: match error {
            Error::GuestException(exception) => Some(*exception),
            _ => None,
        },
        diagnostics: None,
    }
}

/// The kind's name, such as `StackOverflow`.
fn trap_name(kind: TrapKind) -> String {
    format!("{kind:?}")
}

/// An error of yours, of kind `ISOLATOR_ERROR_OTHER`, for functions of yours that return one. What is no text becomes U+FFFD. Never null.
///
/// # Safety
/// `message` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_new(message: isolator_bytes) -> *mut isolator_error {
    // SAFETY: the caller says so.
    let message = String::from_utf8_lossy(unsafe { message.get() }).into_owned();
    CError::Own(ISOLATOR_ERROR_OTHER, message).into_raw()
}

/// What kind of error it is.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_get_kind(
    error: *const isolator_error,
) -> isolator_error_kind {
    // SAFETY: the caller says so.
    unsafe { (*error).kind }
}

/// What happened, where, and what to do, for people. Lives as long as the error.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_message(error: *const isolator_error) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { (*error).message.as_bytes() })
}

/// A number that belongs to the kind: an exit code, an exception's `HResult`, the operating system's error number, a limit; else 0.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_code(error: *const isolator_error) -> i32 {
    // SAFETY: the caller says so.
    unsafe { (*error).code }
}

/// Whether the runtime is dead from now on.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_is_fatal(error: *const isolator_error) -> bool {
    // SAFETY: the caller says so.
    unsafe { (*error).fatal }
}

/// All that the error knows, as a MessagePack map. Keys, each only where it applies: `Assembly`, `TypeName`, `Member`, `Candidates`
/// (array of signatures), `Exception` (map: `TypeName`, `Message`, `StackTrace`, `Text`, `HResult`, `Inner` (array of
/// such maps), `Properties` (map)), `ExitCode`, `TrapKind`, `Backtrace`, `Path`,
/// `Limit`, `Allowed`, `Used`. Lives as long as the error.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_details(error: *const isolator_error) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { &(*error).details })
}

/// The exception that guest code threw; null if the error is of another kind. Lives as long as the error.
///
/// # Safety
/// `error` points to an error of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_exception(
    error: *const isolator_error,
) -> *const isolator_exception {
    // SAFETY: the caller says so.
    match unsafe { &(*error).exception } {
        Some(exception) => opaque(exception),
        None => ptr::null(),
    }
}

/// A text of an exception; `which` is an `isolator_exception_text`. Lives as long as the error.
///
/// # Safety
/// `exception` points to an exception of an error that was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_exception_get_text(
    exception: *const isolator_exception,
    which: i32,
) -> isolator_bytes {
    use isolator_exception_text::*;
    // SAFETY: the caller says so.
    let exception = unsafe { seen(exception) };
    const TYPE: i32 = ISOLATOR_EXCEPTION_TYPE as i32;
    const MESSAGE: i32 = ISOLATOR_EXCEPTION_MESSAGE as i32;
    const STACK_TRACE: i32 = ISOLATOR_EXCEPTION_STACK_TRACE as i32;
    const STRING: i32 = ISOLATOR_EXCEPTION_STRING as i32;
    let text = match which {
        TYPE => exception.type_name.as_str(),
        MESSAGE => &exception.message,
        STACK_TRACE => exception.stack_trace.as_deref().unwrap_or_default(),
        STRING => &exception.text,
        _ => "",
    };
    isolator_bytes::of(text.as_bytes())
}

/// How many inner exceptions it has.
///
/// # Safety
/// `exception` points to an exception of an error that was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_exception_inner_count(
    exception: *const isolator_exception,
) -> usize {
    // SAFETY: the caller says so.
    unsafe { seen(exception) }.inner.len()
}

/// An inner exception; null if there are not so many. Lives as long as the error.
///
/// # Safety
/// `exception` points to an exception of an error that was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_exception_inner(
    exception: *const isolator_exception,
    index: usize,
) -> *const isolator_exception {
    // SAFETY: the caller says so.
    let inner = unsafe { &seen(exception).inner };
    match inner.get(index) {
        Some(inner) => opaque(inner),
        None => ptr::null(),
    }
}

/// Gives an error back.
///
/// # Safety
/// `error`, nullable, is an error of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_error_free(error: *mut isolator_error) {
    if !error.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let error = unsafe { Box::from_raw(error) };
        quietly((), || drop(error));
    }
}
