//! Objects: made, copied in and out, their fields.

use crate::guard::{guard, guard_out};
use crate::handle::{self, Named, isolator_handle};
use crate::isolator_error;
use crate::runtime::{isolator_runtime, shared};
use crate::types::{isolator_buffer, isolator_bytes};
use std::ptr;

/// Creates an object with the constructor that fits the arguments.
///
/// # Safety
/// `runtime` points to a runtime of this library, `of_type` to a handle; `args` as the interface says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_create_object(
    runtime: *mut isolator_runtime,
    of_type: *const isolator_handle,
    args: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (of_type, args) = (handle::type_handle(of_type)?, args.get());
            let object =
                shared(runtime).enter(|guest| Ok(guest.create_object_bytes(of_type, args)?))?;
            Ok(Named::Object(object).into_raw())
        })
    }
}

/// Makes an object of a type from one MessagePack value: a copy inside, private fields included.
///
/// # Safety
/// `runtime` points to a runtime of this library, `of_type` to a handle; `value` as the interface says; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_copy_object(
    runtime: *mut isolator_runtime,
    of_type: *const isolator_handle,
    value: isolator_bytes,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (of_type, value) = (handle::type_handle(of_type)?, value.get());
            let object =
                shared(runtime).enter(|guest| Ok(guest.copy_object_bytes(of_type, value)?))?;
            Ok(Named::Object(object).into_raw())
        })
    }
}

/// A copy of an object's value, as one MessagePack value.
///
/// # Safety
/// `runtime` points to a runtime of this library, `object` to a handle, `out` to a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_get_value(
    runtime: *mut isolator_runtime,
    object: *const isolator_handle,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let object = handle::object(object)?;
            let bytes = shared(runtime).enter(|guest| Ok(guest.value_bytes_of(object)?))?;
            Ok(bytes.into())
        })
    }
}

/// The type of an object.
///
/// # Safety
/// `runtime` points to a runtime of this library, `object` to a handle, `out` to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_type_of(
    runtime: *mut isolator_runtime,
    object: *const isolator_handle,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let object = handle::object(object)?;
            let of_type = shared(runtime).enter(|guest| Ok(guest.type_of(object)?))?;
            Ok(Named::Type(of_type).into_raw())
        })
    }
}

/// Reads a field, public or not, as one MessagePack value. `target` is null for a static one.
///
/// # Safety
/// `runtime` points to a runtime of this library, `of_type` to a handle, `target` (nullable) to one; `name` is text; `out` points to
/// a place for the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_get_field(
    runtime: *mut isolator_runtime,
    of_type: *const isolator_handle,
    target: *const isolator_handle,
    name: isolator_bytes,
    out: *mut isolator_buffer,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, isolator_buffer::EMPTY, || {
            let (of_type, target) = (handle::type_handle(of_type)?, handle::target(target)?);
            let name = name.text("the field's name")?;
            let bytes =
                shared(runtime).enter(|guest| Ok(guest.get_field_bytes(of_type, target, name)?))?;
            Ok(bytes.into())
        })
    }
}

/// Writes a field, public or not, from one MessagePack value. `target` is null for a static one.
///
/// # Safety
/// `runtime` points to a runtime of this library, `of_type` to a handle, `target` (nullable) to one; `name` is text; `value` as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_set_field(
    runtime: *mut isolator_runtime,
    of_type: *const isolator_handle,
    target: *const isolator_handle,
    name: isolator_bytes,
    value: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (of_type, target) = unsafe { (handle::type_handle(of_type)?, handle::target(target)?) };
        // SAFETY: as above.
        let (name, value) = unsafe { (name.text("the field's name")?, value.get()) };
        // SAFETY: as above.
        let shared = unsafe { shared(runtime) };
        shared.enter(|guest| Ok(guest.set_field_bytes(of_type, target, name, value)?))
    })
}
