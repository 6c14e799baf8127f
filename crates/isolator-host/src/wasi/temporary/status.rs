//! What something in memory is: type, size, times; and what lies in a directory.

use super::paths::FOLLOW;
use super::tree::{Content, Node, PLACE};
use super::{FileCall, Id, Kind, Listing, Open, path, temporary};
use crate::wasi::files::{DIRECTORY, NAME_FUEL, REGULAR, dirent, fdstat, prestat_of, put_name};
use crate::wasi::{Errno, Trouble, slice, write};
use std::ops::Bound;

/// The file type of a link.
const LINK: u8 = 7;

/// The device that it is on, for guests: granted directories are on the first.
const DEVICE: u64 = 2;

fn kind(node: &Node) -> u8 {
    match node.content {
        Content::File(_) => REGULAR,
        Content::Directory { .. } => DIRECTORY,
        Content::Link(_) => LINK,
    }
}

fn laid_out(id: Id, node: &Node) -> [u8; 64] {
    let len = match &node.content {
        Content::File(blocks) => blocks.len(),
        Content::Directory { .. } => 0,
        Content::Link(target) => target.len() as u64,
    };
    let mut stat = [0; 64];
    for (at, word) in [
        (0, DEVICE),
        (8, id),
        (16, kind(node).into()),
        (24, node.names),
        (32, len),
        (40, node.times[0]),
        (48, node.times[1]),
        (56, node.times[2]),
    ] {
        stat[at..at + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    stat
}

fn opened(call: &mut FileCall<'_>, fd: u32) -> Result<Id, Errno> {
    let open = temporary(call)?.0.open.get(&fd).ok_or(Errno::Badf)?;
    Ok(open.node)
}

pub(in crate::wasi) fn of_descriptor(
    call: &mut FileCall<'_>,
    fd: u32,
    out: u32,
) -> Result<(), Trouble> {
    let id = opened(call, fd)?;
    let stat = laid_out(id, temporary(call)?.0.tree.get(id)?);
    Ok(write(call.memory, out, stat)?)
}

pub(in crate::wasi) fn of_path(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    out: u32,
) -> Result<(), Trouble> {
    let id = existing(call, fd, flags, at, len)?;
    let stat = laid_out(id, temporary(call)?.0.tree.get(id)?);
    Ok(write(call.memory, out, stat)?)
}

fn existing(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
) -> Result<Id, Trouble> {
    let path = path(call, at, len)?;
    let (temporary, _) = temporary(call)?;
    let from = temporary.directory(fd)?;
    Ok(temporary.tree.existing(from, &path, flags & FOLLOW != 0)?)
}

pub(in crate::wasi) fn set_times(
    call: &mut FileCall<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    set: u32,
) -> Result<(), Trouble> {
    let id = opened(call, fd)?;
    set_times_of(call, id, accessed, modified, set)
}

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(in crate::wasi) fn set_times_of_path(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    accessed: u64,
    modified: u64,
    set: u32,
) -> Result<(), Trouble> {
    let id = existing(call, fd, flags, at, len)?;
    set_times_of(call, id, accessed, modified, set)
}

fn set_times_of(
    call: &mut FileCall<'_>,
    id: Id,
    accessed: u64,
    modified: u64,
    set: u32,
) -> Result<(), Trouble> {
    let now = super::tree::now();
    let wanted = |time: u64, given: u32| match (set & given != 0, set & given << 1 != 0) {
        (true, true) => Err(Errno::Inval),
        (false, true) => Ok(Some(now)),
        (true, false) => Ok(Some(time)),
        (false, false) => Ok(None),
    };
    let (accessed, modified) = (wanted(accessed, 1)?, wanted(modified, 1 << 2)?);
    let times = &mut temporary(call)?.0.tree.get_mut(id)?.times;
    times[0] = accessed.unwrap_or(times[0]);
    times[1] = modified.unwrap_or(times[1]);
    Ok(())
}

pub(in crate::wasi) fn flags(call: &mut FileCall<'_>, fd: u32, out: u32) -> Result<(), Trouble> {
    let open = temporary(call)?.0.open.get(&fd).ok_or(Errno::Badf)?;
    let file = match &open.kind {
        Kind::Directory { .. } => None,
        Kind::File { rights, flags, .. } => Some((*rights, *flags)),
    };
    Ok(write(call.memory, out, fdstat(file))?)
}

fn granted(call: &mut FileCall<'_>, fd: u32, wrong: Errno) -> Result<&'static str, Errno> {
    match temporary(call)?.0.open.get(&fd) {
        Some(Open {
            kind: Kind::Directory { granted: true, .. },
            ..
        }) => Ok(PLACE),
        _ => Err(wrong),
    }
}

pub(in crate::wasi) fn prestat(call: &mut FileCall<'_>, fd: u32, out: u32) -> Result<(), Trouble> {
    let stat = prestat_of(granted(call, fd, Errno::Badf)?)?;
    Ok(write(call.memory, out, stat)?)
}

pub(in crate::wasi) fn prestat_name(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    let name = granted(call, fd, Errno::Notdir)?;
    Ok(put_name(call.memory, at, len, name)?)
}

/// An entry of a directory as it is written for a guest, and the name after which the next one comes.
type Written = (Vec<u8>, Option<String>);

/// The entry that a listing comes to next.
fn entry(
    temporary: &super::Temporary,
    directory: Id,
    listing: &Listing,
) -> Result<Option<Written>, Errno> {
    let own = |name: &str| (directory, name.to_owned(), None);
    let next = match listing.cookie {
        0 => Some(own(".")),
        1 => Some(own("..")),
        _ => {
            let after = match &listing.last {
                Some(last) => Bound::Excluded(last.as_str()),
                None => Bound::Unbounded,
            };
            let entries = temporary.tree.entries(directory)?;
            let next = entries.range::<str, _>((after, Bound::Unbounded)).next();
            next.map(|(name, id)| (*id, name.clone(), Some(name.clone())))
        }
    };
    let Some((id, name, last)) = next else {
        return Ok(None);
    };
    let kind = kind(temporary.tree.get(id)?);
    let mut bytes = dirent(listing.cookie + 1, id, &name, kind)?.to_vec();
    bytes.extend_from_slice(name.as_bytes());
    Ok(Some((bytes, last)))
}

pub(in crate::wasi) fn list(
    call: &mut FileCall<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    out: u32,
) -> Result<(), Trouble> {
    let into = slice(call.memory, buffer, len)?;
    let temporary = call.files.temporary.as_mut().ok_or(Errno::Badf)?;
    let directory = temporary.directory(fd)?;
    let Some(Open {
        kind: Kind::Directory { listing, .. },
        ..
    }) = temporary.open.get_mut(&fd)
    else {
        return Err(Errno::Notdir.into());
    };
    let mut listing = std::mem::take(listing);
    if cookie == 0 {
        listing = Listing::default();
    } else if listing.cookie != cookie {
        return Err(Errno::Inval.into());
    }
    let mut used = 0;
    while used < into.len() {
        call.meter.step(NAME_FUEL)?;
        let Some((bytes, last)) = entry(temporary, directory, &listing)? else {
            break;
        };
        let room = into.get_mut(used..).unwrap_or_default();
        let fits = bytes.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..fits), bytes.get(..fits)) {
            to.copy_from_slice(from);
        }
        used += fits;
        // Cut off: the guest asks for it again.
        if fits < bytes.len() {
            break;
        }
        listing.cookie += 1;
        listing.last = last;
    }
    if let Some(Open {
        kind: Kind::Directory { listing: kept, .. },
        ..
    }) = temporary.open.get_mut(&fd)
    {
        *kept = listing;
    }
    let used = u32::try_from(used).map_err(|_| Errno::Overflow)?;
    Ok(write(call.memory, out, used.to_le_bytes())?)
}
