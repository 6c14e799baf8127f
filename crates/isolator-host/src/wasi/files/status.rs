//! What a file is: type, size, times.

use super::super::{Errno, Trouble, errno_of, write};
use super::{FileCall, PATH_FUEL, names, open, table};
use cap_primitives::fs::{self, FollowSymlinks, Metadata, SystemTimeSpec};
use cap_primitives::time::{SystemClock, SystemTime};
use std::collections::hash_map::DefaultHasher;
use std::fs::FileTimes;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// `lookupflags`: what a link leads to, not the link.
const FOLLOW: u32 = 1;

pub(super) fn follow(flags: u32) -> FollowSymlinks {
    if flags & FOLLOW == 0 {
        FollowSymlinks::No
    } else {
        FollowSymlinks::Yes
    }
}

/// A file's identity: its device and its number there.
#[cfg(unix)]
pub(in crate::wasi) fn identity(status: &Metadata) -> (u64, u64) {
    use cap_primitives::fs::MetadataExt as _;
    (status.dev(), status.ino())
}

#[cfg(windows)]
pub(in crate::wasi) fn identity(status: &Metadata) -> (u64, u64) {
    use cap_primitives::fs::_WindowsByHandle as _;
    let volume = status.volume_serial_number().unwrap_or_default();
    (volume.into(), status.file_index().unwrap_or_default())
}

/// How many names a file has.
#[cfg(unix)]
fn links(status: &Metadata) -> u64 {
    cap_primitives::fs::MetadataExt::nlink(status)
}

#[cfg(windows)]
fn links(status: &Metadata) -> u64 {
    use cap_primitives::fs::_WindowsByHandle as _;
    status.number_of_links().unwrap_or(1).into()
}

/// A file's number for the guest. Those of the host's devices are not the guest's business, but files of two must not look like one.
pub(super) fn number(identity: (u64, u64)) -> u64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish()
}

/// WASI's number for a type. It has none for a pipe.
pub(super) fn kind(file_type: fs::FileType) -> u8 {
    if file_type.is_dir() {
        return table::DIRECTORY;
    }
    if file_type.is_file() {
        return table::REGULAR;
    }
    if file_type.is_symlink() {
        return 7;
    }
    special(file_type)
}

#[cfg(unix)]
fn special(file_type: fs::FileType) -> u8 {
    use cap_primitives::fs::FileTypeExt as _;
    match file_type {
        device if device.is_block_device() => 1,
        device if device.is_char_device() => 2,
        socket if socket.is_socket() => 6,
        _ => 0,
    }
}

#[cfg(not(unix))]
fn special(_file_type: fs::FileType) -> u8 {
    0
}

fn nanoseconds(time: std::io::Result<SystemTime>) -> u64 {
    let since = time
        .ok()
        .and_then(|time| time.duration_since(SystemClock::UNIX_EPOCH).ok());
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// A status as WASI lays it out.
fn laid_out(status: &Metadata) -> [u8; 64] {
    let mut stat = [0; 64];
    let made = status.created().or_else(|_| status.modified());
    for (at, word) in [
        (0, 1),
        (8, number(identity(status))),
        (16, kind(status.file_type()).into()),
        (24, links(status)),
        (32, status.len()),
        (40, nanoseconds(status.accessed())),
        (48, nanoseconds(status.modified())),
        (56, nanoseconds(made)),
    ] {
        stat[at..at + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    stat
}

pub(in crate::wasi) fn of_descriptor(
    call: &mut FileCall<'_>,
    fd: u32,
    out: u32,
) -> Result<(), Trouble> {
    let status = Metadata::from_file(&call.files.get(fd)?.file).map_err(errno_of)?;
    Ok(write(call.memory, out, laid_out(&status))?)
}

pub(super) fn of_path(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    out: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    let (directory, _) = call.files.directory(fd)?;
    let status = fs::stat(directory, &path, follow(flags)).map_err(errno_of)?;
    Ok(write(call.memory, out, laid_out(&status))?)
}

/// A time that is to be set, if it is to be.
fn wanted(
    time: u64,
    set: u32,
    given: u32,
    now: u32,
) -> Result<Option<std::time::SystemTime>, Errno> {
    match (set & given != 0, set & now != 0) {
        (true, true) => Err(Errno::Inval),
        (false, true) => Ok(Some(std::time::SystemTime::now())),
        (true, false) => std::time::SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_nanos(time))
            .map(Some)
            .ok_or(Errno::Overflow),
        (false, false) => Ok(None),
    }
}

type Times = [Option<std::time::SystemTime>; 2];

fn both(accessed: u64, modified: u64, set: u32) -> Result<Times, Errno> {
    Ok([
        wanted(accessed, set, 1, 1 << 1)?,
        wanted(modified, set, 1 << 2, 1 << 3)?,
    ])
}

fn file_times([accessed, modified]: Times) -> FileTimes {
    let mut times = FileTimes::new();
    if let Some(accessed) = accessed {
        times = times.set_accessed(accessed);
    }
    if let Some(modified) = modified {
        times = times.set_modified(modified);
    }
    times
}

pub(super) fn set_times(
    call: &mut FileCall<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    set: u32,
) -> Result<(), Trouble> {
    let times = both(accessed, modified, set)?;
    let descriptor = call.files.get(fd)?;
    if !descriptor.writable {
        return Err(Errno::Perm.into());
    }
    descriptor
        .file
        .set_times(file_times(times))
        .map_err(errno_of)?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(super) fn set_times_of_path(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    accessed: u64,
    modified: u64,
    set: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let times = both(accessed, modified, set)?;
    let path = names::path(call, at, len)?;
    let directory = call.files.writable(fd)?;
    if follow(flags) == FollowSymlinks::No {
        let [accessed, modified] =
            times.map(|time| time.map(|time| SystemTimeSpec::Absolute(SystemTime::from_std(time))));
        fs::set_times_nofollow(directory, &path, accessed, modified).map_err(errno_of)?;
        return Ok(());
    }
    // What it leads to has to be opened, and may be a pipe.
    let file = match open::to_read(directory, &path) {
        Err(Errno::Acces) => open::to_write(directory, &path)?,
        opened => opened?,
    };
    file.set_times(file_times(times)).map_err(errno_of)?;
    Ok(())
}
