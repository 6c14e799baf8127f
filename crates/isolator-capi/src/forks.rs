//! Forks: copies of a runtime that go on from where it is.

use crate::error::CError;
use crate::guard::{guard, guard_out};
use crate::handle::{Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{SharedRuntime, isolator_runtime, shared};
use crate::streams::Stream;
use ::isolator_host::IsolatedRuntime;
use std::ptr;

/// The runtime for the caller.
pub(crate) fn into_raw(runtime: IsolatedRuntime) -> *mut isolator_runtime {
    Box::into_raw(Box::new(isolator_runtime(SharedRuntime::new(runtime))))
}

impl Named {
    /// What this, of the runtime that `child` was forked from, names there.
    fn inherited(&self, child: &mut IsolatedRuntime) -> Result<Self, CError> {
        Ok(match self {
            Self::Object(object) => Self::Object(child.inherit(object)?),
            Self::Type(of_type) => Self::Type(child.inherit(of_type)?),
            Self::Method(method) => Self::Method(child.inherit(method)?),
            Self::Assembly(assembly) => Self::Assembly(child.inherit(assembly)?),
            Self::Task(task) => Self::Task(child.inherit(task)?),
            Self::Stream(stream) => {
                let stream = stream.if_opened().ok_or_else(|| {
                    CError::bad_handle(
                        "the stream was not opened yet, so it is in no runtime: make one in the fork",
                    )
                })?;
                Self::Stream(Stream::opened(child.inherit(stream)?))
            }
        })
    }
}

/// Makes a copy of a runtime that goes on from where it is, independently: objects, statics, tasks and timers are there, limits and callbacks are the same, and
/// what either changes from now on the other does not see. Functions that it was given (callbacks, loaders, streams) serve both, and each `drop` is called
/// when the last of them is gone. Asynchronous calls of yours go on in the runtime itself only; those that were queued have begun before the copy is made. Calls of the
/// host's asynchronous callbacks that are under way are pending in the copy: `isolator_runtime_pending_calls`.
///
/// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along. The runtime is as it was in every case. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_fork(
    runtime: *mut isolator_runtime,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let fork = shared(runtime).enter_settled(|runtime| Ok(runtime.fork()?))?;
            Ok(into_raw(fork))
        })
    }
}

/// As `isolator_runtime_fork`, `count` times at once, which takes less than one after the other. All or none are made.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to places for `count` runtimes, which are null if it fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_fork_many(
    runtime: *mut isolator_runtime,
    count: usize,
    out: *mut *mut isolator_runtime,
) -> *mut isolator_error {
    for index in 0..count {
        // SAFETY: the caller says that there are so many places.
        unsafe { out.add(index).write(ptr::null_mut()) };
    }
    guard(|| {
        // SAFETY: the caller says so.
        let shared = unsafe { shared(runtime) };
        let forks = shared.enter_settled(|runtime| Ok(runtime.fork_many(count)?))?;
        for (index, fork) in forks.into_iter().take(count).enumerate() {
            // SAFETY: as above.
            unsafe { out.add(index).write(into_raw(fork)) };
        }
        Ok(())
    })
}

/// What a handle names in a fork: `handle` is one of the runtime that `child` was forked from, made before that, and `out` gets the child's own. An error of kind
/// `ISOLATOR_ERROR_FOREIGN_HANDLE` for one of another runtime, or one that was made later. Not from within callbacks.
///
/// # Safety
/// `child` points to a runtime of this library, `handle` to a handle, `out` to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_inherit(
    child: *mut isolator_runtime,
    handle: *const isolator_handle,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let named = &(*handle).0;
            let inherited = shared(child).enter_outer(|child| named.inherited(child))?;
            Ok(inherited.into_raw())
        })
    }
}
