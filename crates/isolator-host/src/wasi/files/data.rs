//! Reading and writing files of granted directories, in steps that look at the deadline, and what else is done to their content.

use super::super::streams::{MOST_BUFFERS, buffer};
use super::super::{Errno, Trouble, errno_of, slice};
use super::FileCall;
use super::table::{APPEND, DSYNC, Descriptor, Kind, RSYNC, SYNC};
use std::fs::File;
use std::io;

/// Most bytes that are read or written without a look at the deadline.
pub(in crate::wasi) const STEP: usize = 1 << 20;

/// Most bytes of one call. What comes after is for the next, as where a file ends.
pub(in crate::wasi) const MOST_BYTES: u64 = 1 << 30;

/// An open file.
fn file(descriptor: &mut Descriptor) -> Result<(&File, &mut u64, u16, bool), Errno> {
    match descriptor {
        Descriptor {
            file,
            writable,
            kind: Kind::File {
                position, flags, ..
            },
            ..
        } => Ok((file, position, *flags, *writable)),
        _ => Err(Errno::Badf),
    }
}

/// A file that may be changed.
fn writable<'a>(call: &'a mut FileCall<'_>, fd: u32) -> Result<&'a File, Errno> {
    match file(call.files.get(fd)?)? {
        (file, _, _, true) => Ok(file),
        _ => Err(Errno::Perm),
    }
}

/// The buffers of a call: where they lie, [`MOST_BYTES`] of them at most. All lie in memory.
pub(in crate::wasi) fn buffers(
    memory: &mut [u8],
    at: u32,
    count: u32,
) -> Result<Vec<(u32, u32)>, Errno> {
    if count > MOST_BUFFERS {
        return Err(Errno::Inval);
    }
    let (mut all, mut left) = (Vec::new(), MOST_BYTES);
    for index in 0..count {
        let (at, len) = buffer(memory, at, index)?;
        slice(memory, at, len)?;
        let taken = u64::from(len).min(left);
        left -= taken;
        if let (Ok(taken), true) = (u32::try_from(taken), taken > 0) {
            all.push((at, taken));
        }
    }
    Ok(all)
}

pub(super) fn position<'a>(call: &'a mut FileCall<'_>, fd: u32) -> Result<&'a mut u64, Errno> {
    Ok(file(call.files.get(fd)?)?.1)
}

pub(super) fn length(call: &mut FileCall<'_>, fd: u32) -> Result<u64, Errno> {
    let (file, ..) = file(call.files.get(fd)?)?;
    Ok(file.metadata().map_err(errno_of)?.len())
}

pub(super) fn read_from(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    from: u64,
) -> Result<u32, Trouble> {
    let (file, ..) = file(call.files.get(fd)?)?;
    let mut read = 0u32;
    for (at, len) in buffers(call.memory, at, count)? {
        for part in slice(call.memory, at, len)?.chunks_mut(STEP) {
            call.meter.step(part.len() as u64)?;
            let here = from.saturating_add(read.into());
            let some = match read_once(file, part, here) {
                Ok(some) => some,
                Err(_) if read > 0 => return Ok(read),
                Err(error) => return Err(errno_of(error).into()),
            };
            read = read.saturating_add(u32::try_from(some).unwrap_or(u32::MAX));
            if some < part.len() {
                return Ok(read);
            }
        }
    }
    Ok(read)
}

/// Waits until what was written is on the disk, if the file was opened so that writes do.
fn write_through(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    let (file, _, flags, _) = file(call.files.get(fd)?)?;
    match flags {
        whole if whole & (SYNC | RSYNC) != 0 => synced(file.sync_all()),
        data if data & DSYNC != 0 => synced(file.sync_data()),
        _ => Ok(()),
    }
}

pub(super) fn write_to(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    to: u64,
) -> Result<(u32, u64), Trouble> {
    // A file that is appended to is so wherever one wants to write, as on Linux.
    let appends = file(call.files.get(fd)?)?.2 & APPEND != 0;
    let done = write_buffers(call, fd, at, count, to, appends)?;
    write_through(call, fd)?;
    Ok(done)
}

fn write_buffers(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    to: u64,
    appends: bool,
) -> Result<(u32, u64), Trouble> {
    writable(call, fd)?;
    let (file, ..) = file(call.files.get(fd)?)?;
    let (mut written, mut end) = (0u32, to);
    for (at, len) in buffers(call.memory, at, count)? {
        for part in slice(call.memory, at, len)?.chunks(STEP) {
            call.meter.step(part.len() as u64)?;
            if appends {
                end = file.metadata().map_err(errno_of)?.len();
            }
            let outcome = call
                .disk
                .may_write(call.meter, file, end, part.len() as u64);
            let some = match outcome.and_then(|()| write_once(file, part, end, appends)) {
                Ok(some) => some,
                Err(_) if written > 0 => return Ok((written, end)),
                Err(error) => return Err(error.into()),
            };
            call.disk.wrote(file, end, some as u64);
            end = end.saturating_add(some as u64);
            written = written.saturating_add(u32::try_from(some).unwrap_or(u32::MAX));
            if some < part.len() {
                return Ok((written, end));
            }
        }
    }
    Ok((written, end))
}

#[cfg(unix)]
fn read_once(file: &File, into: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, from)
}

#[cfg(windows)]
fn read_once(file: &File, into: &mut [u8], from: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, from)
}

fn write_once(file: &File, data: &[u8], to: u64, appends: bool) -> Result<usize, Errno> {
    // Whole, where others append to the same file.
    #[cfg(target_os = "linux")]
    if appends {
        use rustix::io::{Errno as Raw, ReadWriteFlags, pwritev2};
        let wrote = pwritev2(file, &[io::IoSlice::new(data)], 0, ReadWriteFlags::APPEND);
        match wrote {
            Err(Raw::NOSYS | Raw::OPNOTSUPP) => {}
            wrote => return wrote.map_err(|error| errno_of(error.into())),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = appends;
    write_here(file, data, to).map_err(errno_of)
}

#[cfg(unix)]
fn write_here(file: &File, data: &[u8], to: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, data, to)
}

#[cfg(windows)]
fn write_here(file: &File, data: &[u8], to: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, data, to)
}

pub(super) fn set_size(call: &mut FileCall<'_>, fd: u32, size: u64) -> Result<(), Trouble> {
    writable(call, fd)?;
    let (file, ..) = file(call.files.get(fd)?)?;
    call.disk.may_end_at(call.meter, file, size)?;
    file.set_len(size).map_err(errno_of)?;
    call.disk.ends_at(file, size);
    Ok(())
}

pub(super) fn sync(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    let (file, ..) = file(call.files.get(fd)?)?;
    synced(file.sync_all())
}

pub(super) fn sync_data(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    let (file, ..) = file(call.files.get(fd)?)?;
    synced(file.sync_data())
}

fn synced(outcome: io::Result<()>) -> Result<(), Trouble> {
    match outcome {
        // Windows has no such thing for files that are only read.
        Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        outcome => Ok(outcome.map_err(errno_of)?),
    }
}
