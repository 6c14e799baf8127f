//! How much a runtime may do in the directories that it was granted: bytes written, files made, files open at once.

use super::streams::MOST_BUFFERS;
use super::{Errno, read_u32, slice};
use crate::limits::{LimitKind, Meter};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::wasi_snapshot_preview1 as p1;

/// What of the granted directories a runtime has used.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    pub bytes: u64,
    made: u64,
    open: u64,
}

/// What a call will add if it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// Bytes are written; how many says the word at this address.
    Written(u32),
    /// A file grows by these bytes.
    Grown(u64),
    /// A descriptor, and a file if it is a new one.
    Opened {
        made: bool,
    },
    /// Something that is no file, with these bytes.
    Made {
        bytes: u64,
    },
    Closed,
}

/// Longest path that is looked at, in bytes; the file system allows no longer ones. Where they are taken apart here, longer ones
/// would cost memory many times their size.
const LONGEST_PATH: u32 = 4096;

/// Which arguments of a function are the lengths of paths.
pub(super) fn path_lengths(name: &str) -> &'static [usize] {
    match name {
        "path_create_directory"
        | "path_readlink"
        | "path_remove_directory"
        | "path_unlink_file" => &[2],
        "path_filestat_get" | "path_filestat_set_times" | "path_open" => &[3],
        "path_link" => &[3, 6],
        "path_rename" => &[2, 5],
        "path_symlink" => &[1, 4],
        _ => &[],
    }
}

/// Where a path lies in the memory that is made for a question.
const PATH_AT: usize = 64;

/// Bytes of the buffers of a write, no more of them than [`MOST_BUFFERS`].
fn wanted(memory: &mut [u8], buffers: u32, count: u32) -> Result<u64, Errno> {
    let mut sum = 0u64;
    for index in 0..count {
        let at = buffers
            .checked_add(index.saturating_mul(8))
            .and_then(|at| at.checked_add(4))
            .ok_or(Errno::Fault)?;
        sum = sum.saturating_add(read_u32(memory, at)?.into());
    }
    Ok(sum)
}

/// A file's status: type and size. None if it cannot be had.
fn status(
    ask: impl FnOnce(&mut wiggle::GuestMemory<'_>) -> wasmtime::Result<i32>,
    memory: &mut [u8],
) -> Option<(u8, u64)> {
    let outcome = ask(&mut wiggle::GuestMemory::Unshared(memory)).ok()?;
    let kind = memory.get(16).copied()?;
    let size: [u8; 8] = memory.get(32..40)?.try_into().ok()?;
    (outcome == 0).then_some((kind, u64::from_le_bytes(size)))
}

fn status_of_path(
    files: &mut WasiP1Ctx,
    memory: &mut [u8],
    fd: u32,
    follow: u32,
    path: (u32, u32),
) -> Option<(u8, u64)> {
    let (at, len) = path;
    let path = slice(memory, at, len).ok()?;
    let mut question = vec![0; PATH_AT];
    question.extend_from_slice(path);
    let ask = |memory: &mut wiggle::GuestMemory<'_>| {
        super::files::block_on(p1::path_filestat_get(
            files,
            memory,
            fd.cast_signed(),
            follow.cast_signed(),
            PATH_AT as i32,
            len.cast_signed(),
            0,
        ))
    };
    status(ask, &mut question)
}

fn size_of(files: &mut WasiP1Ctx, fd: u32) -> u64 {
    let mut answer = [0; PATH_AT];
    let ask = |memory: &mut wiggle::GuestMemory<'_>| {
        super::files::block_on(p1::fd_filestat_get(files, memory, fd.cast_signed(), 0))
    };
    status(ask, &mut answer).map_or(0, |(_, size)| size)
}

impl Quota {
    fn check(
        meter: &mut Meter,
        kind: LimitKind,
        allowed: Option<u64>,
        wanted: u64,
        errno: Errno,
    ) -> Result<(), Errno> {
        if allowed.is_some_and(|allowed| wanted > allowed) {
            meter.note_reached(kind);
            return Err(errno);
        }
        Ok(())
    }

    /// Looks at a call before it is made. `args` are those of WASI's function `name`.
    pub(super) fn before(
        &self,
        meter: &mut Meter,
        files: &mut WasiP1Ctx,
        memory: &mut [u8],
        name: &str,
        args: &[u64],
    ) -> Result<Change, Errno> {
        let limits = meter.limits.clone();
        let word = |index: usize| {
            let value = args.get(index).copied().unwrap_or_default();
            u32::try_from(value).unwrap_or(u32::MAX)
        };
        let long = |index: usize| args.get(index).copied().unwrap_or_default();
        let bytes = limits.get_directory_bytes();
        let grow = |meter: &mut Meter, more: u64| {
            let sum = self.bytes.saturating_add(more);
            Self::check(meter, LimitKind::DirectoryBytes, bytes, sum, Errno::Nospc)
        };
        let make = |meter: &mut Meter| {
            let sum = self.made.saturating_add(1);
            let most = limits.get_max_files();
            Self::check(meter, LimitKind::Files, most, sum, Errno::Nospc)
        };
        // Before any is read. A path that cannot be asked about must not be opened either: it may name a pipe.
        let mut lengths = path_lengths(name).iter();
        if lengths.any(|index| word(*index) > LONGEST_PATH) {
            return Err(Errno::Nametoolong);
        }
        Ok(match name {
            "fd_write" | "fd_pwrite" => {
                // The first that is not empty is written, wherever it is: all are counted, or none is written.
                if word(2) > MOST_BUFFERS {
                    return Err(Errno::Inval);
                }
                if bytes.is_some() {
                    grow(meter, wanted(memory, word(1), word(2))?)?;
                }
                Change::Written(if name == "fd_write" { word(3) } else { word(4) })
            }
            "fd_filestat_set_size" | "fd_allocate" => {
                let size = if name == "fd_allocate" {
                    long(1).saturating_add(long(2))
                } else {
                    long(1)
                };
                let more = size.saturating_sub(size_of(files, word(0)));
                grow(meter, more)?;
                Change::Grown(more)
            }
            "path_open" => {
                let open = self.open.saturating_add(1);
                let most = limits.get_max_open_files();
                Self::check(meter, LimitKind::OpenFiles, most, open, Errno::Mfile)?;
                let path = (word(2), word(3));
                let there = status_of_path(files, memory, word(0), word(1) & 1, path);
                // Opening a pipe or a device could block for ever, or do something.
                if there.is_some_and(|(kind, _)| !matches!(kind, DIRECTORY | REGULAR | SYMLINK)) {
                    return Err(Errno::Acces);
                }
                let made = word(4) & CREATE != 0 && there.is_none();
                if made {
                    make(meter)?;
                }
                Change::Opened { made }
            }
            "path_create_directory" | "path_link" => {
                make(meter)?;
                Change::Made { bytes: 0 }
            }
            "path_symlink" => {
                make(meter)?;
                let target = u64::from(word(1));
                grow(meter, target)?;
                Change::Made { bytes: target }
            }
            // A descriptor that is given its own number stays open.
            "fd_renumber" if word(0) == word(1) => Change::Nothing,
            "fd_close" | "fd_renumber" => Change::Closed,
            _ => Change::Nothing,
        })
    }

    /// Notes that the call was made.
    pub(super) fn after(&mut self, memory: &mut [u8], change: Change) {
        match change {
            Change::Nothing => {}
            Change::Written(out) => {
                let written = read_u32(memory, out).unwrap_or_default();
                self.bytes = self.bytes.saturating_add(written.into());
            }
            Change::Grown(bytes) => self.bytes = self.bytes.saturating_add(bytes),
            Change::Opened { made } => {
                self.open = self.open.saturating_add(1);
                self.made = self.made.saturating_add(made.into());
            }
            Change::Made { bytes } => {
                self.made = self.made.saturating_add(1);
                self.bytes = self.bytes.saturating_add(bytes);
            }
            Change::Closed => self.open = self.open.saturating_sub(1),
        }
    }
}

/// `path_open`: make the file if it is not there.
const CREATE: u32 = 1;

// File types of WASI.
const DIRECTORY: u8 = 3;
const REGULAR: u8 = 4;
const SYMLINK: u8 = 7;
