//! Assembly loaders of the embedder.

use crate::error::Failure;
use crate::guard::{guard, quietly};
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use crate::{isolator_error, isolator_host_builder, isolator_runtime_builder};
use ::isolator_host::{AssemblyImage, AssemblyRequest};
use std::ffi::c_void;

/// An assembly that a guest asks for. It lives while the loader runs, and is used on its thread only.
pub struct isolator_assembly_request {
    request: AssemblyRequest,
    found: Option<AssemblyImage>,
}

/// A loader: it answers with `isolator_assembly_request_found`, or not at all if it does not know the assembly. It must not call the runtime that asks.
pub type isolator_assembly_loader_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, request: *mut isolator_assembly_request)>;

/// The assembly's simple name. It comes from guest code: trust nothing in it. Lives while the loader runs.
///
/// # Safety
/// `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_name(
    request: *const isolator_assembly_request,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::of(unsafe { (*request).request.name.as_bytes() })
}

/// The culture of a satellite assembly, such as `de-CH`; empty for an ordinary one. Lives while the loader runs.
///
/// # Safety
/// `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_culture(
    request: *const isolator_assembly_request,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    match unsafe { &(*request).request.culture } {
        Some(culture) => isolator_bytes::of(culture.as_bytes()),
        None => isolator_bytes::none(),
    }
}

/// Answers with the content of a `.dll`, and of the portable `.pdb` that belongs to it (`len` 0: none).
///
/// # Safety
/// `request` is that of a loader that is running; the bytes as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_found(
    request: *mut isolator_assembly_request,
    image: isolator_bytes,
    symbols: isolator_bytes,
) {
    quietly((), || {
        // SAFETY: the caller says so.
        let (request, image, symbols) = unsafe { (&mut *request, image.get(), symbols.get()) };
        let mut found = AssemblyImage::new(image);
        if !symbols.is_empty() {
            found = found.with_symbols(symbols);
        }
        request.found = Some(found);
    });
}

/// Adds a loader. Loaders are asked in their order, for what the base class library does not have, on any thread and also several times at once.
///
/// # Safety
/// `builder` points to a builder of this library; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_builder_assembly_loader(
    builder: *mut isolator_host_builder,
    function: isolator_assembly_loader_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let load = loader_of(function, user)?;
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| Ok(builder.assembly_loader(load)))
    })
}

/// Adds a loader for one runtime alone. A runtime's own loaders are asked before the host's, in their order.
///
/// # Safety
/// `builder` points to a builder of this library; the function and its value as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_assembly_loader(
    builder: *mut isolator_runtime_builder,
    function: isolator_assembly_loader_fn,
    user_data: *mut c_void,
    drop: isolator_drop_fn,
) -> *mut isolator_error {
    let user = UserData::new(user_data, drop);
    guard(|| {
        let load = loader_of(function, user)?;
        // SAFETY: the caller says so.
        let builder = unsafe { &mut *builder };
        builder.change(|builder| Ok(builder.assembly_loader(load)))
    })
}

fn loader_of(
    function: isolator_assembly_loader_fn,
    user: UserData,
) -> Result<impl Fn(&AssemblyRequest) -> Option<AssemblyImage> + Send + Sync + 'static, Failure> {
    let Some(function) = function else {
        return Err(Failure::config("the assembly loader is null"));
    };
    Ok(move |request: &AssemblyRequest| {
        let mut request = isolator_assembly_request {
            request: request.clone(),
            found: None,
        };
        // SAFETY: the embedder gave the function with its value, which was not dropped yet; the request lives meanwhile.
        unsafe { function(user.value(), &raw mut request) };
        request.found
    })
}
