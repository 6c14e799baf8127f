//! Opening, making, linking, renaming and removing what is in memory.

use super::tree::{Content, Found, NODE_TAKES, PLACE, Tree};
use super::{FileCall, Id, Kind, Listing, Open, path, temporary};
use crate::wasi::files::{DSYNC, RSYNC, SYNC, name_below, rights};
use crate::wasi::{Errno, Trouble, slice, write};
use std::collections::BTreeMap;

// `oflags` and `lookupflags` of WASI.
const CREATE: u32 = 1;
const MUST_BE_DIRECTORY: u32 = 1 << 1;
const EXCLUSIVE: u32 = 1 << 2;
const TRUNCATE: u32 = 1 << 3;
pub(super) const FOLLOW: u32 = 1;

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(in crate::wasi) fn open(
    call: &mut FileCall<'_>,
    fd: u32,
    look: u32,
    at: u32,
    len: u32,
    wanted: u32,
    base: u64,
    _inheriting: u64,
    flags: u32,
    out: u32,
) -> Result<(), Trouble> {
    let path = path(call, at, len)?;
    call.files.room(call.meter)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    // Nothing waits for a disk, and whoever wants to, has.
    let flags = flags & !(DSYNC | RSYNC | SYNC);
    let has = |flag: u32| wanted & flag != 0;
    if has(MUST_BE_DIRECTORY) && has(CREATE | EXCLUSIVE | TRUNCATE) {
        return Err(Errno::Inval.into());
    }
    let (temporary, meter) = temporary(call)?;
    let directory = temporary.directory(fd)?;
    let exclusive = has(CREATE) && has(EXCLUSIVE);
    let follow = look & FOLLOW != 0 && !exclusive;
    let (place, found) = match temporary.tree.find(directory, &path, follow)? {
        Found::Directory(id) => (None, Some(id)),
        Found::Name(directory, name) => {
            let found = temporary.tree.named(directory, &name)?;
            (Some((directory, name)), found)
        }
    };
    let node = match (found, place) {
        (Some(_), _) if exclusive => return Err(Errno::Exist.into()),
        (Some(id), _) => id,
        (None, Some((directory, name))) if has(CREATE) => {
            if path.ends_with('/') {
                return Err(Errno::Isdir.into());
            }
            if temporary.tree.get(directory)?.names == 0 {
                return Err(Errno::Noent.into());
            }
            temporary.take(Tree::takes(&name, true), meter)?;
            let content = Content::File(super::content::Blocks::default());
            temporary.tree.make(directory, name, content)?
        }
        (None, _) => return Err(Errno::Noent.into()),
    };
    let writes = base & rights::FD_WRITE != 0;
    let kind = match &mut temporary.tree.get_mut(node)?.content {
        // One that was not to be followed.
        Content::Link(_) => return Err(Errno::Loop.into()),
        Content::Directory { .. } if writes || has(CREATE | TRUNCATE) => {
            return Err(Errno::Isdir.into());
        }
        Content::Directory { .. } => Kind::Directory {
            granted: false,
            listing: Listing::default(),
        },
        Content::File(_) if has(MUST_BE_DIRECTORY) || path.ends_with('/') => {
            return Err(Errno::Notdir.into());
        }
        Content::File(blocks) => {
            if has(TRUNCATE) {
                let gone = blocks.count();
                blocks.set_len(0);
                let bytes = gone.saturating_mul(super::content::BLOCK_TAKES);
                temporary.give_back(bytes, meter);
            }
            Kind::File {
                position: 0,
                rights: base,
                flags,
            }
        }
    };
    let below = temporary.open.get(&fd).map_or(PLACE, |open| &*open.name);
    let name = name_below(below, &path);
    let number = call.files.number();
    super::temporary(call)?
        .0
        .put(number, Open { node, kind, name });
    Ok(write(call.memory, out, number.to_le_bytes())?)
}

pub(in crate::wasi) fn create_directory(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    let path = path(call, at, len)?;
    let (temporary, meter) = temporary(call)?;
    let from = temporary.directory(fd)?;
    let (parent, name) = temporary.tree.free_name(from, &path)?;
    temporary.take(Tree::takes(&name, true), meter)?;
    let content = Content::Directory {
        entries: BTreeMap::new(),
        parent,
    };
    temporary.tree.make(parent, name, content)?;
    Ok(())
}

pub(in crate::wasi) fn remove_directory(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    let path = path(call, at, len)?;
    remove(call, fd, &path, true)
}

pub(in crate::wasi) fn unlink(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    let path = path(call, at, len)?;
    remove(call, fd, &path, false)
}

fn remove(call: &mut FileCall<'_>, fd: u32, path: &str, directory: bool) -> Result<(), Trouble> {
    let (temporary, meter) = temporary(call)?;
    let from = temporary.directory(fd)?;
    let Found::Name(parent, name) = temporary.tree.find(from, path, false)? else {
        // `.`, `..` and the temporary directory itself.
        return Err(if directory { Errno::Busy } else { Errno::Isdir }.into());
    };
    let id = temporary.tree.named(parent, &name)?.ok_or(Errno::Noent)?;
    match (&temporary.tree.get(id)?.content, directory) {
        (Content::Directory { entries, .. }, true) if !entries.is_empty() => {
            return Err(Errno::Notempty.into());
        }
        (Content::Directory { .. }, false) => return Err(Errno::Isdir.into()),
        (Content::File(_) | Content::Link(_), true) => return Err(Errno::Notdir.into()),
        (Content::File(_), false) if path.ends_with('/') => return Err(Errno::Notdir.into()),
        _ => {}
    }
    temporary.tree.take_name(parent, &name)?;
    temporary.give_back(Tree::takes(&name, false), meter);
    temporary.collect(id, meter);
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "they are WASI's")]
pub(in crate::wasi) fn link(
    call: &mut FileCall<'_>,
    fd: u32,
    flags: u32,
    at: u32,
    len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Result<(), Trouble> {
    let old = path(call, at, len)?;
    let new = path(call, new, new_len)?;
    if flags != 0 {
        return Err(Errno::Inval.into());
    }
    both(call, fd, to)?;
    let (temporary, meter) = temporary(call)?;
    let (from, to) = (temporary.directory(fd)?, temporary.directory(to)?);
    let id = temporary.tree.existing(from, &old, false)?;
    if temporary.tree.get(id)?.is_directory() {
        return Err(Errno::Perm.into());
    }
    let (directory, name) = temporary.tree.free_name(to, &new)?;
    temporary.take(Tree::takes(&name, false), meter)?;
    temporary.tree.add_name(directory, name, id)?;
    Ok(())
}

/// Two paths, of which one begins in another directory than this, are on two devices.
fn both(call: &FileCall<'_>, from: u32, to: u32) -> Result<(), Errno> {
    match (call.files.is_temporary(from), call.files.is_temporary(to)) {
        (true, true) => Ok(()),
        _ if call.files.has(to) && call.files.has(from) => Err(Errno::Xdev),
        _ => Err(Errno::Badf),
    }
}

pub(in crate::wasi) fn rename(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
    to: u32,
    new: u32,
    new_len: u32,
) -> Result<(), Trouble> {
    let old_path = path(call, at, len)?;
    let new_path = path(call, new, new_len)?;
    both(call, fd, to)?;
    let (temporary, meter) = temporary(call)?;
    let (from, to) = (temporary.directory(fd)?, temporary.directory(to)?);
    let tree = &temporary.tree;
    let (Found::Name(old_parent, old), Found::Name(new_parent, new)) = (
        tree.find(from, &old_path, false)?,
        tree.find(to, &new_path, false)?,
    ) else {
        return Err(Errno::Busy.into());
    };
    let id = tree.named(old_parent, &old)?.ok_or(Errno::Noent)?;
    let moves_directory = tree.get(id)?.is_directory();
    if !moves_directory && (old_path.ends_with('/') || new_path.ends_with('/')) {
        return Err(Errno::Notdir.into());
    }
    if tree.get(new_parent)?.names == 0 {
        return Err(Errno::Noent.into());
    }
    // A directory would be in itself, and nobody could reach it.
    if moves_directory && tree.is_in(new_parent, id)? {
        return Err(Errno::Inval.into());
    }
    let replaced = tree.named(new_parent, &new)?;
    if replaced == Some(id) {
        return Ok(());
    }
    if let Some(replaced) = replaced {
        match (&tree.get(replaced)?.content, moves_directory) {
            (Content::Directory { entries, .. }, true) if !entries.is_empty() => {
                return Err(Errno::Notempty.into());
            }
            (Content::Directory { .. }, false) => return Err(Errno::Isdir.into()),
            (Content::File(_) | Content::Link(_), true) => return Err(Errno::Notdir.into()),
            _ => {}
        }
    }
    temporary.take(Tree::takes(&new, false), meter)?;
    let freed = Tree::takes(&old, false);
    if let Some(replaced) = replaced {
        temporary.tree.take_name(new_parent, &new)?;
        temporary.give_back(Tree::takes(&new, false), meter);
        temporary.collect(replaced, meter);
    }
    temporary
        .tree
        .move_name((old_parent, &old), (new_parent, new))?;
    temporary.give_back(freed, meter);
    Ok(())
}

pub(in crate::wasi) fn symlink(
    call: &mut FileCall<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    at: u32,
    len: u32,
) -> Result<(), Trouble> {
    // Where a link leads is looked at when it is followed.
    if target_len > super::LONGEST_PATH {
        return Err(Errno::Nametoolong.into());
    }
    let bytes = slice(call.memory, target, target_len)?.to_vec();
    let target = String::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
    if target.is_empty() || target.contains('\0') {
        return Err(Errno::Inval.into());
    }
    let path = path(call, at, len)?;
    let (temporary, meter) = temporary(call)?;
    let from = temporary.directory(fd)?;
    let (directory, name) = temporary.tree.free_name(from, &path)?;
    let takes = Tree::takes(&name, true).saturating_add(target.len() as u64);
    temporary.take(takes, meter)?;
    temporary
        .tree
        .make(directory, name, Content::Link(target))?;
    Ok(())
}

pub(in crate::wasi) fn read_link(
    call: &mut FileCall<'_>,
    fd: u32,
    at: u32,
    len: u32,
    buffer: u32,
    size: u32,
    out: u32,
) -> Result<(), Trouble> {
    let path = path(call, at, len)?;
    let (temporary, _) = temporary(call)?;
    let from: Id = temporary.directory(fd)?;
    let id = temporary.tree.existing(from, &path, false)?;
    let Content::Link(target) = &temporary.tree.get(id)?.content else {
        return Err(Errno::Inval.into());
    };
    let bytes = target.as_bytes();
    let bytes = bytes.get(..size as usize).unwrap_or(bytes).to_vec();
    let written = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
    slice(call.memory, buffer, written)?.copy_from_slice(&bytes);
    Ok(write(call.memory, out, written.to_le_bytes())?)
}

const _: () = assert!(NODE_TAKES > 0);
