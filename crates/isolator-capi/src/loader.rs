//! Assembly loaders of the embedder.

use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::runtime::SharedRuntime;
use crate::types::isolator_bytes;
use crate::user::{UserData, isolator_drop_fn};
use crate::{isolator_error, isolator_host_builder, isolator_runtime_builder};
use ::isolator_host::{AssemblyFolder, AssemblyImage, AssemblyLoader, AssemblyRequest};
use std::ffi::c_void;
use std::ptr;

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
    isolator_bytes::or_none(unsafe { &(*request).request.culture }.as_ref())
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

/// Adds compiled code to the answer so far: what `isolator compile` made of the assembly. One that does not fit is left alone.
///
/// # Safety
/// `request` is that of a loader that is running; the bytes as the interface says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_compiled(
    request: *mut isolator_assembly_request,
    compiled: isolator_bytes,
) {
    quietly((), || {
        // SAFETY: the caller says so.
        let (request, compiled) = unsafe { (&mut *request, compiled.get()) };
        if let Some(found) = &mut request.found {
            found.compiled = (!compiled.is_empty()).then(|| compiled.into());
        }
    });
}

/// Takes an answer back: there is no such assembly.
///
/// # Safety
/// `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_forget(request: *mut isolator_assembly_request) {
    // SAFETY: the caller says so.
    quietly((), || unsafe { (*request).found = None });
}

/// Most bytes that the answer may have: what the runtime that asks can take. A larger one is refused.
///
/// # Safety
/// `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_most_bytes(
    request: *const isolator_assembly_request,
) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*request).request.largest_assembly() }
}

/// The image of the answer so far; empty if there is none. Lives until the request is answered again, and no longer than the loader runs.
///
/// # Safety
/// `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_request_image(
    request: *const isolator_assembly_request,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    match unsafe { &(*request).found } {
        Some(found) => isolator_bytes::of(&found.image),
        None => isolator_bytes::none(),
    }
}

/// A folder with assemblies that was opened. It may be used by any number of threads.
///
/// Files are read below it: no link is followed, only regular files are read, and what runtimes may write is no source. The folder itself may
/// be a link.
pub struct isolator_assembly_folder(AssemblyFolder);

/// Opens a folder with assemblies.
///
/// # Safety
/// `path` is text; `out` points to a place for the folder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_folder_open(
    path: isolator_bytes,
    out: *mut *mut isolator_assembly_folder,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let folder = AssemblyFolder::open(path.text("the folder's path")?)?;
            Ok(Box::into_raw(Box::new(isolator_assembly_folder(folder))))
        })
    }
}

/// Answers a request with what a folder has for it, `NAME.dll` or `CULTURE/NAME.dll` with the `.pdb` beside it. Whether it has something; if not,
/// the answer so far stays.
///
/// # Safety
/// `folder` points to a folder of this library; `request` is that of a loader that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_folder_answer(
    folder: *const isolator_assembly_folder,
    request: *mut isolator_assembly_request,
) -> bool {
    quietly(false, || {
        // SAFETY: the caller says so.
        let (folder, request) = unsafe { (&(*folder).0, &mut *request) };
        let found = AssemblyLoader::load(folder, &request.request);
        let answered = found.is_some();
        if answered {
            request.found = found;
        }
        answered
    })
}

/// Gives a folder back. No loader may use it any more.
///
/// # Safety
/// `folder`, nullable, is a folder of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_assembly_folder_free(folder: *mut isolator_assembly_folder) {
    if !folder.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let folder = unsafe { Box::from_raw(folder) };
        quietly((), || drop(folder));
    }
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
) -> Result<impl Fn(&AssemblyRequest) -> Option<AssemblyImage> + Send + Sync + 'static, CError> {
    let Some(function) = function else {
        return Err(CError::config("the assembly loader is null"));
    };
    Ok(move |request: &AssemblyRequest| {
        let mut request = isolator_assembly_request {
            request: request.clone(),
            found: None,
        };
        // SAFETY: the embedder gave the function with its value, which was not dropped yet; the request lives meanwhile.
        SharedRuntime::with_embedder(|| unsafe { function(user.value(), &raw mut request) });
        request.found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_answers_what_it_has() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("App.dll"), b"app").unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        let mut folder = ptr::null_mut();
        // SAFETY: the path is text, and there is a place for the folder.
        let error = unsafe {
            isolator_assembly_folder_open(isolator_bytes::of(path.as_bytes()), &raw mut folder)
        };
        assert!(error.is_null() && !folder.is_null());
        for (name, image) in [("App", &b"app"[..]), ("../App", b""), ("Missing", b"")] {
            let mut request = isolator_assembly_request {
                request: AssemblyRequest::new(name),
                found: None,
            };
            // SAFETY: the folder is open, and the request lives.
            unsafe {
                let answered = isolator_assembly_folder_answer(folder, &raw mut request);
                assert_eq!(answered, !image.is_empty(), "{name}");
                let found = isolator_assembly_request_image(&raw const request);
                assert_eq!(found.get(), image, "{name}");
                assert_eq!(
                    isolator_assembly_request_most_bytes(&raw const request),
                    u64::MAX
                );
                isolator_assembly_request_forget(&raw mut request);
                let found = isolator_assembly_request_image(&raw const request);
                assert_eq!(found.get(), b"", "{name}");
            }
        }
        directory.close().unwrap();
        // SAFETY: the folder is given back once; the path is text, and there is a place for an error's folder.
        unsafe {
            isolator_assembly_folder_free(folder);
            let error =
                isolator_assembly_folder_open(isolator_bytes::of(path.as_bytes()), &raw mut folder);
            assert!(!error.is_null() && folder.is_null());
            crate::isolator_error_free(error);
        }
    }
}
