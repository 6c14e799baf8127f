//! Files and directories: where the embedder granted a directory, and beneath it; and the runtime's own temporary ones (`temporary`).
//!
//! Which file a path names is `cap-primitives`' business: it resolves paths beneath a directory, in one system call where there is
//! one. Nothing here looks at a path first and opens it then: what was opened is looked at ([`open`]). Everything runs on the calling
//! thread, in steps that look at the deadline.

mod data;
mod listing;
mod moving;
mod names;
mod open;
mod paths;
mod status;
mod table;

use super::disk::Disk;
use super::{Errno, Parts, Trouble, WASI_MODULE, WasiHost, answer, functions, temporary};
use crate::error::{Error, Result};
use crate::limits::Meter;
use crate::signature::{Core, Spec};
use std::path::PathBuf;
use table::Files as Table;
use wasmtime::{Caller, Linker};

pub(crate) use table::Files;
pub(in crate::wasi) use table::Grants;

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
    if !directories.iter().any(covers_temporary) {
        files.grant_temporary();
    }
    Ok(Some(Box::new(files)))
}

/// Whether guests find a granted directory where they would find the temporary one, or above it.
fn covers_temporary(directory: &GrantedDirectory) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    parts(temporary::PLACE).starts_with(&parts(&directory.guest))
}

/// What a function of files works with.
pub(in crate::wasi) struct FileCall<'a> {
    pub memory: &'a mut [u8],
    pub files: &'a mut Table,
    pub disk: &'a mut Disk,
    pub meter: &'a mut Meter,
}

/// What a function of paths costs in fuel: about as many instructions take as long as it.
pub(in crate::wasi) const PATH_FUEL: u64 = 1000;

/// Makes a call of the file system.
pub(super) fn call<S: WasiHost>(
    caller: &mut Caller<'_, S>,
    run: impl FnOnce(&mut FileCall<'_>) -> Result<(), Trouble>,
) -> wasmtime::Result<u32> {
    answer(caller, |memory, parts| {
        let Parts { wasi, meter } = parts;
        let (files, disk) = wasi.files().ok_or(Errno::Badf)?;
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
    ($table:ident, $link:ident; $($name:ident($first:ident: $core:ident $(, $arg:ident: $rest:ident)*) $(else $stream:ident)? => $body:path, $temporary:path;)*) => {
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
                    call(&mut caller, |call| {
                        if call.files.is_temporary($first) {
                            $temporary(call, $first $(, $arg)*)
                        } else {
                            $body(call, $first $(, $arg)*)
                        }
                    })
                },
            )?;)*
            Ok(())
        }
    };
}

functions_of_files! { FILES, link_files;
    fd_advise(fd: I32, offset: I64, len: I64, advice: I32) else Spipe => moving::advise, moving::advise;
    fd_allocate(fd: I32, offset: I64, len: I64) else Spipe => moving::allocate, moving::allocate;
    fd_datasync(fd: I32) else Inval => data::sync_data, temporary::sync_data;
    fd_fdstat_set_rights(fd: I32, base: I64, inheriting: I64) else Badf => table::set_rights, temporary::set_rights;
    fd_filestat_set_size(fd: I32, size: I64) else Inval => data::set_size, temporary::set_size;
    fd_filestat_set_times(fd: I32, accessed: I64, modified: I64, set: I32) else Inval => status::set_times, temporary::set_times;
    fd_pread(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe => moving::read_at, moving::read_at;
    fd_prestat_get(fd: I32, out: I32) else Badf => table::prestat, temporary::prestat;
    fd_prestat_dir_name(fd: I32, path: I32, len: I32) else Badf => table::prestat_name, temporary::prestat_name;
    fd_pwrite(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe => moving::write_at, moving::write_at;
    fd_readdir(fd: I32, buffer: I32, len: I32, cookie: I64, out: I32) else Notdir => listing::read, temporary::list;
    // The standard streams stay what they are.
    fd_renumber(from: I32, to: I32) else Notsup => table::renumber, table::renumber;
    fd_sync(fd: I32) else Inval => data::sync, temporary::sync;
    path_create_directory(fd: I32, path: I32, len: I32) => paths::create_directory, temporary::create_directory;
    path_filestat_get(fd: I32, flags: I32, path: I32, len: I32, out: I32) => status::of_path, temporary::of_path;
    path_filestat_set_times(fd: I32, flags: I32, path: I32, len: I32, accessed: I64, modified: I64, set: I32) => status::set_times_of_path, temporary::set_times_of_path;
    path_link(fd: I32, flags: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) => paths::link, temporary::link;
    path_open(fd: I32, look: I32, path: I32, len: I32, open: I32, base: I64, inheriting: I64, flags: I32, out: I32) => open::open, temporary::open;
    path_readlink(fd: I32, path: I32, len: I32, buffer: I32, size: I32, out: I32) => paths::read_link, temporary::read_link;
    path_remove_directory(fd: I32, path: I32, len: I32) => paths::remove_directory, temporary::remove_directory;
    path_rename(fd: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) => paths::rename, temporary::rename;
    path_symlink(target: I32, target_len: I32, fd: I32, path: I32, len: I32) => symlink, symlink;
    path_unlink_file(fd: I32, path: I32, len: I32) => paths::unlink, temporary::unlink;
}

/// The third argument is the descriptor, where for all others it is the first.
fn symlink(
    call: &mut FileCall<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Result<(), Trouble> {
    if call.files.is_temporary(fd) {
        temporary::symlink(call, target, target_len, fd, path, len)
    } else {
        paths::symlink(call, target, target_len, fd, path, len)
    }
}

/// Functions that `streams.rs` links, which answers for the standard streams itself.
macro_rules! for_streams {
    ($($name:ident($($arg:ident: $ty:ty),*) => $body:path, $temporary:path;)*) => {$(
        pub(in crate::wasi) fn $name(call: &mut FileCall<'_>, fd: u32 $(, $arg: $ty)*) -> Result<(), Trouble> {
            if call.files.is_temporary(fd) {
                $temporary(call, fd $(, $arg)*)
            } else {
                $body(call, fd $(, $arg)*)
            }
        }
    )*};
}

for_streams! {
    fd_read(buffers: u32, count: u32, out: u32) => moving::read, moving::read;
    fd_write(buffers: u32, count: u32, out: u32) => moving::write, moving::write;
    fd_seek(offset: u64, whence: u32, out: u32) => moving::seek, moving::seek;
    fd_tell(out: u32) => moving::tell, moving::tell;
    fd_filestat_get(out: u32) => status::of_descriptor, temporary::of_descriptor;
    fd_close() => table::close, temporary::close;
    fd_fdstat_get(out: u32) => table::flags, temporary::flags;
    fd_fdstat_set_flags(flags: u32) => table::set_flags, temporary::set_flags;
}

pub(super) use data::{MOST_BYTES, STEP, buffers};
pub(super) use listing::{NAME_FUEL, dirent};
pub(super) use status::identity;
pub(super) use table::{
    APPEND, DIRECTORY, DSYNC, NONBLOCK, REGULAR, RSYNC, SYNC, fdstat, name_below, prestat_of,
    put_name, rights,
};
