//! Files and directories: only where the embedder granted a directory, by `wasmtime-wasi`'s sandboxed file system.

use super::{Errno, Wasi, memory};
use crate::contract::{Core, Spec, WASI_MODULE};
use crate::error::{Error, Result};
use crate::state::State;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use wasmtime::{Caller, Linker};
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wasmtime_wasi::p1::{WasiP1Ctx, wasi_snapshot_preview1};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// A directory that a runtime may use.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub host: PathBuf,
    pub guest: String,
    pub writable: bool,
}

/// Opens the granted directories; none if there are none.
///
/// # Errors
/// [`Error::Io`] naming the directory that cannot be opened.
pub(crate) fn open_directories(directories: &[Directory]) -> Result<Option<Box<WasiP1Ctx>>> {
    if directories.is_empty() {
        return Ok(None);
    }
    let mut builder = WasiCtxBuilder::new();
    // File operations then happen on the calling thread and are done when their future is first polled: no executor is needed.
    builder.allow_blocking_current_thread(true);
    for directory in directories {
        let perms = if directory.writable {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        builder
            .preopened_dir(&directory.host, &directory.guest, perms)
            .map_err(|error| Error::Io {
                what: "open the directory",
                path: directory.host.clone(),
                source: error
                    .downcast::<std::io::Error>()
                    .unwrap_or_else(|error| std::io::Error::other(format!("{error:#}"))),
            })?;
    }
    Ok(Some(Box::new(builder.build_p1())))
}

/// Bytes that one call may make the host copy out of guest memory: paths and what is written.
const FUEL: usize = 128 << 20;

/// Waits for a future on this thread. Those of the file system are ready at once; parking is for what might come.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    if let Poll::Ready(output) = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        return output;
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Makes a call of the file system, if the runtime may.
fn with_quota(
    state: &mut State,
    memory: &mut [u8],
    name: &str,
    args: &[u64],
    call: impl FnOnce(&mut WasiP1Ctx, &mut [u8]) -> wasmtime::Result<i32>,
) -> wasmtime::Result<u32> {
    let State { wasi, meter, .. } = state;
    let Wasi { files, quota, .. } = wasi;
    let Some(files) = files.as_deref_mut() else {
        return Ok(Errno::Badf as u32);
    };
    files.set_hostcall_fuel(FUEL);
    let change = match quota.before(meter, files, memory, name, args) {
        Ok(change) => change,
        Err(errno) => return Ok(errno as u32),
    };
    let outcome = call(files, memory)?;
    if outcome == 0 {
        quota.after(memory, change);
    }
    Ok(outcome.cast_unsigned())
}

/// Declares functions that go to `wasmtime-wasi`, with what is answered for a standard stream in the first argument.
macro_rules! delegate {
    ($($(#[$sync:ident])? $name:ident($first:ident: I32 $(, $arg:ident: $core:ident)*) else $stream:ident;)*) => {
        $(delegate!(@one [$($sync)?] $name($first $(, $arg: $core)*) else $stream);)*
    };
    (@one [$($sync:ident)?] $name:ident($first:ident $(, $arg:ident: $core:ident)*) else $stream:ident) => {
        #[allow(clippy::too_many_arguments, reason = "they are WASI's")]
        pub(super) fn $name(caller: &mut Caller<'_, State>, $first: u32 $(, $arg: delegate!(@ty $core))*) -> wasmtime::Result<u32> {
            if $first <= 2 {
                return Ok(Errno::$stream as u32);
            }
            let (memory, state) = memory(caller)?;
            let args = [u64::from($first) $(, u64::from($arg))*];
            with_quota(state, memory, stringify!($name), &args, |files, memory| {
                let mut memory = wiggle::GuestMemory::Unshared(memory);
                delegate!(@call [$($sync)?] wasi_snapshot_preview1::$name(
                    files, &mut memory, $first.cast_signed() $(, $arg.cast_signed())*
                ))
            })
        }
    };
    (@call [] $call:expr) => { block_on($call) };
    (@call [sync] $call:expr) => { $call };
    (@ty I32) => { u32 };
    (@ty I64) => { u64 };
}

macro_rules! linked {
    ($($(#[$sync:ident])? $name:ident($($arg:ident: $core:ident),*) else $stream:ident;)*) => {
        delegate! { $($(#[$sync])? $name($($arg: $core),*) else $stream;)* }

        pub(super) const FILES: &[Spec] = &[$(Spec {
            name: stringify!($name),
            params: &[$(Core::$core),*],
            results: &[Core::I32],
            post: false,
        }),*];

        pub(super) fn link_files(linker: &mut Linker<State>) -> wasmtime::Result<()> {
            $(linker.func_wrap(
                WASI_MODULE,
                stringify!($name),
                |mut caller: Caller<'_, State> $(, $arg: delegate!(@ty $core))*| $name(&mut caller $(, $arg)*),
            )?;)*
            Ok(())
        }
    };
}

// Linked by `streams.rs`, which answers for the standard streams itself.
delegate! {
    fd_write(fd: I32, buffers: I32, count: I32, out: I32) else Badf;
    fd_read(fd: I32, buffers: I32, count: I32, out: I32) else Badf;
    fd_fdstat_get(fd: I32, out: I32) else Badf;
    #[sync] fd_fdstat_set_flags(fd: I32, flags: I32) else Badf;
    fd_filestat_get(fd: I32, out: I32) else Badf;
    fd_close(fd: I32) else Badf;
    fd_seek(fd: I32, offset: I64, whence: I32, out: I32) else Badf;
    #[sync] fd_tell(fd: I32, out: I32) else Badf;
}

linked! {
    fd_advise(fd: I32, offset: I64, len: I64, advice: I32) else Spipe;
    #[sync] fd_allocate(fd: I32, offset: I64, len: I64) else Spipe;
    fd_datasync(fd: I32) else Inval;
    #[sync] fd_fdstat_set_rights(fd: I32, base: I64, inheriting: I64) else Badf;
    fd_filestat_set_size(fd: I32, size: I64) else Inval;
    fd_filestat_set_times(fd: I32, accessed: I64, modified: I64, flags: I32) else Inval;
    fd_pread(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe;
    #[sync] fd_prestat_get(fd: I32, out: I32) else Badf;
    #[sync] fd_prestat_dir_name(fd: I32, path: I32, len: I32) else Badf;
    fd_pwrite(fd: I32, buffers: I32, count: I32, offset: I64, out: I32) else Spipe;
    fd_readdir(fd: I32, buffer: I32, len: I32, cookie: I64, out: I32) else Notdir;
    fd_sync(fd: I32) else Inval;
    path_create_directory(fd: I32, path: I32, len: I32) else Notdir;
    path_filestat_get(fd: I32, flags: I32, path: I32, len: I32, out: I32) else Notdir;
    path_filestat_set_times(fd: I32, flags: I32, path: I32, len: I32, accessed: I64, modified: I64, set: I32) else Notdir;
    path_open(fd: I32, look: I32, path: I32, len: I32, open: I32, base: I64, inheriting: I64, flags: I32, out: I32) else Notdir;
    path_readlink(fd: I32, path: I32, len: I32, buffer: I32, size: I32, out: I32) else Notdir;
    path_remove_directory(fd: I32, path: I32, len: I32) else Notdir;
    path_unlink_file(fd: I32, path: I32, len: I32) else Notdir;
    path_link(fd: I32, flags: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) else Notdir;
    path_rename(fd: I32, path: I32, len: I32, to: I32, new: I32, new_len: I32) else Notdir;
}

/// Two whose descriptors are not where those of the others are.
pub(super) const REST: &[Spec] = {
    use Core::I32;
    &[
        Spec {
            name: "fd_renumber",
            params: &[I32, I32],
            results: &[I32],
            post: false,
        },
        Spec {
            name: "path_symlink",
            params: &[I32, I32, I32, I32, I32],
            results: &[I32],
            post: false,
        },
    ]
};

pub(super) fn link_rest(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap(
        WASI_MODULE,
        "fd_renumber",
        |mut caller: Caller<'_, State>, from: u32, to: u32| -> wasmtime::Result<u32> {
            // The standard streams stay what they are.
            if from <= 2 || to <= 2 {
                return Ok(Errno::Notsup as u32);
            }
            let (memory, state) = memory(&mut caller)?;
            let args = [from.into(), to.into()];
            with_quota(state, memory, "fd_renumber", &args, |files, memory| {
                let mut memory = wiggle::GuestMemory::Unshared(memory);
                let (from, to) = (from.cast_signed(), to.cast_signed());
                block_on(wasi_snapshot_preview1::fd_renumber(
                    files,
                    &mut memory,
                    from,
                    to,
                ))
            })
        },
    )?;
    linker.func_wrap(
        WASI_MODULE,
        "path_symlink",
        |mut caller: Caller<'_, State>,
         old: u32,
         old_len: u32,
         fd: u32,
         new: u32,
         new_len: u32|
         -> wasmtime::Result<u32> {
            if fd <= 2 {
                return Ok(Errno::Notdir as u32);
            }
            let (memory, state) = memory(&mut caller)?;
            let args = [old, old_len, fd, new, new_len];
            let words = args.map(u64::from);
            with_quota(state, memory, "path_symlink", &words, |files, memory| {
                let mut memory = wiggle::GuestMemory::Unshared(memory);
                let [old, old_len, fd, new, new_len] = args.map(u32::cast_signed);
                block_on(wasi_snapshot_preview1::path_symlink(
                    files,
                    &mut memory,
                    old,
                    old_len,
                    fd,
                    new,
                    new_len,
                ))
            })
        },
    )?;
    Ok(())
}
