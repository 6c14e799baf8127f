//! Callbacks of a living host, and the removal of callbacks.

use crate::callback::{Foreign, ForeignAsync, isolator_async_callback_fn, isolator_callback_fn};
use crate::guard::{guard, guard_out};
use crate::host::isolator_host;
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use std::ffi::c_void;

/// Registers a callback for every runtime of a host, those that live already included. A runtime's own of the same name comes first; a name of
/// the host that is taken is taken over. `isolator_call_runtime_id` says which runtime calls. On any thread.
///
/// # Safety
/// `host` points to a host of this library; `name` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_register_callback(
    host: *const isolator_host,
    name: isolator_bytes,
    function: isolator_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = Foreign::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, host) = unsafe { (name.text("the callback's name")?, &(*host).0) };
        host.register_raw_callback(name, move |context, args| foreign.call(context, args));
        Ok(())
    })
}

/// Registers an asynchronous callback for every runtime of a host, as `isolator_host_register_callback` does.
/// `isolator_completion_runtime_id` says which runtime calls.
///
/// # Safety
/// As `isolator_host_register_callback`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_register_async_callback(
    host: *const isolator_host,
    name: isolator_bytes,
    function: isolator_async_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = ForeignAsync::new(function, user)?;
        // SAFETY: the caller says so.
        let (name, host) = unsafe { (name.text("the callback's name")?, &(*host).0) };
        host.register_raw_async_callback(name, move |args| foreign.begin(args));
        Ok(())
    })
}

/// Removes a callback of a host; `out` says whether there was one. A guest that calls it later is told that there is none. Calls that
/// are under way end as they would have. On any thread.
///
/// # Safety
/// `host` points to a host of this library; `name` is text; `out` points to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_unregister_callback(
    host: *const isolator_host,
    name: isolator_bytes,
    out: *mut bool,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, false, || {
            let name = name.text("the callback's name")?;
            Ok((*host).0.unregister_callback(name))
        })
    }
}

/// Removes a callback of a runtime, also from within a callback; `out` says whether there was one. The host's callback of the same name, if
/// there is one, can be called again. Calls that are under way end as they would have.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_unregister_callback(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    out: *mut bool,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, false, || {
            let name = name.text("the callback's name")?;
            shared(runtime).enter(|guest| Ok(guest.unregister_callback(name)))
        })
    }
}
