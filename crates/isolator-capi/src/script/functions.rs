//! Functions of the embedder, as scripts call them.

use super::{isolator_script_host_builder, isolator_script_source};
use crate::callback::{Foreign, ForeignAsync, isolator_async_callback_fn, isolator_callback_fn};
use crate::guard::guard;
use crate::isolator_error;
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use ::isolator_host::HostFunction;
use isolator_script::Source;
use std::ffi::c_void;

/// Declares a function of the embedder that scripts call as a method, such as `decimal Price(string sku)`; compiler and completion know it. The function gets the
/// arguments as a callback does, and answers with one MessagePack value. Scripts choose the arguments: trust nothing in them. Where the declaration cannot be
/// compiled, `isolator_script_host_builder_build` says so.
///
/// # Safety
/// `builder` points to a builder of this library; `declaration` is text; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_function(
    builder: *mut isolator_script_host_builder,
    declaration: isolator_bytes,
    function: isolator_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = Foreign::new(function, user)?;
        let function = HostFunction::raw(move |context, args| foreign.call(context, args));
        // SAFETY: the caller says so.
        unsafe { declare(builder, declaration, function) }
    })
}

/// Declares an asynchronous function of the embedder, such as `Task<int> StockAsync(string sku)`, which scripts await. It begins the work and returns.
///
/// # Safety
/// As `isolator_script_host_builder_function`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_async_function(
    builder: *mut isolator_script_host_builder,
    declaration: isolator_bytes,
    function: isolator_async_callback_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let foreign = ForeignAsync::new(function, user)?;
        let function = HostFunction::raw_asynchronous(move |args| foreign.begin(args));
        // SAFETY: the caller says so.
        unsafe { declare(builder, declaration, function) }
    })
}

/// # Safety
/// As `isolator_script_host_builder_function`.
unsafe fn declare(
    builder: *mut isolator_script_host_builder,
    declaration: isolator_bytes,
    function: HostFunction,
) -> Result<(), crate::error::CError> {
    // SAFETY: the caller says so.
    let (builder, declaration) = unsafe { (&mut *builder, declaration.text("the declaration")?) };
    builder.change(|builder| Ok(builder.host_function(declaration, function)))
}

/// Adds a source with types that scripts, and declarations of functions, find: records of the embedder's, say. It is compiled once, as a library.
///
/// # Safety
/// `builder` points to a builder of this library; what is in `source` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_script_host_builder_prelude(
    builder: *mut isolator_script_host_builder,
    source: isolator_script_source,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        // SAFETY: as above.
        let (name, text) = unsafe {
            (
                source.name.text("a source's name")?,
                source.text.text("a source")?,
            )
        };
        builder.change(|builder| Ok(builder.prelude(Source::new(name, text))))
    })
}
