//! Reading and writing files in memory, and what else is asked of their descriptors.

use super::content::{BLOCK_TAKES, Blocks, LONGEST};
use super::tree::{Content, now};
use super::{FileCall, Id, Kind, Open, Temporary, temporary};
use crate::wasi::files::{APPEND, MOST_BYTES, NONBLOCK, STEP, buffers};
use crate::wasi::{Errno, Trouble, slice};

/// An open file: what it stands for, where it is, its rights and its flags.
struct OpenFile<'a> {
    node: Id,
    position: &'a mut u64,
    flags: &'a mut u16,
}

fn open_file(temporary: &mut Temporary, fd: u32) -> Result<OpenFile<'_>, Errno> {
    match temporary.open.get_mut(&fd) {
        Some(Open {
            node,
            kind: Kind::File {
                position, flags, ..
            },
            ..
        }) => Ok(OpenFile {
            node: *node,
            position,
            flags,
        }),
        _ => Err(Errno::Badf),
    }
}

fn blocks(temporary: &mut Temporary, node: Id) -> Result<&mut Blocks, Errno> {
    match &mut temporary.tree.get_mut(node)?.content {
        Content::File(blocks) => Ok(blocks),
        _ => Err(Errno::Badf),
    }
}

pub(in crate::wasi) fn position<'a>(
    call: &'a mut FileCall<'_>,
    fd: u32,
) -> Result<&'a mut u64, Errno> {
    Ok(open_file(temporary(call)?.0, fd)?.position)
}

pub(in crate::wasi) fn length(call: &mut FileCall<'_>, fd: u32) -> Result<u64, Errno> {
    let (temporary, _) = temporary(call)?;
    let node = open_file(temporary, fd)?.node;
    Ok(blocks(temporary, node)?.len())
}

pub(in crate::wasi) fn read_from(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    from: u64,
) -> Result<u32, Trouble> {
    let all = buffers(call.memory, at, count)?;
    let temporary = call.files.temporary.as_mut().ok_or(Errno::Badf)?;
    let node = open_file(temporary, fd)?.node;
    temporary.tree.get_mut(node)?.times[0] = now();
    let blocks = blocks(temporary, node)?;
    let mut read = 0u32;
    for (at, len) in all {
        for part in slice(call.memory, at, len)?.chunks_mut(STEP) {
            call.meter.step(part.len() as u64)?;
            let some = blocks.read(from.saturating_add(read.into()), part);
            read = read.saturating_add(u32::try_from(some).unwrap_or(u32::MAX));
            if some < part.len() {
                return Ok(read);
            }
        }
    }
    Ok(read)
}

pub(in crate::wasi) fn write_to(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    count: u32,
    to: u64,
) -> Result<(u32, u64), Trouble> {
    let all = buffers(call.memory, at, count)?;
    let temporary = call.files.temporary.as_mut().ok_or(Errno::Badf)?;
    let file = open_file(temporary, fd)?;
    let (node, appends) = (file.node, *file.flags & APPEND != 0);
    let (mut written, mut end) = (0u32, to);
    for (at, len) in all {
        for part in slice(call.memory, at, len)?.chunks(STEP) {
            call.meter.step(part.len() as u64)?;
            if appends {
                end = blocks(temporary, node)?.len();
            }
            let outcome = if end.saturating_add(part.len() as u64) > LONGEST {
                Err(Errno::Fbig)
            } else {
                let missing = blocks(temporary, node)?.missing(end, part.len());
                temporary.take(missing.saturating_mul(BLOCK_TAKES), call.meter)
            };
            match outcome {
                Ok(()) => {}
                Err(_) if written > 0 => return Ok((written, end)),
                Err(errno) => return Err(errno.into()),
            }
            blocks(temporary, node)?.write(end, part);
            temporary.tree.get_mut(node)?.times[1] = now();
            end = end.saturating_add(part.len() as u64);
            written = written.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
        }
    }
    Ok((written, end))
}

pub(in crate::wasi) fn set_size(
    call: &mut FileCall<'_>,
    fd: u32,
    size: u64,
) -> Result<(), Trouble> {
    if size > LONGEST {
        return Err(Errno::Fbig.into());
    }
    let (temporary, meter) = temporary(call)?;
    let node = open_file(temporary, fd)?.node;
    let blocks = blocks(temporary, node)?;
    let before = blocks.count();
    blocks.set_len(size);
    let gone = before - blocks.count();
    temporary.tree.get_mut(node)?.times[1] = now();
    temporary.give_back(gone.saturating_mul(BLOCK_TAKES), meter);
    Ok(())
}

/// There is no disk to wait for.
pub(in crate::wasi) fn sync(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    Ok(open_file(temporary(call)?.0, fd).map(|_| ())?)
}

pub(in crate::wasi) fn sync_data(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    sync(call, fd)
}

pub(in crate::wasi) fn close(call: &mut FileCall<'_>, fd: u32) -> Result<(), Trouble> {
    let (temporary, meter) = temporary(call)?;
    temporary.close(fd, meter)?;
    call.files.freed(fd);
    Ok(())
}

/// Gives what is open another number, which is open, too.
pub(in crate::wasi) fn renumber(
    call: &mut FileCall<'_>,
    from: u32,
    to: u32,
) -> Result<(), Trouble> {
    let (temporary, meter) = temporary(call)?;
    temporary.close(to, meter)?;
    let moved = temporary.open.remove(&from).ok_or(Errno::Badf)?;
    temporary.open.insert(to, moved);
    call.files.freed(from);
    Ok(())
}

pub(in crate::wasi) fn set_flags(
    call: &mut FileCall<'_>,
    fd: u32,
    new: u32,
) -> Result<(), Trouble> {
    let file = open_file(temporary(call)?.0, fd)?;
    *file.flags = match u16::try_from(new) {
        Ok(new) if new & !(APPEND | NONBLOCK) == 0 => new,
        _ => return Err(Errno::Inval.into()),
    };
    Ok(())
}

pub(in crate::wasi) fn set_rights(
    _call: &mut FileCall<'_>,
    _fd: u32,
    _base: u64,
    _inheriting: u64,
) -> Result<(), Trouble> {
    Err(Errno::Notsup.into())
}

const _: () = assert!(MOST_BYTES <= LONGEST);
