//! Streams that are opened when their first element is fetched, so that making one needs no turn in the runtime.

use crate::error::CError;
use crate::guard::guard_out;
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::types::isolator_bytes;
use ::isolator_host::{Calls, IsolatedMethod, IsolatedObject, IsolatedStream};
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A stream of a guest, opened or yet to be opened. A clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct Stream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    opened: OnceLock<IsolatedStream>,
    source: Mutex<Option<Source>>,
}

/// What a stream is opened from.
#[derive(Debug)]
enum Source {
    Object(IsolatedObject),
    Call {
        method: IsolatedMethod,
        target: Option<IsolatedObject>,
        args: Vec<u8>,
    },
}

impl Stream {
    fn of(source: Source) -> Self {
        Self(Arc::new(Inner {
            opened: OnceLock::new(),
            source: Mutex::new(Some(source)),
        }))
    }

    pub(crate) fn opened(stream: IsolatedStream) -> Self {
        Self(Arc::new(Inner {
            opened: OnceLock::from(stream),
            source: Mutex::new(None),
        }))
    }

    fn take_source(&self) -> Option<Source> {
        let mut source = self.0.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.take()
    }

    /// The stream, which is opened now if it is not yet. One that could not be opened is not tried again.
    pub(crate) fn open(&self, guest: &mut Calls<'_>) -> Result<&IsolatedStream, CError> {
        if let Some(stream) = self.0.opened.get() {
            return Ok(stream);
        }
        let object = match self.take_source() {
            Some(Source::Object(object)) => object,
            Some(Source::Call {
                method,
                target,
                args,
            }) => guest
                .invoke_object_bytes(&method, target.as_ref(), &args)?
                .ok_or_else(|| CError::value("the method returned null instead of a stream"))?,
            None => {
                return Err(CError::bad_handle(
                    "the stream is over: it was closed, or could not be opened",
                ));
            }
        };
        let stream = guest.open_stream(&object)?;
        Ok(self.0.opened.get_or_init(|| stream))
    }

    /// The stream, if it was opened.
    pub(crate) fn if_opened(&self) -> Option<&IsolatedStream> {
        self.0.opened.get()
    }

    /// The stream, if there is one to close; from now on it will not be opened.
    pub(crate) fn to_close(&self) -> Option<&IsolatedStream> {
        drop(self.take_source());
        self.0.opened.get()
    }
}

/// A stream of what a method gives: its `IAsyncEnumerable<T>` or `IEnumerable<T>`. The method is called when the first element is fetched, so no runtime is
/// needed here. The arguments are copied; objects that they pass by reference must live until then.
///
/// # Safety
/// `method` points to a handle, `target` (nullable) to one; `args` as the interface says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_stream_of_call(
    method: *const isolator_handle,
    target: *const isolator_handle,
    args: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = Source::Call {
                method: handle::method(method)?.clone(),
                target: handle::target(target)?.cloned(),
                args: args.get().to_vec(),
            };
            Ok(Named::Stream(Stream::of(source)).into_raw())
        })
    }
}

/// A stream of what an object gives, an `IAsyncEnumerable<T>` or `IEnumerable<T>`: as `isolator_runtime_open_stream`, but the object is asked for its enumerator
/// when the first element is fetched.
///
/// # Safety
/// `source` points to an object's handle, `out` to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_stream_of_object(
    source: *const isolator_handle,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let source = Source::Object(handle::object(source)?.clone());
            Ok(Named::Stream(Stream::of(source)).into_raw())
        })
    }
}
