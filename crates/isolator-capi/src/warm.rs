//! Hosts whose runtimes start from one that was prepared.

use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::guard;
use crate::host::{isolator_host, isolator_host_builder};
use crate::isolator_error;
use crate::runtime::{SharedRuntime, isolator_runtime};
use crate::snapshots::frozen;
use crate::user::{UserData, isolator_drop_fn};
use ::isolator_host::{IsolatedRuntimeHost, SnapshotForm};
use std::ffi::c_void;

/// Prepares a runtime, which it does not give back: loads assemblies, makes the calls that fill caches, keeps handles by name. Null if all went well, or else
/// an error, which then belongs to the library: one that it got from a function of this library, or one of `isolator_error_new`.
pub type isolator_prepare_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        runtime: *mut isolator_runtime,
    ) -> *mut isolator_error,
>;

/// A function that prepares a runtime, and what it comes with.
pub(crate) struct Preparation {
    function: unsafe extern "C" fn(*mut c_void, *mut isolator_runtime) -> *mut isolator_error,
    user: UserData,
}

/// A runtime that is prepared. It ends with this, if nothing became of it.
struct Prepared(isolator_runtime);

impl Drop for Prepared {
    fn drop(&mut self) {
        self.0.0.close();
    }
}

impl Preparation {
    /// A host whose runtimes start as the one was left that this prepares.
    pub(crate) fn warm(&self, cold: &IsolatedRuntimeHost) -> Result<IsolatedRuntimeHost, CError> {
        let mut prepared = Prepared(isolator_runtime(SharedRuntime::new(cold.create_runtime()?)));
        // SAFETY: the embedder gave both together, and the runtime lives on.
        let error = unsafe { (self.function)(self.user.value(), &raw mut prepared.0) };
        if !error.is_null() {
            // SAFETY: the interface says that it is one of this library's, and that it is given away.
            return Err(CError::Made(unsafe { Box::from_raw(error) }));
        }
        let snapshot = frozen(&prepared.0.0, SnapshotForm::Mapped)?;
        Ok(cold.starting_from(&snapshot)?)
    }
}

/// Has a runtime prepared when the host is built, and every runtime of the host start from it that is not told otherwise
/// (`isolator_runtime_builder_from`, `isolator_runtime_builder_cold`): its assemblies are loaded, its caches full. The runtime is granted nothing, and what is
/// no part of a snapshot (`isolator_runtime_freeze`) is none of this. An error of the function is that of `isolator_host_builder_build`, which calls it on its
/// thread. A second function takes the first one's place.
///
/// # Safety
/// `builder` points to a builder of this library; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_warm(
    builder: *mut isolator_host_builder,
    prepare: isolator_prepare_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let Some(function) = prepare else {
            return Err(CError::config("the function that prepares is null"));
        };
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.prepare(Preparation { function, user })
    })
}

/// Whether runtimes of the host start from one that was prepared.
///
/// # Safety
/// `host` points to a host of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_is_warm(host: *const isolator_host) -> bool {
    // SAFETY: the caller says so.
    unsafe { (*host).0.is_warm() }
}

/// Lets the runtime start from the guest image alone, whatever the host prepared (`isolator_host_builder_warm`).
///
/// # Safety
/// `builder` points to a builder of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_cold(
    builder: *mut isolator_runtime_builder,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| Ok(builder.cold()))
    })
}
