//! Handles: what names things inside a runtime.

use crate::error::CError;
use crate::guard::{guard_out, quietly};
use crate::isolator_error;
use crate::streams::Stream;
use ::isolator_host::{
    IsolatedAssembly, IsolatedMethod, IsolatedObject, IsolatedTask, IsolatedType,
};

/// Names something inside a runtime: an object, a type, a method, an assembly, a task or a stream. It keeps that alive, does
/// not keep the runtime alive, and may be given back on any thread, also after the runtime.
#[derive(Debug)]
pub struct isolator_handle(pub(crate) Named);

/// What a handle names.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_handle_kind {
    /// An object.
    ISOLATOR_HANDLE_OBJECT = 1,
    /// A type.
    ISOLATOR_HANDLE_TYPE = 2,
    /// A method.
    ISOLATOR_HANDLE_METHOD = 3,
    /// An assembly.
    ISOLATOR_HANDLE_ASSEMBLY = 4,
    /// A task.
    ISOLATOR_HANDLE_TASK = 5,
    /// A stream: an `IAsyncEnumerable<T>` that is being read.
    ISOLATOR_HANDLE_STREAM = 6,
}

#[derive(Debug, Clone)]
pub(crate) enum Named {
    Object(IsolatedObject),
    Type(IsolatedType),
    Method(IsolatedMethod),
    Assembly(IsolatedAssembly),
    Task(IsolatedTask),
    Stream(Stream),
}

impl Named {
    fn kind(&self) -> isolator_handle_kind {
        use isolator_handle_kind::*;
        match self {
            Self::Object(_) => ISOLATOR_HANDLE_OBJECT,
            Self::Type(_) => ISOLATOR_HANDLE_TYPE,
            Self::Method(_) => ISOLATOR_HANDLE_METHOD,
            Self::Assembly(_) => ISOLATOR_HANDLE_ASSEMBLY,
            Self::Task(_) => ISOLATOR_HANDLE_TASK,
            Self::Stream(_) => ISOLATOR_HANDLE_STREAM,
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Object(_) => "an object",
            Self::Type(_) => "a type",
            Self::Method(_) => "a method",
            Self::Assembly(_) => "an assembly",
            Self::Task(_) => "a task",
            Self::Stream(_) => "a stream",
        }
    }

    /// The handle for the caller.
    pub(crate) fn into_raw(self) -> *mut isolator_handle {
        Box::into_raw(Box::new(isolator_handle(self)))
    }
}

#[cold]
fn wrong(found: &Named, wanted: &str) -> CError {
    CError::bad_handle(format!(
        "a handle of {wanted} is needed, and this one names {}",
        found.what()
    ))
}

macro_rules! reading {
    ($($function:ident $variant:ident $ty:ident $wanted:literal;)*) => {$(
        /// What the handle names.
        ///
        /// # Safety
        /// `handle` points to a handle that lives as long as the result is used.
        #[inline]
        pub(crate) unsafe fn $function<'a>(handle: *const isolator_handle) -> Result<&'a $ty, CError> {
            // SAFETY: the caller says so.
            match unsafe { &(*handle).0 } {
                Named::$variant(named) => Ok(named),
                other => Err(wrong(other, $wanted)),
            }
        }
    )*};
}

reading! {
    object Object IsolatedObject "an object";
    type_handle Type IsolatedType "a type";
    method Method IsolatedMethod "a method";
    assembly Assembly IsolatedAssembly "an assembly";
    task Task IsolatedTask "a task";
    stream Stream Stream "a stream";
}

/// The target of a call; none for a static method.
///
/// # Safety
/// `handle`, nullable, points to a handle that lives as long as the result is used.
#[inline]
pub(crate) unsafe fn target<'a>(
    handle: *const isolator_handle,
) -> Result<Option<&'a IsolatedObject>, CError> {
    if handle.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller says so.
    unsafe { object(handle) }.map(Some)
}

/// What a handle names.
///
/// # Safety
/// `handle` points to a handle of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_handle_get_kind(
    handle: *const isolator_handle,
) -> isolator_handle_kind {
    // SAFETY: the caller says so.
    unsafe { (*handle).0.kind() }
}

/// The number of an object inside the runtime with the number `runtime_id` (`isolator_runtime_id`). In arguments, a MessagePack
/// extension value of type 80 with these eight bytes, big-endian, passes the object by reference. The handle must live until
/// the call is made (for an asynchronous call: until it is done). An object of another runtime is an error of kind
/// `ISOLATOR_ERROR_FOREIGN_HANDLE`.
///
/// # Safety
/// `handle` points to a handle of this library, `out` to a place for the number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_handle_object_id(
    handle: *const isolator_handle,
    runtime_id: u64,
    out: *mut u64,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe { guard_out(out, 0, || Ok(object(handle)?.id(runtime_id)?)) }
}

/// Another handle for the same: each is given back for itself.
///
/// # Safety
/// `handle` points to a handle of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_handle_clone(
    handle: *const isolator_handle,
) -> *mut isolator_handle {
    // SAFETY: the caller says so.
    let named = unsafe { &(*handle).0 };
    named.clone().into_raw()
}

/// Gives a handle back, on any thread. What it names may then be collected, once the runtime is next called.
///
/// # Safety
/// `handle`, nullable, is a handle of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_handle_free(handle: *mut isolator_handle) {
    if !handle.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let handle = unsafe { Box::from_raw(handle) };
        quietly((), || drop(handle));
    }
}
