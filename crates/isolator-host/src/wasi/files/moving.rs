//! Reading, writing and seeking in open files, granted and temporary ones alike. What lies behind is `data` and `temporary`: where a file is
//! read and written, how long it is, and what else differs.

use super::super::{Errno, Trouble, temporary, write as put};
use super::{FileCall, data};

/// Where an open file is read and written next.
fn position<'a>(call: &'a mut FileCall<'_>, fd: u32) -> Result<&'a mut u64, Errno> {
    if call.files.is_temporary(fd) {
        temporary::position(call, fd)
    } else {
        data::position(call, fd)
    }
}

fn length(call: &mut FileCall<'_>, fd: u32) -> Result<u64, Errno> {
    if call.files.is_temporary(fd) {
        temporary::length(call, fd)
    } else {
        data::length(call, fd)
    }
}

/// Reads into buffers, and says how much.
fn read_from(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    from: u64,
) -> Result<u32, Trouble> {
    if call.files.is_temporary(fd) {
        temporary::read_from(call, fd, at, count, from)
    } else {
        data::read_from(call, fd, at, count, from)
    }
}

/// Writes buffers, and says how much, and where the last byte of it ended: elsewhere, where the file is appended to.
fn write_to(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    to: u64,
) -> Result<(u32, u64), Trouble> {
    if call.files.is_temporary(fd) {
        temporary::write_to(call, fd, at, count, to)
    } else {
        data::write_to(call, fd, at, count, to)
    }
}

pub(super) fn read(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    out: u32,
) -> Result<(), Trouble> {
    let from = *position(call, fd)?;
    let read = read_from(call, fd, at, count, from)?;
    *position(call, fd)? = from.saturating_add(read.into());
    Ok(put(call.memory, out, read.to_le_bytes())?)
}

pub(super) fn read_at(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    from: u64,
    out: u32,
) -> Result<(), Trouble> {
    let read = read_from(call, fd, at, count, from)?;
    Ok(put(call.memory, out, read.to_le_bytes())?)
}

pub(super) fn write(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    out: u32,
) -> Result<(), Trouble> {
    let to = *position(call, fd)?;
    let (written, end) = write_to(call, fd, at, count, to)?;
    *position(call, fd)? = end;
    Ok(put(call.memory, out, written.to_le_bytes())?)
}

pub(super) fn write_at(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    to: u64,
    out: u32,
) -> Result<(), Trouble> {
    let (written, _) = write_to(call, fd, at, count, to)?;
    Ok(put(call.memory, out, written.to_le_bytes())?)
}

pub(super) fn seek(
    call: &mut FileCall<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    out: u32,
) -> Result<(), Trouble> {
    let here = *position(call, fd)?;
    let from = match whence {
        0 => 0,
        1 => here,
        2 => length(call, fd)?,
        _ => return Err(Errno::Inval.into()),
    };
    let to = from
        .checked_add_signed(offset.cast_signed())
        .ok_or(Errno::Inval)?;
    *position(call, fd)? = to;
    Ok(put(call.memory, out, to.to_le_bytes())?)
}

pub(super) fn tell(call: &mut FileCall<'_>, fd: u32, out: u32) -> Result<(), Trouble> {
    let here = *position(call, fd)?;
    Ok(put(call.memory, out, here.to_le_bytes())?)
}

/// What is not written yet cannot be reserved: not all file systems can, and it is not needed to write.
pub(super) fn allocate(
    call: &mut FileCall<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
) -> Result<(), Trouble> {
    position(call, fd)?;
    Err(Errno::Notsup.into())
}

/// A hint, which is not passed on: what the system reads ahead is the host's business.
pub(super) fn advise(
    call: &mut FileCall<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
    advice: u32,
) -> Result<(), Trouble> {
    position(call, fd)?;
    if advice > 5 {
        return Err(Errno::Inval.into());
    }
    Ok(())
}
