//! Making, linking, renaming and removing. None of it opens what a path names.

use super::super::{Errno, Trouble, errno_of, slice, write};
use super::{FileCall, PATH_FUEL, names};
use crate::wasi::disk::Space;
use cap_primitives::fs::{self, DirOptions};

pub(super) fn create_directory(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    let directory = call.files.writable(fd)?;
    call.disk.may_make(call.meter, Space::DIRECTORY)?;
    fs::create_dir(directory, &path, &DirOptions::new()).map_err(errno_of)?;
    call.disk.made(Space::DIRECTORY);
    Ok(())
}

pub(super) fn remove_directory(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    fs::remove_dir(call.files.writable(fd)?, &path).map_err(errno_of)?;
    Ok(())
}

pub(super) fn unlink(call: &mut FileCall<'_>, fd: u32, at: u32, len: u32) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    fs::remove_file(call.files.writable(fd)?, &path).map_err(errno_of)?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(super) fn link(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    let new = names::path(call, new, new_len)?;
    let (from, to) = (call.files.writable(fd)?, call.files.writable(to)?);
    // A link is never followed to what it leads to.
    if flags != 0 {
        return Err(Errno::Inval.into());
    }
    call.disk.may_make(call.meter, Space::NAME)?;
    fs::hard_link(from, &path, to, &new).map_err(errno_of)?;
    call.disk.made(Space::NAME);
    Ok(())
}

pub(super) fn rename(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    let new = names::path(call, new, new_len)?;
    let (from, to) = (call.files.writable(fd)?, call.files.writable(to)?);
    // Directories do not shrink when a name leaves them.
    call.disk.may_take(call.meter, Space::NAME)?;
    fs::rename(from, &path, to, &new).map_err(errno_of)?;
    call.disk.took(Space::NAME);
    Ok(())
}

pub(super) fn symlink(
    call: &mut FileCall<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let target = names::path(call, target, target_len)?;
    let path = names::path(call, at, len)?;
    let directory = call.files.writable(fd)?;
    let bytes = target.as_os_str().len() as u64;
    let more = Space::of_link(bytes);
    call.disk.may_make(call.meter, more)?;
    make_symlink(&target, directory, &path).map_err(errno_of)?;
    call.disk.made(more);
    call.disk.written = call.disk.written.saturating_add(bytes);
    Ok(())
}

#[cfg(not(windows))]
fn make_symlink(
    target: &std::path::Path,
    directory: &std::fs::File,
    path: &std::path::Path,
) -> std::io::Result<()> {
    fs::symlink(target, directory, path)
}

/// Links to directories are others there.
#[cfg(windows)]
fn make_symlink(
    target: &std::path::Path,
    directory: &std::fs::File,
    path: &std::path::Path,
) -> std::io::Result<()> {
    let beside = path.parent().map(|parent| parent.join(target));
    let is_directory = beside.is_some_and(|beside| {
        fs::stat(directory, &beside, fs::FollowSymlinks::Yes).is_ok_and(|found| found.is_dir())
    });
    if is_directory {
        fs::symlink_dir(target, directory, path)
    } else {
        fs::symlink_file(target, directory, path)
    }
}

pub(super) fn read_link(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
    buffer: u32,
    size: u32,
    out: u32,
) -> Result<(), Trouble> {
    call.meter.step(PATH_FUEL)?;
    let path = names::path(call, at, len)?;
    let (directory, _) = call.files.directory(fd)?;
    let target = fs::read_link(directory, &path).map_err(errno_of)?;
    let target = names::shown(target.as_os_str()).ok_or(Errno::Ilseq)?;
    let bytes = target.as_bytes();
    let bytes = bytes.get(..size as usize).unwrap_or(bytes);
    let written = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
    slice(call.memory, buffer, written)?.copy_from_slice(bytes);
    Ok(write(call.memory, out, written.to_le_bytes())?)
}
