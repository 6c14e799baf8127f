//! Files and directories: only where the embedder granted a directory, and beneath it.
//!
//! Which file a path names is `cap-primitives`' business: it resolves paths beneath a directory, in one system call where there is
//! one. Nothing here looks at a path first and opens it then: what was opened is looked at ([`open`]). Everything runs on the calling
//! thread, in steps that look at the deadline.

mod data;
mod listing;
mod names;
mod open;
mod paths;
mod status;
mod table;

use super::disk::Disk;
use super::{Errno, Parts, Trouble, WASI_MODULE, WasiHost, answer, functions};
use crate::error::{Error, Result};
use crate::limits::Meter;
use crate::signature::{Core, Spec};
use std::path::PathBuf;
use table::Files as Table;
use wasmtime::{Caller, Linker};

pub(crate) use table::Files;

/// A directory that a runtime may use.
#[derive(Debug, Clone)]
pub(crate) struct GrantedDirectory {
    pub host: PathBuf,
    pub guest: String,
    pub writable: bool,
}

/// Opens the granted directories; none if there are none.
///
/// # Errors
/// [`Error::Io`] naming the directory that cannot be opened.
pub(crate) fn open_directories(directories: &[GrantedDirectory]) -> Result<Option<Box<Files>>> {
    if directories.is_empty() {
        return Ok(None);
    }
    let mut files = Files::default();
    for directory in directories {
        let authority = cap_primitives::ambient_authority();
        let file = cap_primitives::fs::open_ambient_dir(&directory.host, authority);
        let file = file.map_err(|source| Error::Io {
            what: "open the directory",
            path: directory.host.clone(),
            source,
        })?;
        files.grant(file, directory.guest.clone(), directory.writable);
    }
    Ok(Some(Box::new(files)))
}

/// What a function of files works with.
pub(super) struct FileCall<'a> {
    pub memory: &'a mut [u8],
    pub files: &'a mut Table,
    pub disk: &'a mut Disk,
    pub meter: &'a mut Meter,
}

/// What a function of paths costs in fuel: about as many instructions take as long as it.
const PATH_FUEL: u64 = 1000;

/// Makes a call of the file system, if anything was granted.
pub(super) fn call<S: WasiHost>(
    caller: &mut Caller<'_, S>,
    run: impl FnOnce(&mut FileCall<'_>) -> Result<(), Trouble>,
) -> wasmtime::Result<u32> {
    answer(caller, |memory, parts| {
        let Parts { wasi, meter } = parts;
        let files = wasi.files.as_deref_mut().ok_or(Errno::Badf)?;
        let disk = &mut wasi.disk;
        run(&mut FileCall {
            memory,
            files,
            disk,
            meter,
        })
    })
}

/// Declares functions of files: their entries in the signature table and in the linker, and what is answered where the first argument
/// is a standard stream.
macro_rules! functions_of_files {
    ($table:ident, $link:ident; $($name:ident($first:ident: $core:ident $(, $arg:ident: $rest:ident)*) $(else $stream:ident)? => $body:path;)*) => {
        pub(super) const $table: &[Spec] = &[$(Spec {
            name: stringify!($name),
            params: &[Core::$core $(, Core::$rest)*],
            results: &[Core::I32],
            post: false,
        }),*];

        pub(super) fn $link<S: WasiHost>(linker: &mut Linker<S>) -> wasmtime::Result<()> {
            $(linker.func_wrap(
                WASI_MODULE,
                stringify!($name),
                |mut caller: Caller<'_, S>, $first: functions!(@ty $core) $(, $arg: functions!(@ty $rest))*| -> wasmtime::Result<u32> {
                    $(if $first <= 2 {
                        return Ok(Errno::$stream as u32);
                    })?
                    call(&mut caller, |call| $body(call, $first $(, $arg)*))
                },
            )?;)*
            Ok(())
        }
    };
}

functions_of_files! { FILES, link_files;
    fd_advise(fd: I32, offset: I64, len: I64, advice: I32) else Spipe => data::advise;
    fd_allocate(fd: I32, offset: I64, len: I64) else Spipe => data::allocate;
    fd_datasync(fd: I32) else Inval => data::sync_data;
    fd_fdstat_set_rights(fd: I32, base: I64, inheriting: I64) else Badf => table::set_rights;
    fd_filestat_set_size(fd: I32, size: I64) else Inval => data::set_size;
    fd_filestat_set_times(fd: I32, accessed: I64, modified: I64, set: I32) else Inval => status::set_times;
    fd_pread(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe => data::read_at;
    fd_prestat_get(fd: I32, out: I32) else Badf => table::prestat;
    fd_prestat_dir_name(fd: I32, path: I32, len: I32) else Badf => table::prestat_name;
    fd_pwrite(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe => data::write_at;
    fd_readdir(fd: I32, buffer: I32, len: I32, cookie: I64, out: I32) else Notdir => listing::read;
    // The standard streams stay what they are.
    fd_renumber(from: I32, to: I32) else Notsup => table::renumber;
    fd_sync(fd: I32) else Inval => data::sync;
    path_create_directory(fd: I32, path: I32, len: I32) => paths::create_directory;
    path_filestat_get(fd: I32, flags: I32, path: I32, len: I32, out: I32) => status::of_path;
    path_filestat_set_times(fd: I32, flags: I32, path: I32, len: I32, accessed: I64, modified: I64, set: I32) => status::set_times_of_path;
    path_link(fd: I32, flags: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) => paths::link;
    path_open(fd: I32, look: I32, path: I32, len: I32, open: I32, base: I64, inheriting: I64, flags: I32, out: I32) => open::open;
    path_readlink(fd: I32, path: I32, len: I32, buffer: I32, size: I32, out: I32) => paths::read_link;
    path_remove_directory(fd: I32, path: I32, len: I32) => paths::remove_directory;
    path_rename(fd: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) => paths::rename;
    path_symlink(target: I32, target_len: I32, fd: I32, path: I32, len: I32) => paths::symlink;
    path_unlink_file(fd: I32, path: I32, len: I32) => paths::unlink;
}

// Linked by `streams.rs`, which answers for the standard streams itself.
pub(super) use data::{read as fd_read, seek as fd_seek, tell as fd_tell, write as fd_write};
pub(super) use status::{identity, of_descriptor as fd_filestat_get};
pub(super) use table::{
    NONBLOCK, close as fd_close, flags as fd_fdstat_get, set_flags as fd_fdstat_set_flags,
};
