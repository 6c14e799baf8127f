//! What files of snapshots say of themselves.

use crate::guard::{guard_out, quietly};
use crate::isolator_error;
use crate::types::isolator_bytes;
use ::isolator_host::SnapshotInfo;
use std::collections::BTreeMap;
use std::ptr;

/// A text that an embedder put beside a snapshot.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct isolator_note {
    /// Its name.
    pub name: isolator_bytes,
    /// The text.
    pub text: isolator_bytes,
}

impl isolator_note {
    /// The one of that number, in the order of names.
    pub(crate) fn of(notes: &BTreeMap<String, String>, index: usize) -> Self {
        let (name, text) = notes.iter().nth(index).unzip();
        Self {
            name: isolator_bytes::or_none(name),
            text: isolator_bytes::or_none(text),
        }
    }
}

/// What the file of a snapshot says of itself. May be used by any number of threads.
pub struct isolator_snapshot_info(SnapshotInfo);

/// Reads what a file says of itself that `isolator_snapshot_save` wrote, for whichever guest image. None of it was tried: whoever wrote the file chose it. One
/// that is no snapshot is an error of kind `ISOLATOR_ERROR_BAD_SNAPSHOT`.
///
/// # Safety
/// `path` is text; `out` points to a place for what it gives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_read(
    path: isolator_bytes,
    out: *mut *mut isolator_snapshot_info,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let path = path.text("the snapshot's path")?;
            let info = SnapshotInfo::read(path)?;
            Ok(Box::into_raw(Box::new(isolator_snapshot_info(info))))
        })
    }
}

/// Version of .NET in the guest image that it belongs to. Lives as long as the info.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_dotnet_version(
    info: *const isolator_snapshot_info,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    let info = unsafe { &(*info).0 };
    isolator_bytes::of(info.dotnet_version.as_bytes())
}

/// Digest of the code of that guest image, in hexadecimal digits. Lives as long as the info.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_code_digest(
    info: *const isolator_snapshot_info,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    let info = unsafe { &(*info).0 };
    isolator_bytes::of(info.code_digest.as_bytes())
}

/// Size of the file, in bytes.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_file_size(
    info: *const isolator_snapshot_info,
) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*info).0.file_size }
}

/// Size of the memory that runtimes start with, in bytes.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_memory_size(
    info: *const isolator_snapshot_info,
) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*info).0.memory_size }
}

/// The name of number `index` under which a handle was kept, in the order of names. Lives as long as the info; null `data` if there are not so many.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_kept_name(
    info: *const isolator_snapshot_info,
    index: usize,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::or_none(unsafe { &(*info).0.kept }.get(index))
}

/// The name of number `index` of an assembly that runs compiled. Lives as long as the info; null `data` if there are not so many.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_compiled(
    info: *const isolator_snapshot_info,
    index: usize,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    isolator_bytes::or_none(unsafe { &(*info).0.compiled }.get(index))
}

/// The note of number `index` (`isolator_snapshot_with_note`), in the order of names. Lives as long as the info; null `data` if there are not so many.
///
/// # Safety
/// `info` points to an info of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_note(
    info: *const isolator_snapshot_info,
    index: usize,
) -> isolator_note {
    // SAFETY: the caller says so.
    isolator_note::of(unsafe { &(*info).0.notes }, index)
}

/// Gives an info back.
///
/// # Safety
/// `info`, nullable, is an info of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_info_free(info: *mut isolator_snapshot_info) {
    if !info.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let info = unsafe { Box::from_raw(info) };
        quietly((), || drop(info));
    }
}
