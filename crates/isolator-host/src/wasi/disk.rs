//! How much of a disk a runtime may take in the directories that it was granted.
//!
//! What is counted is what files *take*, and not what is written. Two accounts are kept, and neither may go beyond the limit:
//! - **lengths**, to the byte. A file takes its length at its longest, holes included: a byte at 1 GiB takes 1 GiB. Writing again below
//!   that is free, also after it was made shorter, and also for the file that gets its number once it is deleted. What was there before
//!   the runtime came is free, but for holes in it, which are paid for when they are filled;
//! - **blocks**: the same in blocks of 4 KiB, and [`NAME`] for each name that is made or moved, and a block more for a directory or a long
//!   link. This one may go [`SLACK`] beyond, so that a limit of a few bytes means something.
//!
//! So what all files of a runtime occupy is never more than what it has paid for and what was there before. File systems have other blocks
//! and books of their own, which is a small factor; one that keeps old versions of what is overwritten keeps them beside.

use super::{Errno, files};
use crate::limits::{LimitKind, Meter};
use cap_primitives::fs::Metadata;
use std::collections::HashMap;
use std::fs::File;

/// Bytes that are taken at once.
pub(super) const BLOCK: u64 = 4096;

/// Bytes for a name, with what the file system keeps about what it stands for.
pub(super) const NAME: u64 = 1024;

/// What blocks and names may take beyond the limit.
const SLACK: u64 = 16 << 10;

/// What of the granted directories a runtime has used.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    /// Bytes that were written.
    pub written: u64,
    taken: Space,
    made: u64,
    files: HashMap<(u64, u64), Paid>,
}

/// An amount of space, in both accounts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    lengths: u64,
    blocks: u64,
}

impl Space {
    /// That for a name.
    pub(super) const NAME: Self = Self {
        lengths: 0,
        blocks: NAME,
    };
    /// That for a directory.
    pub(super) const DIRECTORY: Self = Self {
        lengths: 0,
        blocks: NAME + BLOCK,
    };

    /// That for a link.
    pub(super) fn of_link(target: u64) -> Self {
        /// Longest target that file systems keep beside the name.
        const SHORT: u64 = 59;
        let beside = if target > SHORT { BLOCK } else { 0 };
        Self {
            lengths: target,
            blocks: NAME + beside,
        }
    }

    /// What a file takes more when it becomes so long.
    fn growth(from: u64, to: u64) -> Self {
        Self {
            lengths: to.saturating_sub(from),
            blocks: blocks(to)
                .saturating_sub(blocks(from))
                .saturating_mul(BLOCK),
        }
    }

    fn of_blocks(number: u64) -> Self {
        let bytes = number.saturating_mul(BLOCK);
        Self {
            lengths: bytes,
            blocks: bytes,
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            lengths: self.lengths.saturating_add(more.lengths),
            blocks: self.blocks.saturating_add(more.blocks),
        }
    }
}

/// What is paid for of a file.
#[derive(Debug, Clone, Copy)]
struct Paid {
    /// Its length at its longest.
    len: u64,
    /// Blocks below this one may have been holes before.
    holes: u64,
}

fn blocks(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK)
}

/// A file's identity, and what of it is nobody's debt when it is first seen.
fn look(file: &File) -> Result<((u64, u64), Paid), Errno> {
    let found = Metadata::from_file(file).map_err(super::errno_of)?;
    let len = found.len();
    let holes = if has_holes(&found) { blocks(len) } else { 0 };
    Ok((files::identity(&found), Paid { len, holes }))
}

#[cfg(unix)]
fn has_holes(found: &Metadata) -> bool {
    cap_primitives::fs::MetadataExt::blocks(found).saturating_mul(512) < found.len()
}

#[cfg(not(unix))]
fn has_holes(_found: &Metadata) -> bool {
    false
}

/// Blocks of this range that are holes.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple"))]
fn holes(file: &File, from: u64, to: u64) -> u64 {
    use rustix::fs::{SeekFrom, seek};
    let (mut at, mut sum) = (from, 0);
    while at < to {
        // No data: a hole up to the end.
        let data = seek(file, SeekFrom::Data(at * BLOCK)).map_or(to, |data| data / BLOCK);
        let data = data.clamp(at, to);
        sum += data - at;
        if data == to {
            break;
        }
        let hole = seek(file, SeekFrom::Hole(data * BLOCK)).map_or(to, blocks);
        // Always onwards, whatever the file system answers.
        at = hole.max(data + 1);
    }
    sum
}

/// Elsewhere nobody can be asked: all of it might be.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_vendor = "apple")))]
fn holes(_file: &File, from: u64, to: u64) -> u64 {
    to.saturating_sub(from)
}

impl Disk {
    /// Whether so much more may be taken.
    pub(super) fn may_take(&self, meter: &mut Meter, more: Space) -> Result<(), Errno> {
        let Some(allowed) = meter.limits.get_directory_bytes() else {
            return Ok(());
        };
        let sum = self.taken.and(more);
        if sum.lengths > allowed || sum.blocks > allowed.saturating_add(SLACK) {
            meter.note_reached(LimitKind::DirectoryBytes);
            return Err(Errno::Nospc);
        }
        Ok(())
    }

    pub(super) fn took(&mut self, more: Space) {
        self.taken = self.taken.and(more);
    }

    /// Whether something may be made that takes so much.
    pub(super) fn may_make(&self, meter: &mut Meter, more: Space) -> Result<(), Errno> {
        let most = meter.limits.get_max_files();
        if most.is_some_and(|most| self.made >= most) {
            meter.note_reached(LimitKind::Files);
            return Err(Errno::Nospc);
        }
        self.may_take(meter, more)
    }

    pub(super) fn made(&mut self, more: Space) {
        self.made = self.made.saturating_add(1);
        self.took(more);
    }

    /// A file is about to be changed that may have been there before.
    pub(super) fn sees(&mut self, meter: &Meter, file: &File) -> Result<(), Errno> {
        if meter.limits.get_directory_bytes().is_some() {
            let (identity, seen) = look(file)?;
            self.files.entry(identity).or_insert(seen);
        }
        Ok(())
    }

    /// Whether so many bytes may be written here.
    pub(super) fn may_write(
        &mut self,
        meter: &mut Meter,
        file: &File,
        at: u64,
        len: u64,
    ) -> Result<(), Errno> {
        if meter.limits.get_directory_bytes().is_none() {
            return Ok(());
        }
        let (identity, seen) = look(file)?;
        let paid = *self.files.entry(identity).or_insert(seen);
        let to = at.saturating_add(len);
        let (first, end) = (at / BLOCK, blocks(to));
        let filled = holes(file, first.min(paid.holes), end.min(paid.holes));
        let filled = Space::of_blocks(filled);
        self.may_take(meter, Space::growth(paid.len, to).and(filled))?;
        // What was a hole is none in a moment, and could not be told from what had been there.
        self.took(filled);
        Ok(())
    }

    /// They, or some of them, were.
    pub(super) fn wrote(&mut self, file: &File, at: u64, len: u64) {
        self.written = self.written.saturating_add(len);
        self.ends_at(file, at.saturating_add(len));
    }

    /// Whether a file may be made so long.
    pub(super) fn may_end_at(
        &mut self,
        meter: &mut Meter,
        file: &File,
        len: u64,
    ) -> Result<(), Errno> {
        if meter.limits.get_directory_bytes().is_none() {
            return Ok(());
        }
        let (identity, seen) = look(file)?;
        let paid = *self.files.entry(identity).or_insert(seen);
        self.may_take(meter, Space::growth(paid.len, len))
    }

    /// It was.
    pub(super) fn ends_at(&mut self, file: &File, len: u64) {
        // Without a limit no file is known here.
        if self.files.is_empty() {
            return;
        }
        let Ok((identity, _)) = look(file) else {
            return;
        };
        if let Some(paid) = self.files.get_mut(&identity) {
            let more = Space::growth(paid.len, len);
            paid.len = paid.len.max(len);
            self.took(more);
        }
    }
}
