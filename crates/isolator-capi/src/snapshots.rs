//! App snapshots: runtimes that were prepared once, and from which others start.

use crate::builder::isolator_runtime_builder;
use crate::error::CError;
use crate::guard::{guard, guard_out, quietly};
use crate::handle::{Named, isolator_handle, isolator_handle_kind};
use crate::host::isolator_host;
use crate::isolator_error;
use crate::runtime::{SharedRuntime, isolator_runtime, shared};
use crate::snapshot_info::isolator_note;
use crate::streams::Stream;
use crate::types::isolator_bytes;
use ::isolator_host::{AppSnapshot, IsolatedRuntime, SnapshotForm};
use std::ptr;

/// A runtime that was prepared, as others start from it. May be used by any number of threads.
pub struct isolator_snapshot(pub(crate) AppSnapshot);

fn made(snapshot: AppSnapshot) -> *mut isolator_snapshot {
    Box::into_raw(Box::new(isolator_snapshot(snapshot)))
}

/// How a snapshot holds its memory.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum isolator_snapshot_form {
    /// All of it, which each runtime maps and copies page by page as it writes: some tenths of a second to make, and microseconds to start from. The default.
    ISOLATOR_SNAPSHOT_MAPPED = 0,
    /// What it differs by from what the prepared runtime began with, the guest image or another snapshot, and which is copied into each runtime: a millisecond
    /// to make, and some microseconds more to start from for each ten pages. What the memory has grown by counts against limits of those that start from it.
    /// For what was prepared little. `isolator_snapshot_save` writes all of the memory, and what is loaded is mapped.
    ISOLATOR_SNAPSHOT_DELTA = 1,
}

/// The form of that number.
fn form(value: u32) -> Result<SnapshotForm, CError> {
    use isolator_snapshot_form::*;
    const MAPPED: u32 = ISOLATOR_SNAPSHOT_MAPPED as u32;
    const DELTA: u32 = ISOLATOR_SNAPSHOT_DELTA as u32;
    Ok(match value {
        MAPPED => SnapshotForm::Mapped,
        DELTA => SnapshotForm::Delta,
        _ => {
            return Err(CError::config(format!(
                "{value} is no `isolator_snapshot_form`"
            )));
        }
    })
}

/// Makes a snapshot of a runtime, which ends with that.
pub(crate) fn frozen(shared: &SharedRuntime, form: SnapshotForm) -> Result<AppSnapshot, CError> {
    let snapshot = shared.take_out()?.into_snapshot_as(form);
    snapshot.map_err(|error| shared.why(error.into()))
}

impl Named {
    /// Keeps it under a name.
    pub(crate) fn keep(&self, runtime: &mut IsolatedRuntime, name: &str) -> Result<(), CError> {
        match self {
            Self::Object(object) => runtime.keep(name, object)?,
            Self::Type(of_type) => runtime.keep(name, of_type)?,
            Self::Method(method) => runtime.keep(name, method)?,
            Self::Assembly(assembly) => runtime.keep(name, assembly)?,
            Self::Task(task) => runtime.keep(name, task)?,
            Self::Stream(stream) => {
                let stream = stream.open(runtime)?;
                runtime.keep(name, stream)?;
            }
        }
        Ok(())
    }

    /// What was kept under a name.
    fn kept(runtime: &mut IsolatedRuntime, name: &str, kind: i32) -> Result<Self, CError> {
        use isolator_handle_kind::*;
        const OBJECT: i32 = ISOLATOR_HANDLE_OBJECT as i32;
        const TYPE: i32 = ISOLATOR_HANDLE_TYPE as i32;
        const METHOD: i32 = ISOLATOR_HANDLE_METHOD as i32;
        const ASSEMBLY: i32 = ISOLATOR_HANDLE_ASSEMBLY as i32;
        const TASK: i32 = ISOLATOR_HANDLE_TASK as i32;
        const STREAM: i32 = ISOLATOR_HANDLE_STREAM as i32;
        Ok(match kind {
            OBJECT => Self::Object(runtime.kept(name)?),
            TYPE => Self::Type(runtime.kept(name)?),
            METHOD => Self::Method(runtime.kept(name)?),
            ASSEMBLY => Self::Assembly(runtime.kept(name)?),
            TASK => Self::Task(runtime.kept(name)?),
            STREAM => Self::Stream(Stream::opened(runtime.kept(name)?)),
            _ => {
                return Err(CError::config(format!(
                    "{kind} is no `isolator_handle_kind`"
                )));
            }
        })
    }
}

/// Makes a snapshot of a runtime, which ends with that: assemblies, statics, objects, tasks and timers that wait come along, and are there in each runtime
/// that starts from it. What the runtime was granted is no part of it, unless guest code read and kept that; neither are its callbacks. The runtime is still
/// given back with `isolator_runtime_free`.
///
/// An error of kind `ISOLATOR_ERROR_NOT_FROZEN` names what cannot come along: asynchronous calls of yours or of the guest's, open files. After an error of
/// kind `ISOLATOR_ERROR_BUSY` or `ISOLATOR_ERROR_NESTING` the runtime is as it was; after any other it has ended as well.
///
/// # Safety
/// `runtime` points to a runtime of this library, `out` to a place for the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_freeze(
    runtime: *mut isolator_runtime,
    out: *mut *mut isolator_snapshot,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(made(frozen(&shared(runtime), SnapshotForm::Mapped)?))
        })
    }
}

/// As `isolator_runtime_freeze`, in another form: `form` is an `isolator_snapshot_form`. After one that there is not, the runtime is as it was.
///
/// # Safety
/// As `isolator_runtime_freeze`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_freeze_as(
    runtime: *mut isolator_runtime,
    form: u32,
    out: *mut *mut isolator_snapshot,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            Ok(made(frozen(&shared(runtime), self::form(form)?)?))
        })
    }
}

/// Loads a snapshot that `isolator_snapshot_save` wrote, with this guest image. The file is checked, and what is in it runs in a sandbox, whoever wrote it;
/// one that cannot be used is an error of kind `ISOLATOR_ERROR_BAD_SNAPSHOT`.
///
/// # Safety
/// `host` points to a host of this library; `path` is text; `out` points to a place for the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_host_load_snapshot(
    host: *const isolator_host,
    path: isolator_bytes,
    out: *mut *mut isolator_snapshot,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let path = path.text("the snapshot's path")?;
            let snapshot = (*host).0.load_snapshot(path)?;
            Ok(made(snapshot))
        })
    }
}

/// Writes a snapshot to a file. It holds all of the runtime's memory: whatever guest code read and kept, too. Nothing is left half-written.
///
/// # Safety
/// `snapshot` points to a snapshot of this library; `path` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_save(
    snapshot: *const isolator_snapshot,
    path: isolator_bytes,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (snapshot, path) = unsafe { (&(*snapshot).0, path.text("the snapshot's path")?) };
        Ok(snapshot.save(path)?)
    })
}

/// Size of the memory that runtimes start with, in bytes. They share what they do not write, and none of it counts against their limits, but for what
/// `ISOLATOR_SNAPSHOT_DELTA` adds.
///
/// # Safety
/// `snapshot` points to a snapshot of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_memory_size(snapshot: *const isolator_snapshot) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*snapshot).0.memory_size() }
}

/// How it holds the memory.
///
/// # Safety
/// `snapshot` points to a snapshot of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_get_form(
    snapshot: *const isolator_snapshot,
) -> isolator_snapshot_form {
    // SAFETY: the caller says so.
    match unsafe { (*snapshot).0.form() } {
        SnapshotForm::Mapped => isolator_snapshot_form::ISOLATOR_SNAPSHOT_MAPPED,
        SnapshotForm::Delta => isolator_snapshot_form::ISOLATOR_SNAPSHOT_DELTA,
    }
}

/// Bytes that are copied into each runtime: none if all of the memory is mapped.
///
/// # Safety
/// `snapshot` points to a snapshot of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_copied(snapshot: *const isolator_snapshot) -> u64 {
    // SAFETY: the caller says so.
    unsafe { (*snapshot).0.copied() }
}

/// The name of number `index` under which a handle was kept (`isolator_runtime_keep`), in the order of names. Lives as long as the snapshot; null `data` if
/// there are not so many.
///
/// # Safety
/// `snapshot` points to a snapshot of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_kept_name(
    snapshot: *const isolator_snapshot,
    index: usize,
) -> isolator_bytes {
    // SAFETY: the caller says so.
    let snapshot = unsafe { &(*snapshot).0 };
    isolator_bytes::or_none(snapshot.kept().nth(index))
}

/// The same snapshot, which has a text of yours beside it, such as a version, and its file with it; a name that is taken is taken over. Runtimes know nothing
/// of it. Both are given back, each for itself.
///
/// # Safety
/// `snapshot` points to a snapshot of this library; `name` and `note` are text; `out` points to a place for the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_with_note(
    snapshot: *const isolator_snapshot,
    name: isolator_bytes,
    note: isolator_bytes,
    out: *mut *mut isolator_snapshot,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let (name, note) = (name.text("the note's name")?, note.text("the note")?);
            let snapshot = (*snapshot).0.clone().with_note(name, note);
            Ok(made(snapshot))
        })
    }
}

/// The note of number `index`, in the order of names. Lives as long as the snapshot; null `data` if there are not so many.
///
/// # Safety
/// `snapshot` points to a snapshot of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_note(
    snapshot: *const isolator_snapshot,
    index: usize,
) -> isolator_note {
    // SAFETY: the caller says so.
    isolator_note::of(unsafe { (*snapshot).0.notes() }, index)
}

/// Gives a snapshot back. Runtimes that started from it live on.
///
/// # Safety
/// `snapshot`, nullable, is a snapshot of this library that was not given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_snapshot_free(snapshot: *mut isolator_snapshot) {
    if !snapshot.is_null() {
        // SAFETY: it came from `Box::into_raw`.
        let snapshot = unsafe { Box::from_raw(snapshot) };
        quietly((), || drop(snapshot));
    }
}

/// Lets the runtime start from a snapshot of this host: as the runtime was that was prepared for it. Grants, limits, streams and callbacks are those that it is
/// given here. A culture or time zone that is not set here is the prepared runtime's. The snapshot may be given back before the builder.
///
/// # Safety
/// `builder` points to a builder of this library, `snapshot` to a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_builder_from(
    builder: *mut isolator_runtime_builder,
    snapshot: *const isolator_snapshot,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (builder, snapshot) = unsafe { (&mut *builder, &(*snapshot).0) };
        builder.change(|builder| Ok(builder.from(snapshot)))
    })
}

/// Keeps what a handle names under a name, by which every runtime that starts from a snapshot of this one finds it. A name that is taken is taken over. A stream
/// that was not opened yet is opened. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library, `handle` to a handle; `name` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_keep(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    handle: *const isolator_handle,
) -> *mut isolator_error {
    guard(|| {
        // SAFETY: the caller says so.
        let (name, named) = unsafe { (name.text("the name to keep it under")?, &(*handle).0) };
        // SAFETY: as above.
        let shared = unsafe { shared(runtime) };
        shared.enter_outer(|runtime| named.keep(runtime, name))
    })
}

/// What was kept under a name, here or in the runtime that was prepared for this one's snapshot; `kind` is the `isolator_handle_kind` that it has. An error of
/// kind `ISOLATOR_ERROR_BAD_HANDLE` if there is nothing of that name, or of another kind. Not from within callbacks.
///
/// # Safety
/// `runtime` points to a runtime of this library; `name` is text; `out` points to a place for the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isolator_runtime_kept(
    runtime: *mut isolator_runtime,
    name: isolator_bytes,
    kind: i32,
    out: *mut *mut isolator_handle,
) -> *mut isolator_error {
    // SAFETY: the caller says so.
    unsafe {
        guard_out(out, ptr::null_mut(), || {
            let name = name.text("the name that it was kept under")?;
            let named = shared(runtime).enter_outer(|runtime| Named::kept(runtime, name, kind))?;
            Ok(named.into_raw())
        })
    }
}
